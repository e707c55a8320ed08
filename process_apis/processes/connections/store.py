"""Remembers connections, and gives them back."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, select

from process_apis.processes.connections.tables import KnownConnection
from process_apis.upstream.connections import Capability, Connection
from shared.problems import NotFound

_KNOWN = KnownConnection.__table__  # type: ignore[attr-defined]


async def write(connection: AsyncConnection, known: Sequence[Connection], now: datetime) -> None:
    """Remember these; whatever the system tier no longer has is forgotten."""
    for each in known:
        values = {
            "connector": each.connector,
            "capability": each.capability,
            "legal_entities": each.legal_entities,
            "timezone": each.timezone,
            "seen_at": now,
        }
        await connection.execute(
            insert(KnownConnection)
            .values(name=each.name, **values)
            .on_conflict_do_update(index_elements=["name"], set_=values)
        )
    await connection.execute(
        delete(KnownConnection).where(
            col(KnownConnection.name).not_in([each.name for each in known])
        )
    )


async def note_hint(connection: AsyncConnection, name: str, now: datetime) -> None:
    """Its system has told that masters changed; of one that is not known yet all is read anyway."""
    await connection.execute(
        update(KnownConnection).where(col(KnownConnection.name) == name).values(hinted_at=now)
    )


async def known(connection: AsyncConnection) -> list[Connection]:
    """All connections, by name."""
    rows = await connection.execute(select(_KNOWN).order_by(_KNOWN.c.name))
    return [Connection.model_validate(dict(row)) for row in rows.mappings()]


async def learned_at(connection: AsyncConnection) -> datetime | None:
    """When the system tier last told them; None before the first time."""
    at = await connection.execute(select(func.max(col(KnownConnection.seen_at))))
    return at.scalar_one()


async def find(connection: AsyncConnection, name: str) -> Connection:
    """The connection of that name, whatever it can do.

    :raises NotFound: there is none.
    """
    for each in await known(connection):
        if each.name == name:
            return each
    raise NotFound(
        f"There is no connection {name!r}.",
        code="unknown_connection",
        action="GET /v1/connections lists those that there are.",
    )


async def require_any(
    connection: AsyncConnection, name: str, capabilities: Collection[Capability]
) -> Connection:
    """The connection of that name.

    :raises NotFound: there is none, or it is of another capability.
    """
    found = await find(connection, name)
    if found.capability in capabilities:
        return found
    raise NotFound(
        f"There is no connection {name!r} of one of {', '.join(sorted(capabilities))}.",
        code="unknown_connection",
        action="GET /v1/connections lists those that there are.",
    )


async def require(connection: AsyncConnection, name: str, capability: Capability) -> Connection:
    """The connection of that name.

    :raises NotFound: there is none, or it is of another capability.
    """
    for each in await known(connection):
        if each.name == name and each.capability == capability:
            return each
    raise NotFound(
        f"There is no {capability} connection {name!r}.",
        code="unknown_connection",
        action="GET /v1/connections lists those that there are.",
    )
