"""Redmine's words to Timepost's. Pure: no clock, no network."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from pydantic import ValidationError

from system_apis.capabilities.time_tracking.schemas import (
    EntryApproval,
    EntryStatus,
    Reference,
    TimeEntry,
)
from system_apis.connectors.redmine.platform_models import Entry, Named, User
from system_apis.connectors.redmine.settings import ApprovalField, RedmineSettings


class Unmappable(Exception):
    """Something that has no place in Timepost's model; says why, without its content."""


@dataclass(frozen=True)
class State:
    """The approval field of one entry.

    :param known: False for a value that the settings do not name; it counts as open.
    """

    status: EntryStatus
    posted: bool = False
    known: bool = True


def to_time_entry(entry: Entry, user: User | None, settings: RedmineSettings) -> TimeEntry:
    """One entry.

    :param user: its worker, as far as known.
    :raises Unmappable: a field is outside of the contract.
    """
    state = state_of(entry, settings.approval) if settings.approval else None
    activity = entry.activity.name if entry.activity else None
    try:
        return TimeEntry(
            external_id=str(entry.id),
            worker=_worker(entry.user, user),
            project=_project(entry.project, settings),
            task=_task(entry, settings),
            work_date=entry.spent_on,
            minutes=_minutes(entry.hours),
            timezone=settings.default_timezone,
            billable=activity not in settings.non_billable_activities,
            narrative=entry.comments or "",
            activity=activity if settings.task_from != "activity" else None,
            invoiced=state is not None and state.posted,
            approval=EntryApproval(status=state.status) if state else None,
            modified_at=entry.updated_on,
        )
    except ValidationError as error:
        # The error itself would carry the narrative.
        wrong = ", ".join(str(item["loc"][0]) for item in error.errors(include_input=False))
    raise Unmappable(f"outside of the contract: {wrong}")


def state_of(entry: Entry, field: ApprovalField) -> State:
    """What people set the field to. A posted entry is an approved one."""
    value = next((each.value for each in entry.custom_fields if each.id == field.id), None)
    states = {
        field.open: State(EntryStatus.OPEN),
        field.submitted: State(EntryStatus.SUBMITTED),
        field.approved: State(EntryStatus.APPROVED),
        field.rejected: State(EntryStatus.REJECTED),
    }
    if not value:
        return State(EntryStatus.OPEN)
    if isinstance(value, list):
        return State(EntryStatus.OPEN, known=False)
    if value == field.posted:
        return State(EntryStatus.APPROVED, posted=True)
    return states.get(value, State(EntryStatus.OPEN, known=False))


def _minutes(hours: Decimal) -> int:
    """Half up: 1.33 hours, which is what Redmine keeps of 1:20, are 80 minutes again."""
    return int((hours * 60).quantize(Decimal(1), ROUND_HALF_UP))


def _worker(named: Named, user: User | None) -> Reference:
    email = user.mail if user else None
    return Reference(external_id=str(named.id), name=named.name, email=email or None)


def _project(named: Named, settings: RedmineSettings) -> Reference:
    found = re.search(settings.project_code_pattern, named.name or "")
    code = found.group("code") if found else None
    return Reference(external_id=str(named.id), code=code, name=named.name)


def _task(entry: Entry, settings: RedmineSettings) -> Reference | None:
    """Activities are the same in all projects, tasks of an ERP are not: the id names both."""
    if settings.task_from == "activity" and entry.activity:
        external_id = f"{entry.project.id}/{entry.activity.id}"
        return Reference(external_id=external_id, name=entry.activity.name)
    if settings.task_from == "issue" and entry.issue:
        return Reference(external_id=str(entry.issue.id), code=f"#{entry.issue.id}")
    return None
