"""Wire contract of `time_tracking` v1."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from shared.values import Minutes
from system_apis.capabilities.contract import Contract, ExternalId


class Reference(Contract):
    """Something in the tracker, with the natural keys by which people know it."""

    external_id: ExternalId
    code: str | None = Field(default=None, max_length=200, description="Business code.")
    name: str | None = Field(default=None, max_length=500)
    email: str | None = Field(default=None, max_length=320, description="Of a person.")


class EntryStatus(StrEnum):
    """Where the tracker says the entry stands; `OPEN` is a draft, `PARTIALLY_APPROVED` one
    to which some of several approvers have agreed."""

    OPEN = "OPEN"
    SUBMITTED = "SUBMITTED"
    PARTIALLY_APPROVED = "PARTIALLY_APPROVED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


class EntryApproval(Contract):
    """What the tracker says about the approval that covers one entry."""

    status: EntryStatus
    approval_id: ExternalId | None = Field(default=None, description="Covering approval request.")
    approver: Reference | None = None
    decided_at: AwareDatetime | None = None
    note: str | None = Field(default=None, max_length=2000, description="The approver's words.")


class TimeEntry(Contract):
    """One time entry in the words of Timepost's canonical model."""

    external_id: ExternalId
    worker: Reference
    client: Reference | None = None
    project: Reference | None = None
    task: Reference | None = None
    work_date: date = Field(description="The worker's local date.")
    minutes: Minutes = Field(ge=0)
    started_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    timezone: str = Field(description="IANA zone of the worker.", examples=["Europe/Berlin"])
    billable: bool
    narrative: str = Field(default="", max_length=3000, description="Confidential.")
    tags: list[str] = Field(default_factory=list)
    activity: str | None = Field(
        default=None,
        max_length=200,
        description="What kind of work it was, by name, where the tracker says so beside the task.",
    )
    running: bool = Field(default=False, description="The timer still runs: never posted.")
    invoiced: bool = Field(default=False, description="Marked as invoiced (or posted) there.")
    approval: EntryApproval | None = Field(
        default=None, description="Null where the tracker only tells approvals by period."
    )
    modified_at: AwareDatetime | None = Field(
        default=None, description="When it last changed, where the tracker tells."
    )
    revision: int | None = Field(
        default=None,
        ge=1,
        le=2_147_483_647,
        description="The tracker's own number of this version, counted 1, 2, 3 with every change, "
        "approvals included; null where it has none. Where it has, it decides what is newer.",
    )


class EntriesRequest(Contract):
    """Entries to re-read by their ids."""

    ids: list[ExternalId] = Field(min_length=1, max_length=500)


class EntriesFound(Contract):
    """`missing` ids are gone from the tracker: after this answer they count as deleted."""

    entries: list[TimeEntry]
    missing: list[ExternalId]


class ChangeKind(StrEnum):
    """What happened to an entry; a hint only: the entry is re-read."""

    CHANGED = "CHANGED"
    DELETED = "DELETED"


class EntryChange(Contract):
    """One changed entry; `entry` is filled where the tracker gives it with the change."""

    external_id: ExternalId
    change: ChangeKind
    entry: TimeEntry | None = None


class EntryChanges(Contract):
    """One page of changes. What is not among them may have changed all the same."""

    changes: list[EntryChange]
    next_cursor: str | None = None


class EntryListing(Contract):
    """One page of all entries of a window of work dates, as they stand now.

    `complete`, on the last page, says that the pages together hold everything that the tracker
    shows of the window. Only then does absence mean anything, and no more than that the entry has
    to be read by its id: entries of an archived project are absent, too.
    """

    entries: list[TimeEntry]
    unreadable: list[ExternalId] = Field(
        default_factory=list, description="There, but they cannot be told: they are not absent."
    )
    next_cursor: str | None = None
    complete: bool


class ApprovalStatus(StrEnum):
    """State of an approval request for one worker and period."""

    SUBMITTED = "SUBMITTED"
    PARTIALLY_APPROVED = "PARTIALLY_APPROVED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


class Approval(Contract):
    """An approval as the tracker gives it, resolved to the entries that it covers."""

    external_id: ExternalId
    worker: Reference
    period_start: date
    period_end: date = Field(description="Inclusive.")
    status: ApprovalStatus
    approver: Reference | None = None
    decided_at: AwareDatetime | None = None
    note: str | None = Field(default=None, max_length=2000)
    entries: list[TimeEntry] = Field(description="Covered entries as they stand now.")


class ApprovalsRequest(Contract):
    """Approvals to re-read by their ids."""

    ids: list[ExternalId] = Field(min_length=1, max_length=100)


class ApprovalsFound(Contract):
    """`missing` ids are not known to the tracker (any more)."""

    approvals: list[Approval]
    missing: list[ExternalId]


class ApprovalPage(Contract):
    """One page of approvals that overlap a window of work dates."""

    approvals: list[Approval]
    next_cursor: str | None = None


class FeedbackOutcome(StrEnum):
    """What became of an entry."""

    POSTED = "POSTED"
    REJECTED = "REJECTED"


