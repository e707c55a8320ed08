"""Wire contract of `approvals` v1. Narrative text is never part of it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from process_apis.processes.approvals.rules import Capacity
from process_apis.processes.approvals.tables import CoverState, RequestState
from process_apis.texts import Storable

ConnectionName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
ExternalId = Annotated[Storable, Field(min_length=1, max_length=200)]
Address = Annotated[str, Field(pattern=r"^[^\s@\x00]+@[^\s@\x00]+$", max_length=254)]
Reason = Annotated[Storable, Field(min_length=1, max_length=1000)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewSubmission(_Asked):
    """Whose hours to submit: of the period that `day` lies in, or (scope `entry`) those named."""

    connection: ConnectionName
    day: date | None = Field(default=None, description="Any day of the period; scope `period`.")
    entries: list[ExternalId] = Field(
        default_factory=list, max_length=200, description="The tracker's ids; scope `entry`."
    )
    worker: ExternalId | None = Field(
        default=None, description="The tracker's id of the worker; left out: the caller."
    )
    note: Storable | None = Field(default=None, max_length=1000, description="For the approver.")


class ApprovalRequestView(BaseModel):
    """Hours of one worker that one person is asked about."""

    id: UUID
    connection: str
    scope: Literal["period", "entry"]
    period_start: date
    period_end: date
    worker: str
    worker_external_id: str
    approver: str | None = Field(
        description="Who is responsible, by work email; null: only a controller is left."
    )
    state: RequestState
    entries: int = Field(description="As submitted.")
    entries_waiting: int = Field(description="Still as submitted, and undecided.")
    minutes: int = Field(description="As submitted.")
    minutes_waiting: int
    submitted_at: datetime
    submitted_by: str
    submitted_as: Capacity
    note: str | None
    age_seconds: int = Field(ge=0, description="Ends with the decision.")
    decided_at: datetime | None
    decided_by: str | None = Field(description="Subject, or `policy:<id>`.")
    decided_as: Capacity | None
    decided_for: str | None = Field(description="In whose place a delegate decided.")
    reason: str | None
    version: int = Field(description="In quotation marks: the ETag.")


class CoveredEntry(BaseModel):
    """One entry's version as submitted."""

    time_entry_id: UUID
    external_id: str
    version: int
    state: CoverState
    why: str | None = Field(description="Why it is void.")
    work_date: date
    minutes: int
    billable: bool
    project: str | None
    task: str | None


class MayDecide(BaseModel):
    """Whether the caller may decide, as of now; it is checked again when they do."""

    allowed: bool
    acting_as: Capacity | None
    on_behalf_of: str | None
    code: str | None = Field(description="Stable code of what stands against it.")
    reason: str | None


class ApprovalRequestDetail(BaseModel):
    """A request with its entries as submitted."""

    request: ApprovalRequestView
    entries: list[CoveredEntry]
    may_decide: MayDecide


class ApprovalRequestPage(BaseModel):
    """Requests that the caller may see."""

    requests: list[ApprovalRequestView]
    next_cursor: str | None
    total: int = Field(description="On all pages.")
    total_minutes: int


class Skipped(BaseModel):
    """An entry that was not submitted."""

    external_id: str
    reason: str


class SubmissionResult(BaseModel):
    """Requests that are open for these hours now, one for each person who is asked."""

    requests: list[ApprovalRequestView]
    submitted: int = Field(description="Entries that were submitted by this call.")
    skipped: list[Skipped]


class Verb(StrEnum):
    """What can be decided."""

    APPROVE = "approve"
    REJECT = "reject"


class Judgement(_Asked):
    """A decision on one request; saying no needs a reason."""

    decision: Verb
    reason: Reason | None = None


class BatchItem(Judgement):
    """A decision on a request as it was read."""

    request_id: UUID
    version: int = Field(ge=1, description="The request's version as read.")


class Batch(_Asked):
    """Decisions, each on its own: one that is refused holds up no other."""

    decisions: list[BatchItem] = Field(min_length=1, max_length=100)


class BatchResult(BaseModel):
    """What became of one decision."""

    request_id: UUID
    status: Literal["decided", "refused"]
    code: str | None = Field(description="Stable code of the refusal.")
    detail: str | None
    request: ApprovalRequestView | None


class BatchResults(BaseModel):
    """In the order in which they were asked."""

    results: list[BatchResult]


class NewDelegation(_Asked):
    """Lets somebody act in another's place from `valid_from` until before `valid_to`."""

    delegate: Address
    valid_from: AwareDatetime
    valid_to: AwareDatetime
    reason: Reason
    delegator: Address | None = Field(
        default=None, description="A controller may name somebody; left out: the caller."
    )


class DelegationView(BaseModel):
    """A delegation, and who made and ended it."""

    id: UUID
    delegator: str
    delegate: str
    valid_from: datetime
    valid_to: datetime
    reason: str
    created_at: datetime
    created_by: str
    ended_at: datetime | None
    ended_by: str | None


class DelegationList(BaseModel):
    """Latest first."""

    delegations: list[DelegationView]


class WaitingEntry(BaseModel):
    """An entry that no policy approved: it waits until somebody submits it."""

    time_entry_id: UUID
    connection: str
    external_id: str
    worker_external_id: str
    work_date: date
    minutes: int
    version: int
    reasons: list[str] = Field(description="Why no policy approved it; empty: not yet looked at.")
    looked_at: datetime | None


class WaitingEntries(BaseModel):
    """Oldest work date first."""

    entries: list[WaitingEntry]
    next_cursor: str | None
    total: int
