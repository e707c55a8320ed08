"""Nameless as a time tracker of Timepost."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime

import structlog
from pydantic import BaseModel, Field

from system_apis.capabilities import cursors
from system_apis.capabilities.connector import ConnectionContext
from system_apis.capabilities.deliveries import NoWebhooks
from system_apis.capabilities.time_tracking.schemas import (
    ApprovalPage,
    ApprovalsFound,
    ChangeKind,
    EntriesFound,
    EntryChange,
    EntryChanges,
    EntryListing,
    Feedback,
    FeedbackResult,
    TimeEntry,
    TimeTrackingAbilities,
)
from system_apis.connector_templates.time_tracking.client import Forbidden, NamelessClient, NotThere
from system_apis.connector_templates.time_tracking.mapping import Unmappable, to_time_entry
from system_apis.connector_templates.time_tracking.platform_models import Entry
from system_apis.connector_templates.time_tracking.settings import NamelessSettings

_log = structlog.get_logger(__name__)

_AT_A_TIME = 4
_MAX_LOOKUP = 50


class _Place(BaseModel):
    page: int = Field(default=0, ge=0)


class NamelessPort(NoWebhooks):
    """One account; implements ``TimeTrackingPort``. Without `NoWebhooks` it takes deliveries."""

    def __init__(self, settings: NamelessSettings, context: ConnectionContext) -> None:
        self._settings = settings
        self._client = NamelessClient(context.http, settings)

    def abilities(self) -> TimeTrackingAbilities:
        return TimeTrackingAbilities(
            webhooks=False,
            approvals="none",
            change_feed=True,
            feedback=[],
            max_lookup=_MAX_LOOKUP,
        )

    async def entries_by_ids(self, ids: Sequence[str]) -> EntriesFound:
        """Found and missing ones.

        In neither list, and in the log, is what the account may not see, and what makes no sense:
        it is not gone, and it must not stop the others.
        """
        places = asyncio.Semaphore(_AT_A_TIME)
        found = EntriesFound(entries=[], missing=[])

        async def read(entry_id: str) -> None:
            async with places:
                try:
                    entry = self._mapped(await self._client.entry(entry_id))
                except NotThere:
                    found.missing.append(entry_id)
                except Forbidden:
                    _log.warning("nameless_entry_left_out", entry=entry_id, reason="forbidden")
                else:
                    found.entries += [entry] if entry else []

        try:
            async with asyncio.TaskGroup() as group:
                for each in dict.fromkeys(ids):
                    group.create_task(read(each))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        return found

    async def entries_changed(
        self, since: datetime, until: datetime, cursor: str | None, limit: int
    ) -> EntryChanges:
        place = cursors.read(cursor, _Place) if cursor else _Place()
        rows, is_last = await self._client.changed_entries(since, until, place.page, limit)
        return EntryChanges(
            changes=[EntryChange(external_id=each.id, change=ChangeKind.CHANGED) for each in rows],
            next_cursor=None if is_last else cursors.written(_Place(page=place.page + 1)),
        )

    async def entries_in_window(
        self,
        first_day: date,  # noqa: ARG002
        last_day: date,  # noqa: ARG002
        cursor: str | None,  # noqa: ARG002
        limit: int,  # noqa: ARG002
    ) -> EntryListing:
        """Never complete, and the abilities say so: what is deleted without a word is not found."""
        return EntryListing(entries=[], complete=False)

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
        return [
            FeedbackResult(external_id=each.external_id, status="unsupported") for each in items
        ]

    async def check(self) -> Sequence[str]:
        return [f"signed in as {await self._client.account()}"]

    async def close(self) -> None:
        """Nothing to close: the HTTP client belongs to the caller."""

    def _mapped(self, entry: Entry) -> TimeEntry | None:
        try:
            return to_time_entry(entry, self._settings.default_timezone)
        except Unmappable as reason:
            _log.warning("nameless_entry_left_out", entry=entry.id, reason=str(reason))
            return None