class Feedback(Contract):
    """Tells the consultant, in the tracker, what became of an entry."""

    external_id: ExternalId
    outcome: FeedbackOutcome
    document: str | None = Field(default=None, description="The ERP's document or line id.")
    reason: str | None = Field(default=None, max_length=2000, description="For REJECTED.")


class FeedbackRequest(Contract):
    """Feedback about several entries."""

    items: list[Feedback] = Field(min_length=1, max_length=500)


class FeedbackResult(Contract):
    """`unsupported`: the tracker has no place for this kind of feedback."""

    external_id: ExternalId
    status: Literal["delivered", "missing", "unsupported", "retry", "refused"]
    message: str | None = None


class FeedbackResults(Contract):
    """One result per item, in the order of the request."""

    results: list[FeedbackResult]


class MasterKind(StrEnum):
    """What a tracker may be given."""

    CLIENT = "client"
    PROJECT = "project"
    TASK = "task"


class MasterToTake(Contract):
    """A client, project or task as the ERP has it, to be made or brought up to date.

    `reference` is ours, and stands in the tracker beside what was made for it, where that has a
    place for it: nothing that people made themselves is ever changed.
    """

    kind: MasterKind
    reference: str = Field(min_length=1, max_length=200, pattern=r"^[\x20-\x7e]+$")
    name: str = Field(min_length=1, max_length=250)
    external_id: ExternalId | None = Field(
        default=None, description="The tracker's id, once it is known."
    )
    known_as: list[Annotated[str, Field(min_length=1, max_length=250)]] = Field(
        default_factory=list,
        max_length=20,
        description="Names under which it was said before, without an answer that was seen: it may "
        "stand there under one of them.",
    )
    client_id: ExternalId | None = Field(default=None, description="The tracker's, of a project.")
    project_id: ExternalId | None = Field(default=None, description="The tracker's, of a task.")
    open: bool = Field(description="False: no hours are to be booked on it any more.")
    billable: bool = True

    @model_validator(mode="after")
    def _has_its_project(self) -> Self:
        if self.kind is MasterKind.TASK and self.project_id is None:
            raise ValueError("a task needs project_id")
        return self


class MastersToTake(Contract):
    """A batch. No call to the tracker is started after `deadline`."""

    items: list[MasterToTake] = Field(min_length=1, max_length=100)
    deadline: AwareDatetime


class MasterTaken(Contract):
    """What became of one.

    `done`: it stands there as was said; `taken`: people have made one of that name themselves,
    which stays as it is; `refused`: the tracker will not, now or later; `retry`: not begun, or
    its outcome is unknown. Repeating is safe: what is there is looked for before anything is made.
    """

    kind: MasterKind
    reference: str
    status: Literal["done", "taken", "refused", "retry"]
    external_id: ExternalId | None = None
    message: str | None = Field(default=None, max_length=2000)


class MastersTaken(Contract):
    """One outcome per item, in the order of the request."""

    outcomes: list[MasterTaken]


class TimeTrackingAbilities(Contract):
    """What this tracker can do; the process tier picks its strategy from it."""

    webhooks: bool
    approvals: Literal["period", "entry", "none"]
    change_feed: bool = Field(description="Entries changed since an instant can be listed.")
    listing: bool = Field(
        default=False, description="All entries of a window of work dates can be listed."
    )
    feedback: list[FeedbackOutcome]
    max_lookup: int = Field(ge=1, description="Ids per re-read that are sensible.")
    bulk_upload: bool = Field(default=False, description="Files of entries may be uploaded.")
    takes: list[MasterKind] = Field(
        default_factory=list, description="Masters that it can be given; none if empty."
    )


class LineFault(Contract):
    """What is wrong with one field of a line; never quotes its value."""

    field: str
    message: str


class BulkLine(Contract):
    """What became of one line of a file."""

    line: int = Field(ge=1, description="Its number in the file, or place in the array.")
    external_id: str | None = Field(description="Null where the line does not tell it.")
    status: Literal["accepted", "rejected"]
    errors: list[LineFault] = Field(description="Empty if it was accepted.")


class BulkResult(Contract):
    """Accepted lines are committed; rejected ones can be corrected and sent again, alone or with
    the whole file."""

    accepted: int
    rejected: int
    lines: list[BulkLine]


class EventType(StrEnum):
    """CloudEvents `type`s that a time-tracking connection hands up."""

    ENTRY_CHANGED = "timepost.time_entry.changed.v1"
    APPROVAL_CHANGED = "timepost.approval.changed.v1"
    UNREADABLE = "timepost.webhook.unreadable.v1"


class TrackerEvent(Contract):
    """What a webhook meant, before it becomes a CloudEvent.

    `subject` is the entry's or approval's id. Thin unless `entry` is given.
    """

    type: EventType
    subject: ExternalId
    delivery_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=190,
        description="The platform's own id of this delivery, where it gives one.",
    )
    occurred_at: AwareDatetime | None = None
    change: ChangeKind | None = None
    entry: TimeEntry | None = None
    final: bool = Field(
        default=False,
        description="The event is the last word, a deletion too: nothing can be re-read.",
    )


class ParsedWebhook(Contract):
    """Events read from a delivery; empty if it concerns nothing that Timepost follows."""

    events: list[TrackerEvent]
