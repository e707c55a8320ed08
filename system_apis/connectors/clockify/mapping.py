"""Clockify's words to Timepost's. Pure: no clock, no network."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfoNotFoundError

from pydantic import ValidationError

from shared.values import elapsed_minutes, work_date_of
from system_apis.capabilities.time_tracking.schemas import (
    Approval,
    ApprovalStatus,
    EntryApproval,
    EntryStatus,
    Reference,
    TimeEntry,
)
from system_apis.connectors.clockify.platform_models import (
    ApprovalItem,
    ApprovalRequest,
    Entry,
    Named,
    Project,
    User,
)

_NOT_WORK = frozenset({"BREAK", "HOLIDAY", "TIME_OFF", "TIMEOFF"})
_NOTE_LENGTH = 2000

_STATUS = {
    "PENDING": ApprovalStatus.SUBMITTED,
    "APPROVED": ApprovalStatus.APPROVED,
    "REJECTED": ApprovalStatus.REJECTED,
    "WITHDRAWN_SUBMISSION": ApprovalStatus.WITHDRAWN,
    "WITHDRAWN_APPROVAL": ApprovalStatus.WITHDRAWN,
}
_ENTRY_STATUS = {
    ApprovalStatus.SUBMITTED: EntryStatus.SUBMITTED,
    ApprovalStatus.APPROVED: EntryStatus.APPROVED,
    ApprovalStatus.REJECTED: EntryStatus.REJECTED,
    ApprovalStatus.WITHDRAWN: EntryStatus.OPEN,
}


class Unmappable(Exception):
    """Something that has no place in Timepost's model; says why, without its content."""


@dataclass(frozen=True)
class Reading:
    """How a connection reads names and times."""

    project_code: re.Pattern[str]
    default_timezone: str


@dataclass(frozen=True)
class References:
    """What ids stand for."""

    users: Mapping[str, User] = field(default_factory=dict)
    projects: Mapping[str, Project] = field(default_factory=dict)
    tasks: Mapping[str, Named] = field(default_factory=dict)
    clients: Mapping[str, Named] = field(default_factory=dict)
    tags: Mapping[str, Named] = field(default_factory=dict)


def counts_as_work(entry: Entry) -> bool:
    """Breaks, holidays and time off are not posted to an ERP: for Timepost they do not exist.

    A kind that we have never heard of counts, so that no hour is lost silently.
    """
    return entry.type not in _NOT_WORK


def to_time_entry(
    entry: Entry,
    worker_id: str | None,
    references: References,
    reading: Reading,
    approval: EntryApproval | None,
) -> TimeEntry:
    """One entry.

    :param worker_id: the entry's own ``userId``, or the owner of the approval request.
    :raises Unmappable: nobody's, ends before it starts, or has a field outside of the contract.
    """
    if worker_id is None:
        raise Unmappable("it names no user")
    user = references.users.get(worker_id)
    zone = _zone(user, entry.time_interval.time_zone, reading)
    start, end = entry.time_interval.start, entry.time_interval.end
    if end is not None and end < start:
        raise Unmappable("it ends before it starts")
    try:
        return TimeEntry(
            external_id=entry.id,
            worker=_worker(worker_id, user),
            client=_client(entry, references),
            project=_project(entry, references, reading),
            task=_task(entry, references),
            work_date=work_date_of(start, zone),
            minutes=0 if end is None else elapsed_minutes(start, end),
            started_at=start,
            ended_at=end,
            timezone=zone,
            billable=entry.billable,
            narrative=entry.description or "",
            tags=_tags(entry, references),
            running=end is None,
            approval=approval,
        )
    except ValidationError as error:
        # The error itself would carry the narrative.
        wrong = ", ".join(str(item["loc"][0]) for item in error.errors(include_input=False))
    raise Unmappable(f"outside of the contract: {wrong}")


def to_approval(item: ApprovalItem, references: References, reading: Reading) -> Approval:
    """One approval request with the entries that it covers, breaks and the like left out.

    :raises Unmappable: its state is unknown, or one of its entries is unmappable.
    """
    request = item.approval_request
    covering = to_entry_approval(request, references)
    owner = request.owner
    user = references.users.get(owner.user_id)
    zone = _zone(user, owner.time_zone, reading)
    first_day, last_day = period_of(request, zone)
    return Approval(
        external_id=request.id,
        worker=_worker(owner.user_id, user, fallback_name=owner.user_name),
        period_start=first_day,
        period_end=last_day,
        status=status_of(request),
        approver=covering.approver,
        decided_at=covering.decided_at,
        note=covering.note,
        entries=[
            to_time_entry(entry, owner.user_id, references, reading, covering)
            for entry in item.entries
            if counts_as_work(entry)
        ],
    )


