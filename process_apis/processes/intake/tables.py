"""Inbox, quarantine, and the counters of what was not worth a row."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from process_apis.database import Instant, Json, one_of


class EventKind(StrEnum):
    """What an inbox row is about."""

    ENTRY = "ENTRY"
    APPROVAL = "APPROVAL"


class InboxStatus(StrEnum):
    """`PENDING` waits for a worker, `CLAIMED` is leased by one, `DONE` had its effect."""

    PENDING = "PENDING"
    CLAIMED = "CLAIMED"
    DONE = "DONE"


class InboxEvent(SQLModel, table=True):
    """A hint that something changed; the thing itself is read again (unless `payload` has it).

    Deliveries with an id of the platform's are unique for ever. Deliveries without one are
    recognised by content, and only while an equal one still waits unclaimed: an equal hint after
    that may announce a change back to an earlier value, and dropping it would lose the change.
    """

    __tablename__ = "inbox_event"
    __table_args__ = (
        one_of("kind", EventKind, "inbox_event_kind"),
        one_of("status", InboxStatus, "inbox_event_status"),
        Index(
            "inbox_event_delivery",
            "connection",
            "delivery_id",
            unique=True,
            postgresql_where=text("delivery_id IS NOT NULL"),
        ),
        Index(
            "inbox_event_waiting_content",
            "connection",
            "content_key",
            unique=True,
            postgresql_where=text("status = 'PENDING' AND delivery_id IS NULL"),
        ),
        # Rows come in the order of their instants, so that this finds hours at next to no cost.
        Index("inbox_event_received", "received_at", postgresql_using="brin"),
        Index(
            "inbox_event_due",
            "connection",
            "kind",
            "id",
            postgresql_where=text("status IN ('PENDING', 'CLAIMED')"),
        ),
        # Its condition is worded otherwise than the one above, so that each question has one
        # index only: after a quiet night PostgreSQL knows of no waiting rows, and would walk
        # through all of a morning's backlog for each of them.
        Index(
            "inbox_event_subject",
            "connection",
            "kind",
            "subject",
            postgresql_where=text("status <> 'DONE'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    connection: str
    kind: str
    subject: str
    delivery_id: str | None = None
    content_key: str
    origin: str = Field(description="webhook, upload, sweep, …")
    payload: dict[str, Any] | None = Field(default=None, sa_type=Json)
    carrier: dict[str, Any] = Field(sa_type=Json)
    status: str = Field(default=InboxStatus.PENDING)
    attempts: int = 0
    due_at: datetime = Field(sa_type=Instant)
    lease_until: datetime | None = Field(default=None, sa_type=Instant)
    received_at: datetime = Field(sa_type=Instant)
    done_at: datetime | None = Field(default=None, sa_type=Instant)


class QuarantineStatus(StrEnum):
    """`HELD` until somebody replays it."""

    HELD = "HELD"
    REPLAYED = "REPLAYED"


class QuarantinedDelivery(SQLModel, table=True):
    """A delivery that proved its sender but could not be read. Kept whole, shown never."""

    __tablename__ = "quarantined_delivery"
    __table_args__ = (
        one_of("status", QuarantineStatus, "quarantined_delivery_status"),
        Index("quarantined_delivery_content", "connection", "content_key", unique=True),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    connection: str
    content_key: str
    headers: dict[str, Any] = Field(sa_type=Json)
    body: bytes
    reason: str
    status: str = Field(default=QuarantineStatus.HELD)
    received_at: datetime = Field(sa_type=Instant)
    replayed_at: datetime | None = Field(default=None, sa_type=Instant)
    replayed_by: str | None = None


class IntakeCount(SQLModel, table=True):
    """How often something arrived that needed no row of its own."""

    __tablename__ = "intake_count"

    connection: str = Field(primary_key=True)
    reason: str = Field(primary_key=True, description="duplicate, stale, unchanged, master_hint")
    total: int
