"""Wire contract of the manager dashboard v1."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Hours = Annotated[
    str,
    Field(
        pattern=r"^-?\d+\.\d{2}$",
        description="Decimal hours with two places, rounded half up; minutes are exact.",
        examples=["37.50"],
    ),
]
Address = Annotated[str, Field(pattern=r"^[^\s@]+@[^\s@]+$", max_length=254)]
Words = Annotated[str, Field(min_length=1, max_length=1000)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class View(StrEnum):
    """Whose approvals to show."""

    TO_DECIDE = "to_decide"
    OWN = "own"
    ESCALATED = "escalated"
    ALL = "all"


class ApprovalState(StrEnum):
    """States to filter by."""

    SUBMITTED = "SUBMITTED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    VOID = "VOID"


class ApprovalFilters(_Asked):
    """What to list; an unknown filter is refused, since it would silently show too much."""

    view: View = Field(default=View.TO_DECIDE, description="What waits for the caller, normally.")
    state: ApprovalState | None = None
    connection: str | None = Field(default=None, min_length=1, max_length=63)
    worker: str | None = Field(
        default=None, min_length=1, max_length=200, description="The tracker's id of the worker."
    )
    newest_first: bool = Field(default=False, description="Else what has waited longest.")
    cursor: str | None = Field(default=None, min_length=1, max_length=200)
    limit: int = Field(default=50, ge=1, le=200)


class ApprovalRow(BaseModel):
    """Hours of one worker that somebody is asked about."""

    id: UUID
    connection: str
    worker: str
    period: str = Field(examples=["1 to 7 June 2026"])
    period_start: date
    period_end: date
    entries: int
    minutes: int
    hours: Hours
    changed_since: int = Field(description="Entries that no decision reaches any more.")
    approver: str | None = Field(description="Work email; null: a controller decides.")
    state: str = Field(examples=["SUBMITTED"])
    state_label: str = Field(examples=["Waiting for a decision"])
    sentence: str = Field(examples=["Ada Obi asks for approval of 37.50 hours, 1 to 7 June 2026."])
    outcome: str | None = Field(examples=["Approved by petra in place of carl@example.com."])
    note: str | None
    submitted_at: datetime
    submitted_by: str
    age_seconds: int = Field(ge=0)
    age: str = Field(description="Ends with the decision.", examples=["2 days"])
    version: int


class ApprovalTotals(BaseModel):
    """Over all pages."""

    matching: int
    minutes: int
    hours: Hours


class ApprovalList(BaseModel):
    """One page of approvals."""

    approvals: list[ApprovalRow]
    next_cursor: str | None
    totals: ApprovalTotals


class EntryRow(BaseModel):
    """One entry as submitted."""

    entry: str = Field(description="The entry's id in the tracker.")
    work_date: date
    project: str | None
    task: str | None
    minutes: int
    hours: Hours
    billable: bool
    state_label: str
    remark: str | None = Field(examples=["changed after it was submitted"])


class ApprovalView(BaseModel):
    """An approval with its entries, and whether the caller may decide."""

    approval: ApprovalRow
    entries: list[EntryRow]
    may_decide: bool
    acting_as: str | None = Field(examples=["in place of carl@example.com"])
    reason: str | None = Field(description="Why the caller may not; null if they may.")


class Verb(StrEnum):
    """What can be decided."""

    APPROVE = "approve"
    REJECT = "reject"


class NewDecision(_Asked):
    """A decision on an approval as it was read."""

    id: UUID
    version: int = Field(ge=1)
    decision: Verb
    reason: Words | None = Field(default=None, description="Needed to reject.")


class NewDecisions(_Asked):
    """Each is carried out on its own."""

    decisions: list[NewDecision] = Field(min_length=1, max_length=100)


class DecisionOutcome(BaseModel):
    """What became of one decision."""

    id: UUID
    done: bool
    code: str | None
    sentence: str = Field(examples=["Approved by petra."])
    approval: ApprovalRow | None


class DecisionOutcomes(BaseModel):
    """In the order in which they were asked."""

    outcomes: list[DecisionOutcome]
    done: int
    refused: int


class NewSubmission(_Asked):
    """Whose hours to submit."""

    connection: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    day: date | None = Field(default=None, description="Any day of the week or month.")
    entries: list[Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        default_factory=list, max_length=200
    )
    worker: str | None = Field(default=None, min_length=1, max_length=200)
    note: str | None = Field(default=None, max_length=1000)


class LeftOut(BaseModel):
    """An entry that was not submitted."""

    entry: str
    reason: str


class SubmissionView(BaseModel):
    """What is asked for now, and what was left out."""

    sentence: str = Field(examples=["5 entries are submitted."])
    approvals: list[ApprovalRow]
    left_out: list[LeftOut]


class NewDelegation(_Asked):
    """Lets somebody act in one's place for a time."""

    delegate: Address
    valid_from: AwareDatetime
    valid_to: AwareDatetime
    reason: Words
    delegator: Address | None = Field(default=None, description="Controllers only.")


class DelegationRow(BaseModel):
    """Who acts in whose place."""

    id: UUID
    delegator: str
    delegate: str
    valid_from: datetime
    valid_to: datetime
    reason: str
    state: str = Field(examples=["in force", "to come", "over", "ended"])
    sentence: str


class DelegationRows(BaseModel):
    """Latest first."""

    delegations: list[DelegationRow]
