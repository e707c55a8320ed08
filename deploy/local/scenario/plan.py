"""What people do in the four weeks, and what ought to become of it.

The expectation of every entry stands beside the entry, written down before Timepost has seen it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from deploy.local.scenario.firm import Person, Project


class Fate(StrEnum):
    """How far a week gets in the tracker."""

    APPROVED = "approved"
    SUBMITTED = "submitted"
    REJECTED = "rejected"
    DRAFT = "draft"


class Delivery(StrEnum):
    """What happens to the webhooks of a week."""

    ONCE = "once"
    THREE_TIMES = "three times"
    REVERSED = "newest first"
    APPROVAL_LOST = "approval lost"


class Later(StrEnum):
    """What a person does to an entry after it was posted."""

    EDIT = "edit"
    DELETE = "delete"


@dataclass(frozen=True)
class PlannedEntry:
    """One entry. `start` is in the person's own zone, whose date is the work date.

    :param case: code of the exception case that it must end as; None: it must be posted, if its
        week is approved.
    :param beside: code of a case that it must be while it is posted all the same.
    :param later: what happens to it once it is posted; its line must follow.
    :param reopened: its project is closed in the ERP, and reopened later: it must wait, and then
        post by itself.
    """

    project: Project
    task: str | None
    start: datetime
    minutes: int
    narrative: str
    case: str | None = None
    beside: str | None = None
    later: Later | None = None
    reopened: bool = False

    @property
    def end(self) -> datetime:
        """The instant `minutes` later; adding to local time would be wrong in a night with DST."""
        elapsed = self.start.astimezone(UTC) + timedelta(minutes=self.minutes)
        return elapsed.astimezone(self.start.tzinfo)


@dataclass(frozen=True)
class PlannedWeek:
    """One person's week, and who decides on it."""

    person: Person
    monday: date
    approver: Person
    entries: tuple[PlannedEntry, ...]
    fate: Fate = Fate.APPROVED
    delivery: Delivery = Delivery.ONCE


@dataclass
class Plan:
    """All weeks, in the order of time."""

    weeks: list[PlannedWeek] = field(default_factory=list)

    def entries(self) -> Iterator[tuple[PlannedWeek, PlannedEntry]]:
        for week in self.weeks:
            for entry in week.entries:
                yield week, entry
