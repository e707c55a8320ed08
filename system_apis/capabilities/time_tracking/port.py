"""What a connector for a time tracker implements."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol, runtime_checkable

from system_apis.capabilities.time_tracking.schemas import (
    ApprovalPage,
    ApprovalsFound,
    EntriesFound,
    EntryChanges,
    EntryListing,
    Feedback,
    FeedbackResult,
    MasterTaken,
    MasterToTake,
    TimeTrackingAbilities,
    TrackerEvent,
)


class TimeTrackingPort(Protocol):
    """One connection to one tracker.

    Every method raises `shared.problems`: `UpstreamUnavailable` or `TooManyRequests` when the
    tracker does not answer or throttles, `UpstreamRefused` when it refuses our credentials.
    """

    def abilities(self) -> TimeTrackingAbilities: ...

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> None:
        """Check the delivery's proof over the raw body.

        :raises shared.problems.Unauthenticated: unsigned, wrongly signed or stale.
        """
        ...

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[TrackerEvent]:
        """Events of a verified delivery. Pure: no call to the tracker.

        :raises UnreadableWebhook: the body cannot be understood.
        """
        ...

    async def entries_by_ids(self, ids: Sequence[str]) -> EntriesFound: ...

    async def entries_changed(
        self, since: datetime, until: datetime, cursor: str | None, limit: int
    ) -> EntryChanges:
        """Entries created, changed or deleted in the window [since, until)."""
        ...

    async def entries_in_window(
        self, first_day: date, last_day: date, cursor: str | None, limit: int
    ) -> EntryListing:
        """All entries whose work date lies in the window, ends included, in any order.

        The process tier compares them with what it holds, and so finds what no webhook and no
        feed has told, deletions above all. What breaks off on the way is not `complete`.
        """
        ...

    async def approvals_by_ids(self, ids: Sequence[str]) -> ApprovalsFound: ...

    async def approvals_in_window(
        self, first_day: date, last_day: date, cursor: str | None, limit: int
    ) -> ApprovalPage:
        """Approvals whose period overlaps the window of work dates, ends included."""
        ...

    async def give_feedback(self, items: Sequence[Feedback]) -> Sequence[FeedbackResult]:
        """Write outcomes back. Repeating it must change nothing (a toggle is not enough).

        What is written must not come back as a change of content (`narrative`, `tags` and so
        on): else every telling makes a version, and every version something to tell.
        """
        ...

    async def check(self) -> Sequence[str]:
        """Try the connection; returns what was found to work, in words, one line each."""
        ...

    async def close(self) -> None: ...


@runtime_checkable
class MastersTaker(Protocol):
    """What a connector implements, too, whose abilities name masters that it `takes`."""

    async def take_masters(
        self, items: Sequence[MasterToTake], deadline: datetime
    ) -> Sequence[MasterTaken]:
        """Make clients, projects and tasks, or bring them up to date; one outcome each, in order.

        What is there is looked for first, so repeating it makes nothing twice.
        """
        ...
