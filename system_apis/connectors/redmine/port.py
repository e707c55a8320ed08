"""Redmine as a time tracker of Timepost."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from shared.problems import UpstreamRefused
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
from system_apis.connectors.redmine.client import Forbidden, RedmineClient
from system_apis.connectors.redmine.entries import Entries
from system_apis.connectors.redmine.feedback import Feedbacks
from system_apis.connectors.redmine.people import People
from system_apis.connectors.redmine.scan import Scan
from system_apis.connectors.redmine.settings import RedmineSettings

_MAX_LOOKUP = 50
_EVER = date(1970, 1, 1)


class RedminePort(NoWebhooks):
    """One account; implements ``TimeTrackingPort``."""

    def __init__(self, settings: RedmineSettings, context: ConnectionContext) -> None:
        self._settings = settings
        self._client = RedmineClient(context.http, settings)
        keep_for = timedelta(seconds=settings.people_ttl_seconds)
        people = People(self._client, context.clock, keep_for)
        entries = Entries(self._client, people, settings)
        self._entries = entries
        self._scan = Scan(self._client, entries, settings)
        self._feedbacks = Feedbacks(self._client, settings.approval)

    def abilities(self) -> TimeTrackingAbilities:
        """Approval stands at each entry, where there is a field for it."""
        approval = self._settings.approval
        return TimeTrackingAbilities(
            webhooks=False,
            approvals="entry" if approval else "none",
            change_feed=True,
            listing=True,
            feedback=[FeedbackOutcome.POSTED] if approval and approval.posted else [],
            max_lookup=_MAX_LOOKUP,
        )

    async def entries_by_ids(self, ids: Sequence[str]) -> EntriesFound:
        return await self._entries.by_ids(ids)

    async def entries_changed(
        self, since: datetime, until: datetime, cursor: str | None, limit: int
    ) -> EntryChanges:
        return await self._scan.changes(since, until, cursor, limit)

    async def entries_in_window(
        self, first_day: date, last_day: date, cursor: str | None, limit: int
    ) -> EntryListing:
        return await self._scan.listing(first_day, last_day, cursor, limit)

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
        :raises TimepostProblem: the key, the entries or the approval field are out of reach.
        """
        account = await self._client.account()
        page = await self._client.entries(_EVER, None, 0, 1)
        return [
            f"signed in as {account.name or account.id}",
            f"{page.total_count} time entries can be read",
            await self._check_approval_field(),
        ]

    async def close(self) -> None:
        """Nothing to close: the HTTP client belongs to the caller."""

    async def _check_approval_field(self) -> str:
        approval = self._settings.approval
        if approval is None:
            return "no approval field is configured"
        try:
            fields = await self._client.fields()
        except Forbidden:
            return "the account is no administrator: e-mail addresses cannot be read"
        found = next((field for field in fields if field.id == approval.id), None)
        values = {each.value for each in found.possible_values} if found else set()
        wanted = {approval.submitted, approval.approved, approval.rejected, approval.posted}
        if absent := sorted(each for each in wanted if each and each not in values):
            raise UpstreamRefused(
                f"The custom field {approval.id} lacks the values {', '.join(absent)}.",
                action="Correct the option approval, or the field in Redmine.",
                code="redmine_approval_field_unfit",
            )
        return f"the approval field {approval.id} has its values"
