"""TimeTagger as a time tracker of Timepost."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from system_apis.capabilities.connector import ConnectionContext
from system_apis.capabilities.deliveries import NoWebhooks
from system_apis.capabilities.time_tracking.schemas import (
    ApprovalPage,
    ApprovalsFound,
    EntriesFound,
    EntryChanges,
    EntryListing,
    Feedback,
    FeedbackOutcome,
    FeedbackResult,
    TimeTrackingAbilities,
)
from system_apis.connectors.timetagger.changes import Changes
from system_apis.connectors.timetagger.client import TimeTaggerClient
from system_apis.connectors.timetagger.entries import Entries
from system_apis.connectors.timetagger.feedback import Feedbacks
from system_apis.connectors.timetagger.listing import Listing
from system_apis.connectors.timetagger.mapping import Reading
from system_apis.connectors.timetagger.settings import TimeTaggerSettings

_MAX_LOOKUP = 500


class TimeTaggerPort(NoWebhooks):
    """The people of one server; implements ``TimeTrackingPort``."""

    def __init__(self, settings: TimeTaggerSettings, context: ConnectionContext) -> None:
        self._settings = settings
        self._client = TimeTaggerClient(context.http, settings.base_url)
        people, tag = settings.people, settings.feedback_tag
        reading = Reading(settings.tags, settings.billable, tag)
        look_back = timedelta(seconds=settings.look_back_seconds)
        self._entries = Entries(self._client, people, reading)
        self._changes = Changes(self._client, people, self._entries, look_back)
        self._listing = Listing(self._client, people, self._entries)
        self._feedbacks = Feedbacks(self._client, people, tag)

    def abilities(self) -> TimeTrackingAbilities:
        """No approvals: Timepost has to approve itself. Few large look-ups are the cheapest."""
        return TimeTrackingAbilities(
            webhooks=False,
            approvals="none",
            change_feed=True,
            listing=True,
            feedback=[FeedbackOutcome.POSTED] if self._settings.feedback_tag else [],
            max_lookup=_MAX_LOOKUP,
        )

    async def entries_by_ids(self, ids: Sequence[str]) -> EntriesFound:
        return await self._entries.by_ids(ids)

    async def entries_changed(
        self,
        since: datetime,
        until: datetime,  # noqa: ARG002 - what came later is no secret, and a hint in any case
        cursor: str | None,
        limit: int,
    ) -> EntryChanges:
        return await self._changes.page(since, cursor, limit)

    async def entries_in_window(
        self, first_day: date, last_day: date, cursor: str | None, limit: int
    ) -> EntryListing:
        return await self._listing.page(first_day, last_day, cursor, limit)

    async def approvals_by_ids(self, ids: Sequence[str]) -> ApprovalsFound:
        return ApprovalsFound(approvals=[], missing=list(ids))

    async def approvals_in_window(
        self,
        first_day: date,  # noqa: ARG002
        last_day: date,  # noqa: ARG002
        cursor: str | None,  # noqa: ARG002
        limit: int,  # noqa: ARG002
    ) -> ApprovalPage:
        return ApprovalPage(approvals=[])

    async def give_feedback(self, items: Sequence[Feedback]) -> Sequence[FeedbackResult]:
        return await self._feedbacks.give(items)

    async def check(self) -> Sequence[str]:
        """
        :raises TimepostProblem: the server is out of reach, or refuses somebody's token.
        """
        people = self._settings.people
        versions = await asyncio.gather(*(self._client.version(person) for person in people))
        return [
            f"TimeTagger {versions[0]} answers",
            f"the tokens of {len(people)} people are taken",
            f"{len(self._settings.tags)} rules for tags",
        ]

    async def close(self) -> None:
        """Nothing to close: the HTTP client belongs to the caller."""