def to_entry_approval(request: ApprovalRequest, references: References) -> EntryApproval:
    """What the request says about each of its entries.

    An undecided request has no approver: there Clockify names the person who submitted.
    """
    status = status_of(request)
    decided = status in (ApprovalStatus.APPROVED, ApprovalStatus.REJECTED)
    state = request.status
    return EntryApproval(
        status=_ENTRY_STATUS[status],
        approval_id=request.id,
        approver=_worker(
            state.updated_by,
            references.users.get(state.updated_by),
            fallback_name=state.updated_by_user_name,
        )
        if decided and state.updated_by
        else None,
        decided_at=None if status is ApprovalStatus.SUBMITTED else state.updated_at,
        note=(state.note or "")[:_NOTE_LENGTH] or None,
    )


def status_of(request: ApprovalRequest) -> ApprovalStatus:
    """
    :raises Unmappable: a state that the documentation does not have.
    """
    try:
        return _STATUS[request.status.state]
    except KeyError:
        raise Unmappable(f"the approval state {request.status.state!r} is unknown") from None


def period_of(request: ApprovalRequest, zone: str) -> tuple[date, date]:
    """First and last day, both included, in the owner's zone.

    The range is documented to end at the last second; one that ended at midnight means the same.
    """
    last = request.date_range.end - timedelta(seconds=1)
    return work_date_of(request.date_range.start, zone), work_date_of(last, zone)


def first_day_of(request: ApprovalRequest, references: References, reading: Reading) -> date:
    """First day of the period, in the owner's zone."""
    user = references.users.get(request.owner.user_id)
    return period_of(request, _zone(user, request.owner.time_zone, reading))[0]


def users_named_by(item: ApprovalItem) -> set[str]:
    """Ids of the people whose names the mapping of this item needs."""
    request = item.approval_request
    named = {request.owner.user_id, request.status.updated_by}
    return {user_id for user_id in named if user_id}


def _zone(user: User | None, told: str | None, reading: Reading) -> str:
    """The worker's own zone, else the one that came with the data, else the connection's."""
    own = user.settings.time_zone if user and user.settings else None
    return next(
        (zone for zone in (own, told) if zone and _is_known(zone)), reading.default_timezone
    )


def _is_known(zone: str) -> bool:
    try:
        work_date_of(datetime.fromisoformat("2000-01-01T00:00:00+00:00"), zone)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True


def _worker(user_id: str, user: User | None, *, fallback_name: str | None = None) -> Reference:
    if user is None:
        return Reference(external_id=user_id, name=fallback_name)
    return Reference(external_id=user_id, name=user.name or fallback_name, email=user.email)


def _whole_project(entry: Entry, references: References) -> Project | None:
    return entry.project or references.projects.get(entry.project_id or "")


def _project(entry: Entry, references: References, reading: Reading) -> Reference | None:
    project_id = entry.any_project_id
    if project_id is None:
        return None
    project = _whole_project(entry, references)
    name = project.name if project else None
    found = reading.project_code.search(name) if name else None
    return Reference(external_id=project_id, code=found.group("code") if found else None, name=name)


def _client(entry: Entry, references: References) -> Reference | None:
    project = _whole_project(entry, references)
    if project is None or project.client_id is None:
        return None
    client = references.clients.get(project.client_id)
    name = project.client_name or (client.name if client else None)
    return Reference(external_id=project.client_id, name=name)


def _task(entry: Entry, references: References) -> Reference | None:
    task_id = entry.any_task_id
    if task_id is None:
        return None
    task = entry.task or references.tasks.get(task_id)
    return Reference(external_id=task_id, name=task.name if task else None)


def _tags(entry: Entry, references: References) -> list[str]:
    known = entry.tags or [t for i in entry.tag_ids if (t := references.tags.get(i))]
    return [tag.name for tag in known if tag.name]
