"""Wire contract of the workbench v1."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

ME = "me"

Hours = Annotated[
    str,
    Field(
        pattern=r"^-?\d+\.\d{2}$",
        description="Decimal hours with two places, rounded half up; `minutes` is exact.",
        examples=["1.50"],
    ),
]
Value = str | int | bool | None


class CaseState(StrEnum):
    """States to filter by."""

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
    """Severities to filter by."""

    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    S4 = "S4"


class OwnerRole(StrEnum):
    """Owners to filter by."""

    CONSULTANT = "consultant"
    PROJECT_MANAGER = "project.manager"
    FINANCE_ANALYST = "finance.analyst"
    FINANCE_CONTROLLER = "finance.controller"
    BILLING_ANALYST = "billing.analyst"
    DATA_STEWARD = "data.steward"
    INTEGRATION_OPERATOR = "integration.operator"


class CaseFilters(BaseModel):
    """What to list; an unknown filter is refused, since it would silently show too much."""

    model_config = ConfigDict(extra="forbid")

    code: list[Annotated[str, Field(max_length=100)]] = Field(
        default=[], max_length=50, description="Catalogue codes; any of them."
    )
    severity: list[Severity] = Field(default=[], description="Any of them.")
    owner: list[OwnerRole] = Field(default=[], description="Who mends it; any of them.")
    state: list[CaseState] = Field(default=[], description="Any of them.")
    assignee: str | None = Field(
        default=None, min_length=1, max_length=200, description="A user; `me` is the caller."
    )
    connection: str | None = Field(
        default=None, min_length=1, max_length=63, description="Tracker connection."
    )
    open_only: bool = Field(default=True, description="Leave resolved cases out.")
    cursor: str | None = Field(
        default=None, min_length=1, max_length=200, description="`next_cursor` of the last page."
    )
    limit: int = Field(default=50, ge=1, le=200, description="Cases on one page.")


class WaiverView(BaseModel):
    """Somebody asked to leave it as it is; a second person has to agree."""

    requested_by: str
    mine: bool = Field(description="The caller asked, and cannot agree.")
    requested_at: datetime
    reason: str


class CaseRow(BaseModel):
    """One case as a list shows it."""

    id: UUID
    code: str = Field(
        description="Code of the exception catalogue.", examples=["MD_PROJECT_CLOSED"]
    )
    severity: str = Field(examples=["S2"])
    severity_label: str = Field(examples=["Blocks this entry now"])
    owner: str = Field(examples=["project.manager"])
    owner_label: str = Field(description="Who mends it.", examples=["Project manager"])
    state: str = Field(examples=["WAITING"])
    state_label: str = Field(examples=["Waiting"])
    sentence: str = Field(description="What is wrong, in one plain sentence.")
    action: str = Field(description="What to do about it.")
    assignee: str | None
    assigned_to_me: bool
    connection: str = Field(
        description="Tracker connection that the entry comes from; or the connection that the "
        "case is about."
    )
    entry: str | None = Field(
        description="The entry's id in the tracker; null if the case is about a connection."
    )
    worker: str | None
    project: str | None
    task: str | None
    work_date: date | None
    minutes: int | None = Field(description="Of the entry, or of all that wait.")
    hours: Hours | None
    affected: int | None = Field(
        description="How many postings wait, if the case is about a connection."
    )
    waiting_for: list[str] = Field(
        description="What releases it, in words.", examples=[["project 42 in erp-uk"]]
    )
    problem: str = Field(description="Cases with the same value are one problem.")
    opened_at: datetime
    age_seconds: int = Field(ge=0, description="Open for so long; ends when it is resolved.")
    age: str = Field(examples=["3 hours"])
    escalated_at: datetime | None = Field(
        description="When it had waited for too long, and became more severe."
    )
    resolved_at: datetime | None
    resolution: str | None
    waiver: WaiverView | None = Field(description="Somebody asked to leave it as it is.")
    version: int = Field(description="In quotation marks: the ETag, for If-Match.")


class Totals(BaseModel):
    """Sums; hours are of the page, since the sub-ledger counts only cases over all pages."""

    matching: int = Field(description="Cases that match the filters, over all pages.")
    shown: int = Field(description="Cases on this page.")
    minutes_shown: int
    hours_shown: Hours


class CaseList(BaseModel):
    """One page of cases, newest first."""

    cases: list[CaseRow]
    next_cursor: str | None
    totals: Totals


class ComparisonRow(BaseModel):
    """One field on all sides; null where a side has none."""

    field: str = Field(examples=["project"])
    label: str = Field(examples=["Project"])
    source: Value = Field(description="As the tracker gave it.")
    canonical: Value = Field(description="In Timepost's words, bindings resolved.")
    would_post: Value = Field(description="What would go to the ERP.")
    erp: Value = Field(description="What stands in the ERP, as last read back.")
    differs: bool = Field(description="The sides that have this field do not agree on it.")


class TimelineEntry(BaseModel):
    """One step in the life of the entry."""

    at: datetime
    sentence: str = Field(examples=["Version appended by the tracker clockify-uk (version: 2)"])
    actor: str = Field(description="Who did it, in words.")
    trace_id: str | None = Field(description="Finds the step's technical trace, for support.")


class CommentView(BaseModel):
    """A comment on the case."""

    id: UUID
    author: str
    mine: bool
    text: str
    at: datetime


class ErpLine(BaseModel):
    """The ERP's line as it stands there."""

    model_config = ConfigDict(extra="forbid")

    external_id: str = Field(
        min_length=1, max_length=200, description="The ERP's id of the line or document."
    )
    work_date: date
    minutes: int = Field(ge=-1_000_000, le=1_000_000)


