"""Wire contract of `exceptions` v1: what a person must act on."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from process_apis.processes.exceptions.choices import Choice
from process_apis.processes.time_entries.display import DisplayStatus
from process_apis.texts import Storable


class CaseState(StrEnum):
    """Where a case stands; how it moves stands in `transitions`.

    `WAITING`: releases itself when what it waits for arrives. `PENDING_APPROVAL`: somebody asked
    to accept it as it is, and a second person has to agree. `REOPENED`: resolved, and the same
    came back within 30 days.
    """

    OPEN = "OPEN"
    ASSIGNED = "ASSIGNED"
    IN_PROGRESS = "IN_PROGRESS"
    WAITING = "WAITING"
    PENDING_APPROVAL = "PENDING_APPROVAL"
    RESOLVED_AUTO = "RESOLVED_AUTO"
    RESOLVED_MANUAL = "RESOLVED_MANUAL"
    ACCEPTED = "ACCEPTED"
    REOPENED = "REOPENED"


class Severity(StrEnum):
    """S1 wrong money or cash blocked; S2 blocks an entry now; S3 will block; S4 information."""

    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    S4 = "S4"


class OwnerRole(StrEnum):
    """Who mends it."""

    CONSULTANT = "consultant"
    PROJECT_MANAGER = "project.manager"
    FINANCE_ANALYST = "finance.analyst"
    FINANCE_CONTROLLER = "finance.controller"
    BILLING_ANALYST = "billing.analyst"
    DATA_STEWARD = "data.steward"
    INTEGRATION_OPERATOR = "integration.operator"


class Waiver(BaseModel):
    """Somebody asked to accept it as it is; a second person has to agree."""

    requested_by: str
    requested_at: datetime
    reason: str


class Case(BaseModel):
    """One case, as a list shows it."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    code: str = Field(
        description="Code of the exception catalogue.", examples=["MD_PROJECT_CLOSED"]
    )
    severity: Severity
    owner: OwnerRole
    state: CaseState
    sentence: str = Field(description="What is wrong, in one plain sentence.")
    action: str = Field(description="What to do about it.")
    assignee: str | None
    connection: str = Field(
        description="Tracker connection that the entry comes from; or the connection that the "
        "case is about, if it is about no entry."
    )
    entry_external_id: str | None = Field(description="Null: the case is about a connection.")
    time_entry_id: UUID | None
    posting_id: UUID | None
    worker: str | None = Field(description="Name or email of the worker.")
    project: str | None
    task: str | None
    work_date: date | None
    minutes: int | None = Field(description="Of the entry, or of all that wait.")
    affected: int | None = Field(description="How many postings wait, if a connection is away.")
    waiting_for: list[str] = Field(description="Dependency keys; a change of one wakes it.")
    fingerprint: str = Field(description="Cases with one fingerprint are one problem.")
    opened_at: datetime
    updated_at: datetime
    escalated_at: datetime | None = Field(
        description="When it had waited for too long, and became more severe."
    )
    resolved_at: datetime | None
    resolution: str | None
    waiver: Waiver | None
    version: int = Field(description="For If-Match: rises with every change.")


class CasePage(BaseModel):
    """Cases, newest first."""

    cases: list[Case]
    next_cursor: str | None
    total: int = Field(description="Cases that match the filters, over all pages.")


class LineageEvent(BaseModel):
    """One step in the life of an entry."""

    at: datetime
    what: str = Field(description="What happened, e.g. `version appended`, `posted`.")
    actor: str
    detail: dict[str, Any]
    trace_id: str | None


class Comment(BaseModel):
    """What somebody wrote on a case."""

    id: UUID
    author: str
    text: str
    at: datetime


class Side(BaseModel):
    """One side of the comparison; absent where there is nothing yet."""

    fields: dict[str, str | int | bool | None]


class ConfirmedOutcome(StrEnum):
    """What a person found out in the ERP: `posted`, it did what was asked, or it did not."""

    POSTED = "posted"
    NOT_POSTED = "not_posted"


