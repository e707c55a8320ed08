"""Approval requests, the versions that they cover, delegations, and what policies said."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from process_apis.database import Instant, Json, one_of


class RequestState(StrEnum):
    """`VOID`: every entry was changed or deleted before anybody decided."""

    SUBMITTED = "SUBMITTED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    VOID = "VOID"


class CoverState(StrEnum):
    """What became of one version under a request."""

    WAITING = "WAITING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    VOID = "VOID"


class ApprovalRequest(SQLModel, table=True):
    """Hours of one worker that one person is asked about. Decided once, never again.

    :param worker_emails: every address by which the worker is known; none of them decides.
    :param approver: address of the person who is responsible; null if only a controller is left.
    :param decided_for: address of the person in whose place a delegate decided.
    """

    __tablename__ = "approval_request"
    __table_args__ = (
        one_of("state", RequestState, "approval_request_state"),
        Index("approval_request_newest", "submitted_at", "id"),
        Index(
            "approval_request_to_decide",
            "approver",
            "submitted_at",
            postgresql_where=text("state = 'SUBMITTED'"),
        ),
        Index("approval_request_worker", "connection", "worker_external_id", "period_start"),
        Index("approval_request_emails", "worker_emails", postgresql_using="gin"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    connection: str
    worker_external_id: str
    worker_name: str
    worker_emails: list[str] = Field(sa_type=Json)
    scope: str
    period_start: date
    period_end: date
    minutes: int
    approver: str | None = None
    state: str = Field(default=RequestState.SUBMITTED)
    submitted_at: datetime = Field(sa_type=Instant)
    submitted_by: str
    submitter_email: str | None = None
    submitted_as: str
    note: str | None = None
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    decided_by: str | None = None
    decider_email: str | None = None
    decided_as: str | None = None
    decided_for: str | None = None
    delegation_id: UUID | None = None
    reason: str | None = None
    carrier: dict[str, Any] = Field(sa_type=Json)
    version: int = 1


class ApprovalCover(SQLModel, table=True):
    """One entry's version as submitted. An entry waits under one request at most."""

    __tablename__ = "approval_cover"
    __table_args__ = (
        one_of("state", CoverState, "approval_cover_state"),
        Index("approval_cover_entry", "time_entry_id"),
        Index(
            "approval_cover_waiting",
            "time_entry_id",
            unique=True,
            postgresql_where=text("state = 'WAITING'"),
        ),
    )

    request_id: UUID = Field(primary_key=True, foreign_key="approval_request.id")
    time_entry_id: UUID = Field(primary_key=True)
    external_id: str
    version: int
    minutes: int
    work_date: date
    state: str = Field(default=CoverState.WAITING)
    why: str | None = None


class ApprovalDelegation(SQLModel, table=True):
    """Who lets whom act, when and why. Ended by setting `ended_at`, never deleted."""

    __tablename__ = "approval_delegation"
    __table_args__ = (
        CheckConstraint("delegator <> delegate", name="approval_delegation_two_people"),
        CheckConstraint("valid_from < valid_to", name="approval_delegation_span"),
        Index(
            "approval_delegation_once",
            "delegator",
            "delegate",
            "valid_from",
            "valid_to",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("approval_delegation_delegate", "delegate"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    delegator: str
    delegate: str
    valid_from: datetime = Field(sa_type=Instant)
    valid_to: datetime = Field(sa_type=Instant)
    reason: str
    created_at: datetime = Field(sa_type=Instant)
    created_by: str
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_by: str | None = None


class PolicyVerdict(SQLModel, table=True):
    """What the policies said of an entry's version when they last looked.

    :param policy: which one approved it; null if it waits for a person, and `reasons` say why.
    """

    __tablename__ = "approval_policy_verdict"

    time_entry_id: UUID = Field(primary_key=True)
    version: int
    policy: str | None = None
    reasons: list[str] = Field(sa_type=Json)
    looked_at: datetime = Field(sa_type=Instant)
