"""The system tier's connections, remembered; their gates, and what was done to them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Index, Text
from sqlmodel import Field, SQLModel

from process_apis.database import Instant, Json, one_of
from process_apis.processes.connections.states import Circuit, Mode


class KnownConnection(SQLModel, table=True):
    """A connection of the system tier, as last read from it."""

    __tablename__ = "known_connection"

    name: str = Field(primary_key=True)
    connector: str
    capability: str
    legal_entities: list[str] = Field(sa_type=ARRAY(Text()))
    timezone: str = Field(default="UTC", sa_column_kwargs={"server_default": "UTC"})
    seen_at: datetime = Field(sa_type=Instant)
    hinted_at: datetime | None = Field(
        default=None, sa_type=Instant, description="When it last told that masters changed."
    )


class ConnectionGate(SQLModel, table=True):
    """Whether anything goes through a connection now: one row that all workers share.

    A connection without a row is running, with its circuit closed.
    """

    __tablename__ = "connection_gate"
    __table_args__ = (
        one_of("mode", Mode, "connection_gate_mode"),
        one_of("circuit", Circuit, "connection_gate_circuit"),
    )

    connection: str = Field(primary_key=True)
    mode: str = Field(default=Mode.RUNNING)
    mode_since: datetime | None = Field(default=None, sa_type=Instant)
    mode_by: str | None = None
    mode_reason: str | None = None
    circuit: str = Field(default=Circuit.CLOSED)
    failures: int = Field(default=0, description="Calls in a row that came to nothing.")
    failed_at: str | None = Field(default=None, description="What was tried: send, look-up.")
    failing_since: datetime | None = Field(default=None, sa_type=Instant)
    said: str | None = Field(default=None, description="Why the last one came to nothing.")
    not_before: datetime | None = Field(
        default=None, sa_type=Instant, description="Nothing is sent earlier."
    )
    probe_token: UUID | None = None
    probe_until: datetime | None = Field(default=None, sa_type=Instant)
    batch_limit: int | None = Field(
        default=None, description="Postings a call, while the connection is throttled."
    )
    used_until: datetime | None = Field(
        default=None, sa_type=Instant, description="What its rate allows is used up to then."
    )
    updated_at: datetime = Field(sa_type=Instant)


class ConnectionEvent(SQLModel, table=True):
    """What happened to a connection, and who did it. Never updated, never deleted."""

    __tablename__ = "connection_event"
    __table_args__ = (Index("connection_event_newest", "connection", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    connection: str
    what: str
    at: datetime = Field(sa_type=Instant)
    actor: str
    detail: dict[str, Any] = Field(sa_type=Json)