class ErpLine(BaseModel):
    """The ERP's line as a person reads it off there."""

    model_config = ConfigDict(extra="forbid")

    external_id: Storable = Field(
        min_length=1, max_length=200, description="The ERP's id of the line or document."
    )
    work_date: date
    minutes: int = Field(ge=-1_000_000, le=1_000_000)


class NewConfirmation(BaseModel):
    """How an unknown outcome ended, as a person saw it in the ERP."""

    model_config = ConfigDict(extra="forbid")

    outcome: ConfirmedOutcome
    line: ErpLine | None = Field(
        default=None,
        description="Needed with `posted`, unless a line was to be removed and is gone; refused "
        "with `not_posted`. One that differs from what was sent is a case of its own.",
    )
    evidence: Storable = Field(
        min_length=10,
        max_length=4000,
        description="What was looked at, and what it shows: for whoever audits it later.",
    )


class Confirmation(BaseModel):
    """What somebody confirmed; never changed."""

    id: UUID
    outcome: ConfirmedOutcome
    line: ErpLine | None
    evidence: str
    confirmed_by: str
    at: datetime


class ChoiceOffer(BaseModel):
    """A way on that a person may choose now."""

    choice: Choice
    label: str
    roles: list[str] = Field(description="Who may choose it: any of them.")
    needs: str | None = Field(
        description="What has to be given beside the reason.", examples=["document"]
    )


class NewChoice(BaseModel):
    """What somebody chose, and why."""

    model_config = ConfigDict(extra="forbid")

    choice: Choice
    reason: Storable = Field(
        min_length=10, max_length=4000, description="For whoever audits it later."
    )
    document: Storable | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="The ERP's document that shows it, such as a credit note.",
    )
    line: Storable | None = Field(
        default=None, min_length=1, max_length=200, description="The ERP's id of a line."
    )


class NewWaiver(BaseModel):
    """Why it may stay as it is."""

    model_config = ConfigDict(extra="forbid")

    reason: Storable = Field(min_length=10, max_length=4000)


class CaseDetail(BaseModel):
    """One case with both sides and its history. Narrative text is left out on purpose."""

    case: Case
    status: DisplayStatus | None = Field(
        description="One word for people: how the entry stands. Null: it is about a connection."
    )
    source: Side | None = Field(
        description="As the tracker gave it. All four are null if the case is about a connection."
    )
    canonical: Side | None = Field(description="In Timepost's words, bindings resolved.")
    would_post: Side | None = Field(description="What would go to the ERP.")
    erp: Side | None = Field(description="What stands in the ERP, as last read back.")
    erp_error: str | None = Field(description="The ERP's own words, if it refused.")
    also: list[str] = Field(description="Codes of further findings on the same entry.")
    lineage: list[LineageEvent] = Field(
        description="Of the entry; of the connection, if the case is about one."
    )
    comments: list[Comment]
    confirmations: list[Confirmation] = Field(
        description="What people confirmed of unknown outcomes, oldest first."
    )
    choices: list[ChoiceOffer] = Field(
        description="How the case may go on, where Timepost may not decide it by itself."
    )


class Assignment(BaseModel):
    """Who takes care of it; null gives it back to the owner role's queue."""

    model_config = ConfigDict(extra="forbid")

    assignee: Storable | None = Field(max_length=200)
    in_progress: bool = Field(default=False, description="They are at it.")


class NewComment(BaseModel):
    """A comment to add."""

    model_config = ConfigDict(extra="forbid")

    text: Storable = Field(min_length=1, max_length=4000)


class RetryResult(BaseModel):
    """What a retry led to at once; sending itself goes on in the background."""

    case: Case
    posting_state: str = Field(description="State after validation.", examples=["READY"])


class ConfirmationResult(BaseModel):
    """What a confirmation led to."""

    case: Case
    confirmation: Confirmation
    posting_state: str = Field(
        examples=["POSTED"],
        description="POSTED; MISPOSTED if the line is not what was sent; READY to be sent again.",
    )


class ChoiceResult(BaseModel):
    """What a choice led to at once; the rest goes on in the background."""

    case: Case
    posting_state: str = Field(examples=["RECEIVED"])
