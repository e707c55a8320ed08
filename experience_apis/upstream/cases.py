"""The process tier's `exceptions` contract: what the workbench reads of it.

Only the fields that are read, and any text where the contract has an enumeration, so that a
state added there does not blank the workbench. A test holds the models against the committed
contract.
"""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, JsonValue


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True)


class Waiver(_Read):
    """Somebody asked to leave it as it is."""

    requested_by: str
    requested_at: datetime
    reason: str


class Case(_Read):
    """A case as the process tier lists it."""

    id: UUID
    code: str
    severity: str
    owner: str
    state: str
    sentence: str
    action: str
    assignee: str | None
    connection: str
    entry_external_id: str | None
    worker: str | None
    project: str | None
    task: str | None
    work_date: date | None
    minutes: int | None
    affected: int | None
    waiting_for: list[str]
    fingerprint: str
    opened_at: datetime
    escalated_at: datetime | None
    resolved_at: datetime | None
    resolution: str | None
    waiver: Waiver | None
    version: int


class CasePage(_Read):
    """One page; ``total`` counts the matches on all pages."""

    cases: list[Case]
    next_cursor: str | None
    total: int


class LineageEvent(_Read):
    """A step in the life of the entry."""

    at: datetime
    what: str
    actor: str
    detail: dict[str, JsonValue]
    trace_id: str | None


class Comment(_Read):
    """A comment on a case."""

    id: UUID
    author: str
    text: str
    at: datetime


class Side(_Read):
    """One side of the comparison."""

    fields: dict[str, str | int | bool | None]


class ErpLine(_Read):
    """The ERP's line as a person read it off there."""

    external_id: str
    work_date: date
    minutes: int


class Confirmation(_Read):
    """What somebody confirmed of an unknown outcome."""

    id: UUID
    outcome: str
    line: ErpLine | None
    evidence: str
    confirmed_by: str
    at: datetime


class ChoiceOffer(_Read):
    """A way on that only people choose."""

    choice: str
    label: str
    roles: list[str]
    needs: str | None


class CaseDetail(_Read):
    """A case with both sides and its history."""

    case: Case
    status: str | None
    source: Side | None
    canonical: Side | None
    would_post: Side | None
    erp: Side | None
    erp_error: str | None
    also: list[str]
    lineage: list[LineageEvent]
    comments: list[Comment]
    confirmations: list[Confirmation]
    choices: list[ChoiceOffer]


class ChoiceResult(_Read):
    """What a choice led to at once."""

    case: Case
    posting_state: str


class RetryResult(_Read):
    """What a retry led to at once."""

    case: Case
    posting_state: str


class ConfirmationResult(_Read):
    """What a confirmation led to."""

    case: Case
    confirmation: Confirmation
    posting_state: str
