"""Cases and what people write on them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, Index, Text, text
from sqlmodel import Field, SQLModel

from process_apis.database import Instant, Json, one_of
from process_apis.processes.exceptions.schemas import (
    CaseState,
    ConfirmedOutcome,
    OwnerRole,
    Severity,
)


class ExceptionCase(SQLModel, table=True):
    """Something a person must act on; at most one open case per entry and code.

    A case without an entry is about a connection as a whole; of these there is at most one open
    per connection and code.
    """

    __tablename__ = "exception_case"
    __table_args__ = (
        one_of("state", CaseState, "exception_case_state"),
        one_of("severity", Severity, "exception_case_severity"),
        one_of("owner", OwnerRole, "exception_case_owner"),
        Index(
            "exception_case_one_open",
            "time_entry_id",
            "code",
            unique=True,
            postgresql_where=text("resolved_at IS NULL"),
        ),
        Index(
            "exception_case_one_of_connection",
            "connection",
            "code",
            unique=True,
            postgresql_where=text("time_entry_id IS NULL AND resolved_at IS NULL"),
        ),
        Index(
            "exception_case_waiting",
            "opened_at",
            postgresql_where=text(
                "resolved_at IS NULL AND escalated_at IS NULL AND state = 'WAITING'"
            ),
        ),
        Index("exception_case_newest", "opened_at", "id"),
        Index("exception_case_fingerprint", "fingerprint"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    code: str
    severity: str
    owner: str
    state: str
    sentence: str
    action: str
    assignee: str | None = None
    connection: str
    entry_external_id: str | None = None
    time_entry_id: UUID | None = None
    posting_id: UUID | None = None
    worker: str | None = None
    project: str | None = None
    task: str | None = None
    work_date: date | None = None
    minutes: int | None = None
    affected: int | None = Field(default=None, description="Postings, if a connection is away.")
    waiting_for: list[str] = Field(default_factory=list, sa_type=ARRAY(Text()))
    fingerprint: str
    opened_at: datetime = Field(sa_type=Instant)
    updated_at: datetime = Field(sa_type=Instant)
    escalated_at: datetime | None = Field(default=None, sa_type=Instant)
    resolved_at: datetime | None = Field(default=None, sa_type=Instant)
    resolution: str | None = None
    waiver: dict[str, Any] | None = Field(
        default=None, sa_type=Json, description="Who asked to accept it as it is, and why."
    )
    version: int = 1


class CaseComment(SQLModel, table=True):
    """A comment; `idempotency_key` makes sending it twice harmless."""

    __tablename__ = "case_comment"
    __table_args__ = (
        Index(
            "case_comment_once",
            "case_id",
            "idempotency_key",
            unique=True,
            postgresql_where=text("idempotency_key IS NOT NULL"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID = Field(foreign_key="exception_case.id", index=True)
    author: str
    text: str
    idempotency_key: str | None = None
    at: datetime = Field(sa_type=Instant)


class CaseConfirmation(SQLModel, table=True):
    """What a person found out in the ERP, and how they know. Rows are only ever added."""

    __tablename__ = "case_confirmation"
    __table_args__ = (
        one_of("outcome", ConfirmedOutcome, "case_confirmation_outcome"),
        Index(
            "case_confirmation_once",
            "case_id",
            "idempotency_key",
            unique=True,
            postgresql_where=text("idempotency_key IS NOT NULL"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID = Field(foreign_key="exception_case.id", index=True)
    posting_id: UUID
    outcome: str
    line: dict[str, Any] | None = Field(default=None, sa_type=Json)
    evidence: str
    confirmed_by: str
    through: list[str] = Field(sa_type=ARRAY(Text()), description="Clients that acted for them.")
    idempotency_key: str | None = None
    posting_state: str
    at: datetime = Field(sa_type=Instant)
