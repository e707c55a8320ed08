"""The `time_tracking` contract as this tier reads it."""

from datetime import date, datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Read(BaseModel):
    """A reader takes what it knows and leaves the rest."""

    model_config = ConfigDict(extra="ignore")


class Reference(Read):
    external_id: str
    code: str | None = None
    name: str | None = None
    email: str | None = None


class EntryApproval(Read):
    status: Literal["OPEN", "SUBMITTED", "APPROVED", "REJECTED"]
    approval_id: str | None = None
    approver: Reference | None = None
    decided_at: AwareDatetime | None = None


class TimeEntry(Read):
    external_id: str
    worker: Reference
    client: Reference | None = None
    project: Reference | None = None
    task: Reference | None = None
    work_date: date
    minutes: int
    started_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    timezone: str
    billable: bool
    narrative: str = ""
    tags: list[str] = []
    running: bool = False
    approval: EntryApproval | None = None
    modified_at: AwareDatetime | None = None


class EntriesFound(Read):
    entries: list[TimeEntry]
    missing: list[str]


class EntryChange(Read):
    external_id: str
    change: Literal["CHANGED", "DELETED"]


class EntryChanges(Read):
    changes: list[EntryChange]
    next_cursor: str | None = None


class Approval(Read):
    external_id: str
    worker: Reference
    period_start: date
    period_end: date
    status: Literal["SUBMITTED", "APPROVED", "REJECTED", "WITHDRAWN"]
    approver: Reference | None = None
    decided_at: AwareDatetime | None = None
    entries: list[TimeEntry]


class ApprovalsFound(Read):
    approvals: list[Approval]
    missing: list[str]


class ApprovalPage(Read):
    approvals: list[Approval]
    next_cursor: str | None = None


class FeedbackResult(Read):
    external_id: str
    status: Literal["delivered", "missing", "unsupported", "retry", "refused"]
    message: str | None = None


class FeedbackResults(Read):
    results: list[FeedbackResult]


class TimeTrackingAbilities(Read):
    approvals: Literal["period", "entry", "none"]
    change_feed: bool
    max_lookup: int


class TrackerEvent(Read):
    type: str
    subject: str
    delivery_id: str | None = None
    occurred_at: datetime | None = None
    change: Literal["CHANGED", "DELETED"] | None = None
    entry: TimeEntry | None = None
    final: bool = False


class ParsedWebhook(Read):
    events: list[TrackerEvent]