class ConfirmationView(BaseModel):
    """What somebody found in the ERP, and how they know."""

    id: UUID
    sentence: str = Field(examples=["Line 17 stands in the ERP: 8.00 hours on 2026-06-02."])
    evidence: str
    confirmed_by: str
    mine: bool
    at: datetime


class ActionName(StrEnum):
    """What can be done with a case."""

    RETRY = "retry"
    ASSIGN = "assign"
    COMMENT = "comment"
    CONFIRM = "confirm"
    WAIVE = "waive"
    AGREE = "agree"


class ActionOffer(BaseModel):
    """Whether this caller may do it; the process tier decides again when it is done."""

    name: ActionName
    label: str
    allowed: bool
    reason: str | None = Field(description="Why not; null when allowed.")


class ChoiceOffer(BaseModel):
    """A way on that only people choose, and whether this caller may."""

    choice: str = Field(examples=["offset"])
    label: str = Field(examples=["Offset on the next invoice"])
    needs: str | None = Field(
        description="What has to be given beside the reason.", examples=["document"]
    )
    allowed: bool
    reason: str | None = Field(description="Why not; null when allowed.")


class CaseView(BaseModel):
    """One case with both sides, its history and what this caller may do."""

    case: CaseRow
    status: str | None = Field(
        description="How the entry stands as a whole.", examples=["EXCEPTION"]
    )
    status_label: str | None = Field(examples=["Needs somebody"])
    comparison: list[ComparisonRow]
    differences: int = Field(description="Rows on which the sides do not agree.")
    erp_error: str | None = Field(description="The ERP's own words, if it refused.")
    also: list[str] = Field(description="Codes of further findings on the same entry.")
    timeline: list[TimelineEntry] = Field(description="In the order in which it happened.")
    comments: list[CommentView]
    confirmations: list[ConfirmationView]
    actions: list[ActionOffer]
    choices: list[ChoiceOffer] = Field(
        description="How the case may go on, where Timepost may not decide it by itself."
    )


class NewAssignee(BaseModel):
    """Who takes care of it."""

    model_config = ConfigDict(extra="forbid")

    assignee: str | None = Field(
        min_length=1,
        max_length=200,
        description="A user, `me` for the caller, or null: back to the owner's queue.",
    )


class NewComment(BaseModel):
    """A comment to add."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=4000)


class ConfirmedOutcome(StrEnum):
    """What a person found out in the ERP."""

    POSTED = "posted"
    NOT_POSTED = "not_posted"


class NewConfirmation(BaseModel):
    """How an unknown outcome ended."""

    model_config = ConfigDict(extra="forbid")

    outcome: ConfirmedOutcome
    line: ErpLine | None = Field(
        default=None,
        description="Needed with `posted`, unless a line was to be removed; refused with"
        " `not_posted`.",
    )
    evidence: str = Field(
        min_length=10, max_length=4000, description="What was looked at, and what it shows."
    )


class ConfirmView(BaseModel):
    """What a confirmation led to."""

    case: CaseRow
    confirmation: ConfirmationView
    posting_state: str = Field(examples=["POSTED"])
    sentence: str = Field(examples=["It is posted."])


class RetryView(BaseModel):
    """What a retry led to at once; sending goes on in the background."""

    case: CaseRow
    posting_state: str = Field(examples=["READY"])
    sentence: str = Field(examples=["The posting is valid and is sent in the background."])
