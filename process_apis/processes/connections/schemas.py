"""Wire contract of `connections` v1: what is connected, and whether anything goes through."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from process_apis.processes.connections.rules import Gate
from process_apis.processes.connections.states import Circuit, Mode
from process_apis.processes.connections.tables import ConnectionEvent
from process_apis.texts import Storable
from process_apis.upstream.connections import Capability, Connection


class Flow(BaseModel):
    """Whether anything goes through a connection, and if not, why."""

    mode: Mode = Field(
        description="What an operator wants. `PAUSED`: webhooks are committed, and nothing is "
        "sent to it or read from it. `DRAINING`: nothing new is begun; it is `PAUSED` as soon as "
        "what is on its way has come through."
    )
    mode_since: datetime | None = Field(description="Null: it has run ever since.")
    mode_by: str | None = Field(description="Who wanted it.")
    mode_reason: str | None
    circuit: Circuit = Field(
        description="What Timepost found out. `OPEN`: it does not work, and nothing is sent until "
        "`next_try_at`. `HALF_OPEN`: one worker tries it at this moment."
    )
    failing_since: datetime | None
    said: str | None = Field(description="Why the last call came to nothing.")
    next_try_at: datetime | None = Field(description="Nothing is sent earlier.")

    @classmethod
    def of(cls, gate: Gate) -> "Flow":
        """As the contract has it."""
        return cls(
            mode=gate.mode,
            mode_since=gate.mode_since,
            mode_by=gate.mode_by,
            mode_reason=gate.mode_reason,
            circuit=gate.circuit,
            failing_since=gate.failing_since,
            said=gate.said,
            next_try_at=gate.not_before,
        )


class ConnectionView(BaseModel):
    """One connection, as last read from the system tier."""

    name: str
    connector: str
    capability: Capability
    legal_entities: list[str]
    flow: Flow

    @classmethod
    def of(cls, connection: Connection, gate: Gate) -> "ConnectionView":
        """As the contract has it."""
        return cls(**connection.model_dump(), flow=Flow.of(gate))


class ConnectionList(BaseModel):
    """Connections as last read from the system tier."""

    connections: list[ConnectionView]


class ConnectionStep(BaseModel):
    """What happened to a connection."""

    at: datetime
    what: str = Field(examples=["paused"])
    actor: str = Field(examples=["user:ivan"])
    detail: dict[str, Any]

    @classmethod
    def of(cls, event: ConnectionEvent) -> "ConnectionStep":
        """As the contract has it."""
        return cls(at=event.at, what=event.what, actor=event.actor, detail=event.detail)


class ConnectionDetail(BaseModel):
    """One connection with its history."""

    connection: ConnectionView
    history: list[ConnectionStep] = Field(description="The last hundred steps, latest first.")


class Switch(BaseModel):
    """Why a connection is paused, drained or resumed: it stands in its history."""

    model_config = ConfigDict(extra="forbid")

    reason: Storable = Field(min_length=1, max_length=500, examples=["ERP upgrade until noon"])
