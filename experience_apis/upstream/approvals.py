"""The process tier's `approvals` contract: what the manager dashboard reads of it.

Only the fields that are read, and any text where the contract has an enumeration, so that a
state added there does not blank the dashboard. A test holds the models against the committed
contract.
"""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True)


class ApprovalRequest(_Read):
    """Hours of one worker that one person is asked about."""

    id: UUID
    connection: str
    period_start: date
    period_end: date
    worker: str
    approver: str | None
    state: str
    entries: int
    entries_waiting: int
    minutes: int
    minutes_waiting: int
    submitted_at: datetime
    submitted_by: str
    submitted_as: str
    note: str | None
    age_seconds: int
    decided_at: datetime | None
    decided_by: str | None
    decided_as: str | None
    decided_for: str | None
    reason: str | None
    version: int


class ApprovalRequestPage(_Read):
    """One page; the totals are of all pages."""

    requests: list[ApprovalRequest]
    next_cursor: str | None
    total: int
    total_minutes: int


class CoveredEntry(_Read):
    """One entry's version as submitted."""

    external_id: str
    state: str
    why: str | None
    work_date: date
    minutes: int
    billable: bool
    project: str | None
    task: str | None


class MayDecide(_Read):
    """Whether the caller may decide."""

    allowed: bool
    acting_as: str | None
    on_behalf_of: str | None
    reason: str | None


class ApprovalRequestDetail(_Read):
    """A request with its entries."""

    request: ApprovalRequest
    entries: list[CoveredEntry]
    may_decide: MayDecide


class Skipped(_Read):
    """An entry that was not submitted."""

    external_id: str
    reason: str


class SubmissionResult(_Read):
    """What a submission led to."""

    requests: list[ApprovalRequest]
    submitted: int
    skipped: list[Skipped]


class BatchResult(_Read):
    """What became of one decision."""

    request_id: UUID
    status: str
    code: str | None
    detail: str | None
    request: ApprovalRequest | None


class BatchResults(_Read):
    """In the order in which they were asked."""

    results: list[BatchResult]


class Delegation(_Read):
    """Who acts in whose place."""

    id: UUID
    delegator: str
    delegate: str
    valid_from: datetime
    valid_to: datetime
    reason: str
    created_by: str
    ended_at: datetime | None
    ended_by: str | None


class DelegationList(_Read):
    """Latest first."""

    delegations: list[Delegation]
