"""Entries, their versions, and approvals as the trackers give them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from process_apis.database import Instant, Json, one_of
from process_apis.processes.time_entries.states import EntryState


class TimeEntry(SQLModel, table=True):
    """Head of one entry's lineage: its latest version and where it stands.

    `posting_due` says that the sub-ledger has not yet looked at the latest change; it is set in
    the transaction of the change and cleared in the one that acts on it.
    """

    __tablename__ = "time_entry"
    __table_args__ = (
        UniqueConstraint("connection", "external_id", name="time_entry_source"),
        one_of("state", EntryState, "time_entry_state"),
        CheckConstraint(
            "CASE state WHEN 'DRAFT' THEN approved_version IS NULL"
            " WHEN 'REOPENED' THEN approved_version IS NOT NULL"
            " WHEN 'APPROVED' THEN approved_version IS NOT NULL ELSE true END",
            name="time_entry_approved_once",
        ),
        Index("time_entry_posting_due", "id", postgresql_where=text("posting_due")),
        Index("time_entry_worker_day", "connection", "worker_external_id", "work_date"),
        Index("time_entry_approval", "connection", "approval_id"),
        Index("time_entry_newest", "updated_at", "id"),
        Index(
            "time_entry_not_submitted",
            "connection",
            "work_date",
            postgresql_where=text("state IN ('DRAFT', 'REOPENED')"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    connection: str
    external_id: str
    state: str
    version: int
    content_hash: str
    approved_version: int | None = None
    approval_id: str | None = None
    approver: dict[str, Any] | None = Field(default=None, sa_type=Json)
    approved_at: datetime | None = Field(default=None, sa_type=Instant)
    worker_external_id: str
    work_date: date
    minutes: int
    observed_at: datetime = Field(sa_type=Instant)
    revision: int | None = Field(default=None, description="The tracker's own number, if any.")
    posting_due: bool = False
    unreadable_at: datetime | None = Field(
        default=None,
        sa_type=Instant,
        description="When it was absent from a listing and could not be read either.",
    )
    carrier: dict[str, Any] = Field(sa_type=Json)
    created_at: datetime = Field(sa_type=Instant)
    updated_at: datetime = Field(sa_type=Instant)


class TimeEntryVersion(SQLModel, table=True):
    """One version, immutable. `content` is the canonical entry; its narrative is confidential."""

    __tablename__ = "time_entry_version"

    time_entry_id: UUID = Field(primary_key=True, foreign_key="time_entry.id")
    version: int = Field(primary_key=True)
    content_hash: str
    content: dict[str, Any] = Field(sa_type=Json)
    observed_at: datetime = Field(sa_type=Instant)
    origin: str


class MissingRevision(SQLModel, table=True):
    """A version that the tracker must have pushed, by its number, and that has not arrived.

    Versions are whole, so the entry itself lacks nothing; but deliveries get lost.
    """

    __tablename__ = "missing_revision"

    time_entry_id: UUID = Field(primary_key=True, foreign_key="time_entry.id")
    revision: int = Field(primary_key=True)
    connection: str
    noticed_at: datetime = Field(sa_type=Instant)


class Approval(SQLModel, table=True):
    """An approval request of the tracker, as last read."""

    __tablename__ = "approval"

    connection: str = Field(primary_key=True)
    external_id: str = Field(primary_key=True)
    worker: dict[str, Any] = Field(sa_type=Json)
    period_start: date
    period_end: date
    status: str
    approver: dict[str, Any] | None = Field(default=None, sa_type=Json)
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    entry_ids: list[str] = Field(sa_type=Json)
    content_hash: str = Field(description="Over status, decision and covered entries.")
    observed_at: datetime = Field(sa_type=Instant)


class ListedEntry(SQLModel, table=True):
    """What a listing under way has shown of a tracker; emptied before the next one.

    `content_hash` is null of what is there and cannot be told.
    """

    __tablename__ = "listed_entry"

    connection: str = Field(primary_key=True)
    external_id: str = Field(primary_key=True)
    worker_external_id: str | None = None
    week: date | None = Field(default=None, description="Its Monday.")
    content_hash: str | None = None
    approval: str | None = Field(default=None, description="Null where the entry tells none.")
    observed_at: datetime = Field(sa_type=Instant)


class WeekComparison(SQLModel, table=True):
    """The last comparison of a connection with what is held.

    `weeks` are pairs of a worker and an ISO week; `changed` and `absent` entries were read again.
    """

    __tablename__ = "week_comparison"

    connection: str = Field(primary_key=True)
    last_run_at: datetime = Field(sa_type=Instant)
    complete: bool = False
    listed: int = 0
    weeks: int = 0
    weeks_apart: int = 0
    changed: int = 0
    absent: int = 0


class SweepState(SQLModel, table=True):
    """How far the sweep of a connection has come."""

    __tablename__ = "sweep_state"

    connection: str = Field(primary_key=True)
    swept_until: datetime = Field(sa_type=Instant)
    last_run_at: datetime = Field(sa_type=Instant)
    last_found: int = 0
