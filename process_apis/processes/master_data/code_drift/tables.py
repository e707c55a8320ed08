"""Drifts of codes, what records were called before, and what took the place of others."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from process_apis.database import Instant, Json, one_of
from process_apis.processes.master_data.code_drift.rules import CALLED, SUCCEEDED, Drift


class DriftState(StrEnum):
    """`OVER`: it went by itself, say because the record came back."""

    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    OVER = "OVER"


class CodeDrift(SQLModel, table=True):
    """One record whose code, or whose place, is not what it was."""

    __tablename__ = "code_drift"
    __table_args__ = (
        one_of("kind", CALLED, "code_drift_kind"),
        one_of("drift", Drift, "code_drift_drift"),
        one_of("state", DriftState, "code_drift_state"),
        Index(
            "code_drift_open",
            "record_id",
            "drift",
            "attribute",
            unique=True,
            postgresql_where=text("state = 'OPEN'"),
        ),
        Index("code_drift_newest", "detected_at", "id"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    connection: str
    kind: str
    record_id: UUID
    drift: str
    attribute: str
    before: str | None = None
    after: str | None = None
    other_id: UUID | None = Field(default=None, description="Whose code it was.")
    effective_from: date = Field(description="The day on which it was noticed, in UTC.")
    detected_at: datetime = Field(sa_type=Instant)
    state: str
    settled_at: datetime | None = Field(default=None, sa_type=Instant)
    settled_by: str | None = None
    reason: str | None = None


class CodeSuccession(SQLModel, table=True):
    """What a steward said came in the place of a record, from a day of work on."""

    __tablename__ = "code_succession"
    __table_args__ = (
        one_of("kind", SUCCEEDED, "code_succession_kind"),
        CheckConstraint("(into_id IS NULL) <> (by_task IS NULL)", name="code_succession_one_way"),
        Index(
            "code_succession_current",
            "record_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    connection: str
    kind: str
    record_id: UUID
    from_date: date
    into_id: UUID | None = None
    by_task: dict[str, Any] | None = Field(
        default=None, sa_type=Json, description="Of a split: what a task is called -> record."
    )
    reason: str
    decided_at: datetime = Field(sa_type=Instant)
    decided_by: str
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_by: str | None = None


class CodeAlias(SQLModel, table=True):
    """What a record was called before, and is still found by."""

    __tablename__ = "code_alias"
    __table_args__ = (
        one_of("kind", CALLED, "code_alias_kind"),
        Index(
            "code_alias_current",
            "record_id",
            "code_key",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("code_alias_key", "connection", "kind", "code_key"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    connection: str
    kind: str
    record_id: UUID
    attribute: str
    code: str
    code_key: str
    valid_from: date = Field(description="Since when it is an alias.")
    disputed: bool = Field(description="Another record is called so now: a steward has to say.")
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
