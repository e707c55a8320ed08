"""Wire contract of `replay` v1."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from process_apis.processes.posting.states import Leg, PostingKind, PostingState
from process_apis.processes.replay.states import JobState, LineOutcome
from process_apis.texts import Storable

Name = Annotated[Storable, Field(min_length=1, max_length=63)]
ExternalId = Annotated[Storable, Field(min_length=1, max_length=200)]
Replayable = Literal["BLOCKED", "DEAD_LETTER", "PARKED"]


class _Scope(BaseModel):
    model_config = ConfigDict(extra="forbid")


class EntryScope(_Scope):
    """One time entry."""

    kind: Literal["entry"]
    connection: Name = Field(description="The tracker's.")
    external_id: ExternalId = Field(description="Its id in the tracker.")


class ProblemScope(_Scope):
    """All that open cases with one fingerprint are about."""

    kind: Literal["problem"]
    fingerprint: Annotated[Storable, Field(min_length=1, max_length=1000)]


class BatchScope(_Scope):
    """What came in together: one delivery, or (by its trace) one uploaded file."""

    kind: Literal["batch"]
    connection: Name = Field(description="The tracker's.")
    delivery_id: ExternalId | None = Field(default=None, description="As the tracker named it.")
    trace_id: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{32}$",
        description="Of the request that brought it in; lineage and logs name it.",
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.delivery_id is None) == (self.trace_id is None):
            raise ValueError("name either delivery_id or trace_id")
        return self


class WindowScope(_Scope):
    """What the sub-ledger received from one instant to before another."""

    kind: Literal["window"]
    received_from: AwareDatetime
    received_to: AwareDatetime
    connection: Name | None = Field(default=None, description="A tracker's or an ERP's.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.received_from < self.received_to:
            raise ValueError("received_from has to be before received_to")
        return self


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
        default=["BLOCKED", "DEAD_LETTER", "PARKED"],
        min_length=1,
        max_length=3,
        description="What is posted or on its way there is never replayed.",
    )


class DryRunRequest(Selection):
    """Show what a replay would do."""

    limit: int = Field(default=100, ge=1, le=500, description="Lines to show at once.")


class LinesRequest(DryRunRequest):
    """Show further lines of a dry run."""

    after: UUID = Field(description="The last posting shown so far.")


class RereadRequest(BaseModel):
    """Which entries to read again, whatever became of their postings."""

    model_config = ConfigDict(extra="forbid")

    scope: Scope


class Rereading(BaseModel):
    """That they will be."""

    entries: int = Field(description="Entries that are read again, each once.")


class Reason(BaseModel):
    """Why a line would not be sent."""

    code: str = Field(examples=["MD_PROJECT_CLOSED"])
    sentence: str


class DryRunLine(BaseModel):
    """One posting as it would be sent, or why it would not. Narrative text is left out."""

    posting_id: UUID
    posting_key: str | None
    connection: str = Field(description="The tracker's.")
    entry_external_id: str
    version: int
    leg: Leg
    kind: PostingKind
    state: PostingState = Field(description="As it stands now.")
    would_be: PostingState = Field(description="READY: it would be sent.")
    reasons: list[Reason] = Field(description="Why it would not be sent.")
    target_connection: str | None
    work_date: date
    accounting_date: date | None
    minutes: int
    billable: bool | None
    legal_entity_id: str | None = Field(description="At the ERP, like the next three.")
    worker_id: str | None
    project_id: str | None
    task_id: str | None
    worker: str | None = Field(description="As the tracker names it, like the next two.")
    project: str | None
    task: str | None
    attempts: int
    last_refusal: str | None = Field(
        description="What the ERP said when it was last asked; it may say so again."
    )


class Sum(BaseModel):
    """How many lines, and their hours."""

    lines: int
    minutes: int


class CodeSum(Sum):
    """Lines that would fail for one reason, their first."""

    code: str


class DryRun(BaseModel):
    """What a replay would do. Nothing was changed."""

    hash: str = Field(
        pattern=r"^[0-9a-f]{64}$",
        description="Over everything that would be sent, and what would still fail. The replay "
        "needs it, and is refused if a fresh computation gives another one.",
    )
    total: Sum
    would_send: Sum
    would_wait: Sum = Field(
        description="Nothing is wrong with these: another posting of their entry comes first."
    )
    would_fail: list[CodeSum] = Field(description="The most frequent first.")
    paused: list[str] = Field(
        description="ERPs that it would send to, and that are paused: until they go on, the replay "
        "is refused."
    )
    lines: list[DryRunLine]
    next_after: UUID | None = Field(description="For further lines; null if these are all.")


class DryRunLines(BaseModel):
    """Further lines, as they stand at this moment."""

    lines: list[DryRunLine]
    next_after: UUID | None


class NewReplay(Selection):
    """Start a replay whose dry run was seen."""

    hash: str = Field(pattern=r"^[0-9a-f]{64}$", description="Of the dry run.")


class Replay(BaseModel):
    """A replay that was started, and how far it is."""

    id: UUID
    scope: Scope
    states: list[Replayable]
    hash: str
    state: JobState
    started_by: str
    started_at: datetime
    finished_at: datetime | None
    stopped_by: str | None
    lines: int
    minutes: int
    done: int = Field(description="Lines that something became of.")
    sent_on: int = Field(description="Judged, and ready to be sent.")
    still_fails: int = Field(description="Judged; the same is wrong as in the dry run.")
    waits: int = Field(description="Nothing is wrong; another posting of the entry comes first.")
    changed: int = Field(description="Left alone: no longer what the dry run showed.")
    gone: int = Field(description="Left alone: something else had moved them.")


class ReplayDetail(Replay):
    """A replay with where its postings stand."""

    postings: dict[PostingState, int] = Field(description="Its postings by their state now.")


class ReplayPage(BaseModel):
    """Replays, the latest first."""

    replays: list[Replay]
    next_cursor: str | None


class ReplayLineView(BaseModel):
    """What became of one line."""

    posting_id: UUID
    entry_external_id: str
    outcome: LineOutcome
    posting_state: PostingState
    code: str | None = Field(description="What is wrong with the posting now.")


class ReplayLinePage(BaseModel):
    """Lines of a replay, by posting id."""

    lines: list[ReplayLineView]
    next_after: UUID | None
