"""Hours: a made-up tracker that signs its webhooks and keeps its entries at a real address."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from pydantic import BaseModel, SecretStr

from shared.problems import Unauthenticated, UpstreamUnavailable
from system_apis.capabilities.connector import ConnectionContext, Connector
from system_apis.capabilities.deliveries import UnreadableWebhook
from system_apis.capabilities.time_tracking.schemas import (
    Approval,
    ApprovalPage,
    ApprovalsFound,
    ApprovalStatus,
    ChangeKind,
    EntriesFound,
    EntryChange,
    EntryChanges,
    EntryListing,
    EventType,
    Feedback,
    FeedbackOutcome,
    FeedbackResult,
    Reference,
    TimeEntry,
    TimeTrackingAbilities,
    TrackerEvent,
)


class HoursSettings(BaseModel):
    base_url: str
    webhook_secret: SecretStr


class _Event(BaseModel):
    entry: str
    delivery: str | None = None


class HoursPort:
    def __init__(self, settings: HoursSettings, context: ConnectionContext) -> None:
        self._settings = settings
        self._http = context.http

    def abilities(self) -> TimeTrackingAbilities:
        return TimeTrackingAbilities(
            webhooks=True,
            approvals="entry",
            change_feed=True,
            listing=True,
            feedback=[FeedbackOutcome.POSTED],
            max_lookup=100,
        )

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> None:
        expected = signature(self._settings.webhook_secret.get_secret_value(), body)
        if not hmac.compare_digest(headers.get("x-hours-signature", ""), expected):
            raise Unauthenticated("The signature does not hold.", code="webhook_unproven")

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[TrackerEvent]:
        if headers.get("X-Hours-Event") == "ping":
            return []
        try:
            document = json.loads(body)
        except ValueError:
            raise UnreadableWebhook("it is not JSON.") from None
        return [_tracker_event(_Event.model_validate(each)) for each in document["events"]]

    async def entries_by_ids(self, ids: Sequence[str]) -> EntriesFound:
        answer = await self._http.get(f"{self._settings.base_url}/entries")
        if answer.status_code != 200:
            raise UpstreamUnavailable(f"Hours answers HTTP {answer.status_code}.")
        known = {each["id"]: each["minutes"] for each in answer.json()}
        return EntriesFound(
            entries=[_entry(each, known[each]) for each in ids if each in known],
            missing=[each for each in ids if each not in known],
        )

    async def entries_changed(
        self, since: datetime, until: datetime, cursor: str | None, limit: int
    ) -> EntryChanges:
        change = EntryChange(external_id=f"{since:%H}-{until:%H}", change=ChangeKind.CHANGED)
        return EntryChanges(changes=[change][:limit], next_cursor=cursor)

    async def entries_in_window(
        self, first_day: date, last_day: date, cursor: str | None, limit: int
    ) -> EntryListing:
        entry = _entry(f"{first_day:%d}-{last_day:%d}", 90)
        return EntryListing(entries=[entry][:limit], next_cursor=cursor, complete=cursor is None)

    async def approvals_by_ids(self, ids: Sequence[str]) -> ApprovalsFound:
        return ApprovalsFound(approvals=[], missing=list(ids))

    async def approvals_in_window(
        self, first_day: date, last_day: date, cursor: str | None, limit: int
    ) -> ApprovalPage:
        approval = Approval(
            external_id="a1",
            worker=Reference(external_id="w1"),
            period_start=first_day,
            period_end=last_day,
            status=ApprovalStatus.APPROVED,
            entries=[_entry("17", 90)],
        )
        return ApprovalPage(approvals=[approval][:limit], next_cursor=cursor)

    async def give_feedback(self, items: Sequence[Feedback]) -> Sequence[FeedbackResult]:
        return [FeedbackResult(external_id=each.external_id, status="delivered") for each in items]

    async def check(self) -> Sequence[str]:
        await self.entries_by_ids(["17"])
        return ["entries can be read"]

    async def close(self) -> None:
        return None


def signature(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _tracker_event(event: _Event) -> TrackerEvent:
    return TrackerEvent(
        type=EventType.ENTRY_CHANGED,
        subject=event.entry,
        delivery_id=event.delivery,
        change=ChangeKind.CHANGED,
    )


def _entry(external_id: str, minutes: int) -> TimeEntry:
    return TimeEntry(
        external_id=external_id,
        worker=Reference(external_id="w1"),
        work_date=date(2026, 11, 23),
        minutes=minutes,
        timezone="Europe/Berlin",
        billable=True,
    )


CONNECTOR = Connector("hours", "Hours", "time_tracking", HoursSettings, HoursPort)
