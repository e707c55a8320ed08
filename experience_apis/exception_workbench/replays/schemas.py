"""Wire contract of the workbench's replays v1."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from experience_apis.exception_workbench.schemas import Hours

Name = Annotated[str, Field(min_length=1, max_length=63)]
ExternalId = Annotated[str, Field(min_length=1, max_length=200)]
Replayable = Literal["BLOCKED", "DEAD_LETTER", "PARKED"]


class _Scope(BaseModel):
    model_config = ConfigDict(extra="forbid")


class EntryScope(_Scope):
    """One time entry."""

    kind: Literal["entry"]
    connection: Name = Field(description="The tracker's.")
    external_id: ExternalId = Field(description="`entry` of a case.")


class ProblemScope(_Scope):
    """All cases that are one problem."""

    kind: Literal["problem"]
    fingerprint: Annotated[str, Field(min_length=1, max_length=1000)] = Field(
        description="`problem` of a case."
    )


class BatchScope(_Scope):
    """What came in together; by exactly one of both ids."""

    kind: Literal["batch"]
    connection: Name = Field(description="The tracker's.")
    delivery_id: ExternalId | None = None
    trace_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None = Field(
        default=None, description="Of the request that brought it in, as a case's timeline has it."
    )


class WindowScope(_Scope):
    """What the sub-ledger received from one instant to before another."""

    kind: Literal["window"]
    received_from: AwareDatetime
    received_to: AwareDatetime
    connection: Name | None = Field(default=None, description="A tracker's or an ERP's.")


class ConnectionScope(_Scope):
    """Everything from one tracker, or on its way to one ERP."""

    kind: Literal["connection"]
    connection: Name = Field(description="A tracker's or an ERP's.")


Scope = Annotated[
    EntryScope | ProblemScope | BatchScope | WindowScope | ConnectionScope,
    Field(discriminator="kind"),
]


class Selection(BaseModel):
    """Which postings: those of a scope that are in one of some states."""

    model_config = ConfigDict(extra="forbid")

    scope: Scope
    states: list[Replayable] = Field(
        default=["BLOCKED", "DEAD_LETTER", "PARKED"], min_length=1, max_length=3
    )


class DryRunRequest(Selection):
    """Show what a replay would do."""

    limit: int = Field(default=100, ge=1, le=500, description="Lines to show at once.")


class LinesRequest(DryRunRequest):
    """Show further lines of a dry run."""

    after: UUID = Field(description="`next_after` of the lines before.")


class NewReplay(Selection):
    """Start a replay whose dry run was seen."""

    hash: str = Field(pattern=r"^[0-9a-f]{64}$", description="Of the dry run.")


class RereadRequest(BaseModel):
    """Which entries to read again in their tracker."""

    model_config = ConfigDict(extra="forbid")

    scope: Scope


class RereadView(BaseModel):
    """That they will be."""

    entries: int
    sentence: str = Field(examples=["3 entries are read again in their tracker."])


class ReplayState(StrEnum):
    """States to filter by."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    STOPPED = "STOPPED"
    DONE = "DONE"
    FAILED = "FAILED"


class LineOutcome(StrEnum):
    """Outcomes to filter by."""

    PENDING = "PENDING"
    SENT_ON = "SENT_ON"
    STILL_FAILS = "STILL_FAILS"
    WAITS = "WAITS"
    CHANGED = "CHANGED"
    GONE = "GONE"


class ReplayFilters(BaseModel):
    """Which replays."""

    model_config = ConfigDict(extra="forbid")

    state: ReplayState | None = None
    cursor: str | None = Field(default=None, min_length=1, max_length=200)
    limit: int = Field(default=50, ge=1, le=200)


class LineFilters(BaseModel):
    """Which lines of a replay."""

    model_config = ConfigDict(extra="forbid")

    outcome: LineOutcome | None = None
    after: UUID | None = None
    limit: int = Field(default=100, ge=1, le=500)


class SumView(BaseModel):
    """How much it is."""

    lines: int
    minutes: int
    hours: Hours


class FailureView(SumView):
    """How much would fail for one reason."""

    code: str


class ReasonView(BaseModel):
    """Why a line would not be sent."""

    code: str
    sentence: str


class DryRunRow(BaseModel):
    """One line exactly as it would be sent, but for its text; or why it would not."""

    posting_id: UUID
    posting_key: str | None
    connection: str
    entry: str = Field(description="The entry's id in the tracker.")
    version: int
    leg: str
    kind: str
    state: str
    state_label: str
    would_be: str
    would_be_label: str = Field(examples=["Would be sent"])
    reasons: list[ReasonView]
    target_connection: str | None
    work_date: date
    accounting_date: date | None
    minutes: int
    hours: Hours
    billable: bool | None
    legal_entity_id: str | None
    worker_id: str | None
    project_id: str | None
    task_id: str | None
    worker: str | None
    project: str | None
    task: str | None
    attempts: int
    last_refusal: str | None


class DryRunLinesView(BaseModel):
    """Lines of a dry run."""

    lines: list[DryRunRow]
    next_after: UUID | None


class DryRunView(DryRunLinesView):
    """What a replay would do. Nothing was changed."""

    hash: str = Field(description="Starts the replay; refused once anything would differ.")
    sentence: str = Field(examples=["303 lines with 2,409.50 hours would be sent; 9 would fail."])
    total: SumView
    would_send: SumView
    would_wait: SumView = Field(description="For another posting of their entry.")
    would_fail: list[FailureView]
    paused: list[str] = Field(description="ERPs that have to be resumed first.")


class ReplayView(BaseModel):
    """A replay that was started, and how far it is."""

    id: UUID
    scope: str = Field(description="What was replayed, in words.")
    states: list[str]
    hash: str
    state: str
    state_label: str = Field(examples=["Running"])
    sentence: str = Field(examples=["120 of 303 lines done: 118 sent on, 2 still failing."])
    percent: int = Field(ge=0, le=100)
    started_by: str
    mine: bool
    started_at: datetime
    finished_at: datetime | None
    stopped_by: str | None
    lines: int
    minutes: int
    hours: Hours
    done: int
    sent_on: int
    still_fails: int
    waits: int
    changed: int
    gone: int


class ReplayDetailView(ReplayView):
    """A replay with where its postings stand now."""

    postings: dict[str, int] = Field(description="By state.")


class ReplayList(BaseModel):
    """Replays, the latest first."""

    replays: list[ReplayView]
    next_cursor: str | None


class ReplayLineView(BaseModel):
    """What became of one line."""

    posting_id: UUID
    entry: str
    outcome: str
    outcome_label: str
    posting_state: str
    code: str | None


class ReplayLineList(BaseModel):
    """Lines of a replay."""

    lines: list[ReplayLineView]
    next_after: UUID | None
