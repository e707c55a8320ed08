"""When a connection's copies are compared, and with what."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_json
from process_apis.upstream.connections import Capability

# Decisions of stewards make no reading; that often they are looked for, too.
EVERY = timedelta(minutes=15)
_AGAIN = timedelta(minutes=1)

# Whose records stand where.
_TABLES: dict[Capability, dict[str, str]] = {
    "erp": {"worker": "worker", "client": "client"},
    "hcm": {"worker": "employee"},
    "directory": {"worker": "directory_user"},
    "crm": {"client": "account"},
}

# Owners' readings count as well as the copies' own.
_DUE = text(
    """
    SELECT name FROM known_connection LEFT JOIN repair_plan AS plan ON plan.connection = name
    WHERE name = ANY(:names)
      AND (plan.tried_at IS NULL OR plan.tried_at <= plan.planned_at OR plan.tried_at < :again)
      AND (plan.planned_at IS NULL OR plan.planned_at < :stale OR EXISTS (
          SELECT FROM master_data_run AS run WHERE run.status = 'DONE' AND NOT run.dry_run
            AND run.finished_at >= plan.planned_at))
    ORDER BY name
    """
)

# The row is locked until this transaction ends: one comparison at a time.
_TRY = text(
    """
    INSERT INTO repair_plan (connection, tried_at) VALUES (:connection, :now)
    ON CONFLICT (connection) DO UPDATE SET tried_at = excluded.tried_at
    """
)

_PLANNED = text(
    """
    UPDATE repair_plan SET planned_at = tried_at, writable = CAST(:writable AS jsonb),
        lacking = CAST(:lacking AS jsonb)
    WHERE connection = :connection
    """
)

_ABLE = text("SELECT writable, lacking FROM repair_plan WHERE connection = :connection")

_READ_AT = text(
    """
    SELECT max(started_at) FROM master_data_run
    WHERE connection = :connection AND status = 'DONE' AND NOT dry_run
    """
)

_PROPOSED = text(
    """
    SELECT kind, subject_id, attribute FROM attribute_proposal
    WHERE source_connection = :connection AND status = 'OPEN'
    """
)


async def due(transaction: AsyncConnection, names: Iterable[str], now: datetime) -> list[str]:
    """Connections whose copies are to be compared: something was read since, or long ago."""
    asked = {"names": sorted(names), "again": now - _AGAIN, "stale": now - EVERY}
    return [row.name for row in await transaction.execute(_DUE, asked)]


async def note_try(transaction: AsyncConnection, connection: str, now: datetime) -> None:
    """Whoever fails from here on is not tried again at once."""
    await transaction.execute(_TRY, {"connection": connection, "now": now})


async def note_planned(
    transaction: AsyncConnection, connection: str, writable: Sequence[str], lacking: Sequence[str]
) -> None:
    """With what the connection can write, and what of the configuration it cannot."""
    able = {"writable": as_json(writable), "lacking": as_json(lacking)}
    await transaction.execute(_PLANNED, {"connection": connection, **able})


async def able(transaction: AsyncConnection, connection: str) -> tuple[list[str], list[str]]:
    """What it could write at the last comparison, and what of the configuration it could not."""
    row = (await transaction.execute(_ABLE, {"connection": connection})).first()
    return (row.writable, row.lacking) if row else ([], [])


async def read_at(transaction: AsyncConnection, connection: str) -> datetime | None:
    """When the last reading that was taken over began."""
    at: Any = (await transaction.execute(_READ_AT, {"connection": connection})).scalar_one()
    return at if isinstance(at, datetime) else None


async def proposed(transaction: AsyncConnection, connection: str) -> set[tuple[Any, ...]]:
    """Kind, record of the ERP and attribute of what this system proposed and nobody decided on."""
    rows = await transaction.execute(_PROPOSED, {"connection": connection})
    return {(row.kind, row.subject_id, row.attribute) for row in rows}


async def known(
    transaction: AsyncConnection, capability: Capability, connection: str
) -> dict[str, int]:
    """How many records of each kind the connection has."""
    numbers = {}
    for kind, table in _TABLES[capability].items():
        counted = text(
            f"SELECT count(*) FROM {table}"  # noqa: S608 - one of ours
            " WHERE owner_connection = :connection AND vanished_at IS NULL"
        )
        found = await transaction.execute(counted, {"connection": connection})
        numbers[kind] = int(found.scalar_one())
    return numbers
