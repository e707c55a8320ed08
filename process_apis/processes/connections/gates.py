"""The gates of connections in the database: read, tried, written under the row's lock."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, select

from process_apis.processes.connections.rules import Gate
from process_apis.processes.connections.states import CallKind, Circuit, Mode
from process_apis.processes.connections.tables import ConnectionEvent, ConnectionGate
from shared.problems import Conflict

SYSTEM = "timepost"

# For a claim's WHERE: nothing new goes through. `:now` is the claim's own.
SHUT = (
    "(gate.mode <> 'RUNNING' OR gate.circuit <> 'CLOSED'"
    " OR coalesce(gate.not_before > :now, false))"
)
# A probe is due: the wait is over, or the worker that held the last one did not come back.
PROBE_DUE = (
    "(gate.mode <> 'PAUSED' AND (gate.circuit = 'OPEN' AND gate.not_before <= :now"
    " OR gate.circuit = 'HALF_OPEN' AND gate.probe_until <= :now))"
)

# Nothing new is begun, because an operator said so.
STOPPED = "gate.mode <> 'RUNNING'"

_GATES = ConnectionGate.__table__  # type: ignore[attr-defined]
_FACTS = [column for column in _GATES.c if column.name not in ("used_until", "updated_at")]

_IS_SHUT = text(
    f"SELECT 1 FROM connection_gate AS gate WHERE gate.connection = :connection AND {SHUT}"  # noqa: S608 - our own fragment
)

_TAKE_PROBE = text(
    f"""
    UPDATE connection_gate AS gate
    SET circuit = 'HALF_OPEN', probe_token = :token, probe_until = :until, updated_at = :now
    WHERE gate.connection = :connection AND {PROBE_DUE}
    RETURNING gate.connection
    """  # noqa: S608 - our own fragment
)


async def read(transaction: AsyncConnection, name: str) -> Gate:
    """A connection's gate as it stands."""
    rows = await transaction.execute(select(*_FACTS).where(_GATES.c.connection == name))
    row = rows.mappings().first()
    return _gate(row) if row else Gate(name)


async def all_of(transaction: AsyncConnection) -> dict[str, Gate]:
    """The gates that were ever touched, by connection; all others are open."""
    rows = await transaction.execute(select(*_FACTS))
    return {row["connection"]: _gate(row) for row in rows.mappings()}


async def is_shut(transaction: AsyncConnection, name: str, now: datetime) -> bool:
    """Whether nothing new goes through a connection now."""
    row = await transaction.execute(_IS_SHUT, {"connection": name, "now": now})
    return row.first() is not None


async def require_running(transaction: AsyncConnection, name: str) -> None:
    """:raises Conflict: somebody has paused the connection, or drains it."""
    gate = await read(transaction, name)
    if gate.mode is Mode.RUNNING:
        return
    raise Conflict(
        f"The connection {name} is {gate.mode.lower()}: {gate.mode_reason}.",
        code="connection_paused",
        action=f"Resume it first: POST /v1/connections/{name}/resume.",
    )


async def take_probe(
    transaction: AsyncConnection, name: str, token: UUID, until: datetime, now: datetime
) -> bool:
    """Whether the caller is the one who tries a connection whose circuit is open.

    Whoever takes it and is killed keeps the others out no longer than ``until``.
    """
    asked = {"connection": name, "token": token, "until": until, "now": now}
    return (await transaction.execute(_TAKE_PROBE, asked)).first() is not None


async def change(
    transaction: AsyncConnection, name: str, now: datetime, step: Callable[[Gate], Gate]
) -> tuple[Gate, Gate]:
    """Take a step from the gate as it stands to another; returns both.

    The row is locked from the reading to the writing, so that of two workers that fail at the
    same time neither is forgotten.
    """
    await transaction.execute(
        insert(ConnectionGate)
        .values(connection=name, mode=Mode.RUNNING, circuit=Circuit.CLOSED, failures=0)
        .values(updated_at=now)
        .on_conflict_do_nothing()
    )
    rows = await transaction.execute(
        select(*_FACTS).where(_GATES.c.connection == name).with_for_update()
    )
    before = _gate(rows.mappings().one())
    after = step(before)
    if after != before:
        facts = {**asdict(after), "updated_at": now}
        await transaction.execute(
            _GATES.update().where(_GATES.c.connection == name).values(**facts)
        )
    return before, after


async def note(
    transaction: AsyncConnection,
    name: str,
    what: str,
    now: datetime,
    actor: str = SYSTEM,
    detail: dict[str, Any] | None = None,
) -> None:
    """Write down what happened to a connection."""
    facts = json.loads(json.dumps(detail or {}, default=str))
    await transaction.execute(
        insert(ConnectionEvent).values(
            connection=name, what=what, at=now, actor=actor, detail=facts
        )
    )


async def events(transaction: AsyncConnection, name: str, limit: int) -> list[ConnectionEvent]:
    """What happened to a connection, latest first."""
    table = ConnectionEvent.__table__  # type: ignore[attr-defined]
    rows = await transaction.execute(
        select(table)
        .where(col(ConnectionEvent.connection) == name)
        .order_by(col(ConnectionEvent.id).desc())
        .limit(limit)
    )
    return [ConnectionEvent(**row) for row in rows.mappings()]


def _gate(row: RowMapping) -> Gate:
    facts: dict[str, Any] = dict(row)
    facts["mode"] = Mode(facts["mode"])
    facts["circuit"] = Circuit(facts["circuit"])
    failed_at = facts["failed_at"]
    facts["failed_at"] = CallKind(failed_at) if failed_at else None
    return Gate(**facts)
