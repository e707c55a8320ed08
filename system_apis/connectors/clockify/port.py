"""Clockify as a time tracker of Timepost."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from shared.problems import TimepostProblem
from system_apis.capabilities.connector import ConnectionContext
from system_apis.capabilities.time_tracking.schemas import (
    ApprovalPage,
    ApprovalsFound,
    EntriesFound,
    EntryChanges,
    EntryListing,
    Feedback,
    FeedbackOutcome,
    FeedbackResult,
    MasterKind,
    MasterTaken,
    MasterToTake,
    TimeTrackingAbilities,
    TrackerEvent,
)
from system_apis.connectors.clockify import webhooks
from system_apis.connectors.clockify.approvals import Approvals
from system_apis.connectors.clockify.changes import Changes
from system_apis.connectors.clockify.client import ClockifyClient
from system_apis.connectors.clockify.entries import BATCH, Entries
from system_apis.connectors.clockify.feedback import Feedbacks
from system_apis.connectors.clockify.listing import Listing
from system_apis.connectors.clockify.mapping import Reading
from system_apis.connectors.clockify.masters import Masters
from system_apis.connectors.clockify.settings import ClockifySettings
from system_apis.connectors.clockify.taking import Taking


class ClockifyPort:
    """One workspace; implements ``TimeTrackingPort``."""

    def __init__(self, settings: ClockifySettings, context: ConnectionContext) -> None:
        reading = Reading(re.compile(settings.project_code_pattern), settings.default_timezone)
        keep_for = timedelta(seconds=settings.masters_ttl_seconds)
        look_back = timedelta(seconds=settings.feed_look_back_seconds)
        self._settings = settings
        self._client = ClockifyClient(context.http, settings)
        masters = Masters(self._client, context.clock, keep_for)
        self._approvals = Approvals(self._client, masters, reading)
        self._entries = Entries(self._client, masters, self._approvals, reading)
        self._listing = Listing(masters, self._entries)
        self._changes = Changes(self._client, look_back)
        self._feedbacks = Feedbacks(self._client, self._entries)
        self._taking = Taking(self._client, context.clock)

    def abilities(self) -> TimeTrackingAbilities:
        """Approvals come by period; a single entry tells its own only where Clockify does."""
        return TimeTrackingAbilities(
            webhooks=True,
            approvals="period",
            change_feed=True,
            listing=True,
            feedback=[FeedbackOutcome.POSTED],
            max_lookup=2 * BATCH,
            takes=list(MasterKind),
        )

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> None:  # noqa: ARG002
        webhooks.verify(headers, self._settings.webhook_tokens)

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[TrackerEvent]:
        return webhooks.parse(headers, body, self._settings.workspace_id)

    async def entries_by_ids(self, ids: Sequence[str]) -> EntriesFound:
        return await self._entries.by_ids(ids)

    async def entries_changed(
        self, since: datetime, until: datetime, cursor: str | None, limit: int
    ) -> EntryChanges:
        return await self._changes.page(since, until, cursor, limit)

    async def entries_in_window(
        self, first_day: date, last_day: date, cursor: str | None, limit: int
    ) -> EntryListing:
        return await self._listing.page(first_day, last_day, cursor, limit)

    async def approvals_by_ids(self, ids: Sequence[str]) -> ApprovalsFound:
        return await self._approvals.by_ids(ids)

    async def approvals_in_window(
        self, first_day: date, last_day: date, cursor: str | None, limit: int
    ) -> ApprovalPage:
        return await self._approvals.in_window(first_day, last_day, cursor, limit)

    async def give_feedback(self, items: Sequence[Feedback]) -> Sequence[FeedbackResult]:
        return await self._feedbacks.give(items)

    async def take_masters(
        self, items: Sequence[MasterToTake], deadline: datetime
    ) -> Sequence[MasterTaken]:
        return await self._taking.take(items, deadline)

    async def check(self) -> Sequence[str]:
        """
        :raises TimepostProblem: the key, the workspace or the list of people is out of reach.
        """
        account = await self._client.current_user()
        workspace = await self._client.workspace()
        people = await self._client.users()
        return [
            f"signed in as {account.name or account.id}",
            f"workspace {workspace.name or workspace.id} with {len(people)} people",
            await self._check_approvals(),
            *await self._check_webhooks(),
        ]

    async def close(self) -> None:
        """Nothing to close: the HTTP client belongs to the caller."""

    async def _check_approvals(self) -> str:
        try:
            await self._client.approval_requests("START", 1, 1)
        except TimepostProblem as problem:
            return f"approvals: {problem.detail}"
        return "approval requests can be read"

    async def _check_webhooks(self) -> list[str]:
        """Which events come with a token that we know; needs an administrator's key."""
        try:
            there = await self._client.webhooks()
        except TimepostProblem as problem:
            return [f"webhooks: {problem.detail}"]
        tokens = {token.get_secret_value() for token in self._settings.webhook_tokens}
        ours = [hook for hook in there if hook.auth_token in tokens]
        stopped = sorted(h.webhook_event for h in ours if not (h.enabled and h.delivery_enabled))
        absent = sorted(webhooks.FOLLOWED_EVENTS - {hook.webhook_event for hook in ours})
        lines = [f"{len(ours)} webhooks with a known token"]
        if absent:
            lines.append(f"no webhook with a known token for: {', '.join(absent)}")
        if stopped:
            lines.append(f"Clockify has stopped delivering: {', '.join(stopped)}")
        return lines
