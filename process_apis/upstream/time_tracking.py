"""The `time_tracking` contract as this tier reads it."""

from datetime import date, datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from process_apis.texts import Cleaned


class Read(BaseModel):
    """A reader takes what it knows and leaves the rest."""

    model_config = ConfigDict(extra="ignore")


class Reference(Read):
    external_id: Cleaned
    code: Cleaned | None = None
    name: Cleaned | None = None
    email: Cleaned | None = None


class EntryApproval(Read):
    status: Literal["OPEN", "SUBMITTED", "PARTIALLY_APPROVED", "APPROVED", "REJECTED"]
    approval_id: Cleaned | None = None
    approver: Reference | None = None
    decided_at: AwareDatetime | None = None


class TimeEntry(Read):
    external_id: Cleaned
    worker: Reference
    client: Reference | None = None
    project: Reference | None = None
    task: Reference | None = None
    work_date: date
    minutes: int
    started_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    timezone: Cleaned
    billable: bool
    narrative: Cleaned = ""
    tags: list[Cleaned] = []
    activity: Cleaned | None = None
    running: bool = False
    invoiced: bool = False
    approval: EntryApproval | None = None
    modified_at: AwareDatetime | None = None
    revision: int | None = None


class EntriesFound(Read):
    entries: list[TimeEntry]
    missing: list[Cleaned]


class EntryChange(Read):
    external_id: Cleaned
    change: Literal["CHANGED", "DELETED"]


class EntryChanges(Read):
    changes: list[EntryChange]
    next_cursor: Cleaned | None = None


class EntryListing(Read):
    entries: list[TimeEntry]
    unreadable: list[Cleaned] = []
    next_cursor: Cleaned | None = None
    complete: bool


class Approval(Read):
    external_id: Cleaned
    worker: Reference
    period_start: date
    period_end: date
    status: Literal["SUBMITTED", "PARTIALLY_APPROVED", "APPROVED", "REJECTED", "WITHDRAWN"]
    approver: Reference | None = None
    decided_at: AwareDatetime | None = None
    entries: list[TimeEntry]


class ApprovalsFound(Read):
    approvals: list[Approval]
    missing: list[Cleaned]


class ApprovalPage(Read):
    approvals: list[Approval]
    next_cursor: Cleaned | None = None


class FeedbackResult(Read):
    external_id: Cleaned
    status: Literal["delivered", "missing", "unsupported", "retry", "refused"]
    message: Cleaned | None = None


class FeedbackResults(Read):
    results: list[FeedbackResult]


class MasterToTake(BaseModel):
    """A client, project or task for the tracker."""

    kind: Literal["client", "project", "task"]
    reference: str
    name: str
    external_id: str | None
    known_as: list[str]
    client_id: str | None
    project_id: str | None
    open: bool
    billable: bool


class MastersToTake(BaseModel):
    items: list[MasterToTake]
    deadline: AwareDatetime


class MasterTaken(Read):
    reference: Cleaned
    status: Literal["done", "taken", "refused", "retry"]
    external_id: Cleaned | None = None
    message: Cleaned | None = None


class MastersTaken(Read):
    outcomes: list[MasterTaken]


class TimeTrackingAbilities(Read):
    approvals: Literal["period", "entry", "none"]
    change_feed: bool
    listing: bool = False
    max_lookup: int


class TrackerEvent(Read):
    type: Cleaned
    subject: Cleaned
    delivery_id: Cleaned | None = None
    occurred_at: datetime | None = None
    change: Literal["CHANGED", "DELETED"] | None = None
    entry: TimeEntry | None = None
    final: bool = False


class ParsedWebhook(Read):
    events: list[TrackerEvent]
