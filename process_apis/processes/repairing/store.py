"""Repairs in the database."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import select

from process_apis.database import as_dicts, as_json
from process_apis.processes.connections import gates
from process_apis.processes.repairing.tables import MasterRepair, RepairState

_REPAIR = MasterRepair.__table__  # type: ignore[attr-defined]

_SAME = "repair.wanted = excluded.wanted AND repair.since > :contested_since"

# What was written, or had changed meanwhile, is only looked at again after another reading.
_PLAN = text(
    f"""
    INSERT INTO master_repair AS repair (id, connection, kind, external_id, attribute, name,
        owner_connection, owner_external_id, why, seen, wanted, state, writes, attempts, due_at,
        listed_at, updated_at)
    SELECT gen_random_uuid(), :connection, kind, external_id, attribute, name, owner_connection,
        owner_external_id, why, seen, wanted, 'PENDING', 0, 0, :now, :now, :now
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS line (kind text, external_id text,
        attribute text, name text, owner_connection text, owner_external_id text, why text,
        seen text, wanted text)
    ON CONFLICT (connection, kind, external_id, attribute) DO UPDATE SET
        name = excluded.name, owner_connection = excluded.owner_connection,
        owner_external_id = excluded.owner_external_id, why = excluded.why,
        seen = excluded.seen, wanted = excluded.wanted,
        state = CASE WHEN {_SAME} AND repair.writes >= :most THEN 'CONTESTED' ELSE 'PENDING' END,
        writes = CASE WHEN {_SAME} THEN repair.writes ELSE 0 END,
        since = CASE WHEN {_SAME} THEN repair.since END,
        released_at = CASE WHEN repair.wanted = excluded.wanted AND repair.state = 'PENDING'
                           THEN repair.released_at END,
        attempts = 0, message = NULL, due_at = excluded.due_at, updated_at = excluded.updated_at
    WHERE repair.wanted <> excluded.wanted OR repair.seen IS DISTINCT FROM excluded.seen
       OR repair.state = 'OVER'
       OR repair.state IN ('DONE', 'OUTDATED') AND repair.updated_at < :read_at
    """  # noqa: S608 - our own fragment
)

_LIST = text(
    """
    UPDATE master_repair AS repair SET listed_at = :now
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS line (kind text, external_id text,
        attribute text)
    WHERE repair.connection = :connection AND repair.kind = line.kind
      AND repair.external_id = line.external_id AND repair.attribute = line.attribute
    """
)

_END = text(
    """
    UPDATE master_repair SET state = 'OVER', message = NULL, updated_at = :now
    WHERE connection = :connection AND listed_at < :now AND state NOT IN ('DONE', 'OVER')
    """
)

_HOLD = text(
    """
    WITH standing AS (
        SELECT kind, attribute, count(*) AS number FROM master_repair
        WHERE connection = :connection AND state IN ('PENDING', 'HELD') AND released_at IS NULL
        GROUP BY kind, attribute
    ), judged AS (
        SELECT kind, attribute,
               number > greatest(:handful, :share * (CAST(:known AS jsonb) ->> kind)::int) AS many
        FROM standing
    )
    UPDATE master_repair AS repair
    SET state = CASE WHEN many THEN 'HELD' ELSE 'PENDING' END, due_at = :now
    FROM judged
    WHERE repair.connection = :connection AND repair.kind = judged.kind
      AND repair.attribute = judged.attribute AND repair.released_at IS NULL
      AND repair.state = CASE WHEN many THEN 'PENDING' ELSE 'HELD' END
    """
)

_CLAIM = text(
    f"""
    WITH due AS (
        SELECT id FROM master_repair AS repair
        WHERE connection = :connection AND state = 'PENDING' AND due_at <= :now
          AND (CAST(:attributes AS text[]) IS NULL OR kind || '.' || attribute = ANY(:attributes))
          AND (lease_until IS NULL OR lease_until <= :now)
          AND NOT EXISTS (SELECT 1 FROM connection_gate AS gate
                          WHERE gate.connection = :connection AND {gates.STOPPED})
        ORDER BY due_at, kind, external_id, id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE master_repair AS repair SET lease_token = :token, lease_until = :lease_until,
        attempts = attempts + 1
    FROM due WHERE repair.id = due.id
    RETURNING repair.id, repair.kind, repair.external_id, repair.attribute, repair.seen,
              repair.wanted, repair.attempts
    """  # noqa: S608 - our own fragment
)

# What owner or copy say by now is looked at next.
_SETTLE = text(
    """
    UPDATE master_repair AS repair SET
        state = CASE WHEN repair.wanted <> settled.wanted
                       OR repair.seen IS DISTINCT FROM settled.seen
                     THEN 'PENDING' ELSE settled.state END,
        writes = repair.writes + settled.written::int,
        since = CASE WHEN settled.written THEN coalesce(repair.since, :now) ELSE repair.since END,
        written_at = CASE WHEN settled.written THEN :now ELSE repair.written_at END,
        message = settled.message, due_at = settled.due_at, lease_until = NULL,
        lease_token = NULL, updated_at = :now
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS settled (id uuid, state text, seen text,
        wanted text, written boolean, message text, due_at timestamptz)
    WHERE repair.id = settled.id AND repair.lease_token = :token
    """
)

_RELEASE = text(
    """
    UPDATE master_repair SET state = 'PENDING', writes = 0, since = NULL, attempts = 0,
        message = NULL, due_at = :now, released_at = :now, released_by = :by,
        released_through = CAST(:through AS jsonb), released_reason = :reason, updated_at = :now
    WHERE connection = :connection AND state IN ('HELD', 'CONTESTED', 'REFUSED')
      AND (CAST(:id AS uuid) IS NULL OR id = :id)
      AND (CAST(:attribute AS text) IS NULL OR kind || '.' || attribute = :attribute)
    """
)

_STANDING = text(
    """
    SELECT DISTINCT ON (standing) standing, count(*) OVER (PARTITION BY standing) AS number, name,
           attribute, message
    FROM (SELECT CASE WHEN state = 'PENDING' THEN 'STUCK' ELSE state END AS standing, *
          FROM master_repair WHERE connection = :connection
            AND (state IN ('REFUSED', 'HELD', 'CONTESTED')
                 OR state = 'PENDING' AND attempts >= :patience)) AS each
    ORDER BY standing, updated_at, id
    """
)

_ABANDONED = text(
    """
    SELECT DISTINCT connection FROM master_repair
    WHERE state NOT IN ('DONE', 'OVER') AND connection <> ALL(:names) ORDER BY connection
    """
)

_COUNTS = text(
    """
    SELECT state, count(*) AS number FROM master_repair WHERE connection = :connection
    GROUP BY state ORDER BY state
    """
)


async def plan(
    transaction: AsyncConnection,
    connection: str,
    lines: Sequence[dict[str, Any]],
    now: datetime,
    read_at: datetime | None,
    contested_since: datetime,
    most: int,
) -> int:
    """Note copies that differ; how many are new, or other than before.

    :param read_at: when the last complete reading of the connection began.
    :param contested_since: what was written ``most`` times since is contested.
    """
    rows = {"connection": connection, "rows": as_json(list(lines)), "now": now}
    changed = await transaction.execute(
        _PLAN, {**rows, "read_at": read_at, "contested_since": contested_since, "most": most}
    )
    await transaction.execute(_LIST, rows)
    return changed.rowcount


async def end_unlisted(transaction: AsyncConnection, connection: str, now: datetime) -> None:
    """What was not noted at this instant differs no more."""
    await transaction.execute(_END, {"connection": connection, "now": now})


async def hold(
    transaction: AsyncConnection,
    connection: str,
    known: dict[str, int],
    share: float,
    handful: int,
    now: datetime,
) -> None:
    """Hold what is too much of the known records at once, and let go what is not any more."""
    asked = {"connection": connection, "known": as_json(known), "now": now}
    await transaction.execute(_HOLD, {**asked, "share": share, "handful": handful})


async def claim(
    transaction: AsyncConnection,
    connection: str,
    token: UUID,
    now: datetime,
    lease: timedelta,
    limit: int,
    attributes: Sequence[str] | None,
) -> list[dict[str, Any]]:
    """Some that are due; nobody else takes them before the lease is over.

    :param attributes: those that may be written by now; None: all.
    """
    asked = {"connection": connection, "token": token, "now": now, "limit": limit}
    asked |= {"lease_until": now + lease, "attributes": attributes and list(attributes)}
    return as_dicts(await transaction.execute(_CLAIM, asked))


async def settle(
    transaction: AsyncConnection, token: UUID, rows: Iterable[dict[str, Any]], now: datetime
) -> None:
    """Write what became of those that are still ours."""
    asked = {"rows": as_json(list(rows)), "token": token, "now": now}
    await transaction.execute(_SETTLE, asked)


async def release(
    transaction: AsyncConnection,
    connection: str,
    repair_id: UUID | None,
    attribute: str | None,
    who: dict[str, Any],
) -> int:
    """Let through what is held, contested or refused; how many those were."""
    asked = {"connection": connection, "id": repair_id, "attribute": attribute, **who}
    return (await transaction.execute(_RELEASE, asked)).rowcount


async def standing(
    transaction: AsyncConnection, connection: str, patience: int
) -> list[dict[str, Any]]:
    """What does not go on by itself, with one example of each."""
    asked = {"connection": connection, "patience": patience}
    return as_dicts(await transaction.execute(_STANDING, asked))


async def abandoned(transaction: AsyncConnection, names: Iterable[str]) -> list[str]:
    """Connections other than these that have repairs which are not over."""
    found = await transaction.execute(_ABANDONED, {"names": list(names)})
    return [row.connection for row in found]


async def counts(transaction: AsyncConnection, connection: str) -> dict[str, int]:
    """By state."""
    rows = await transaction.execute(_COUNTS, {"connection": connection})
    return {row.state: row.number for row in rows}


async def page(
    transaction: AsyncConnection,
    connection: str,
    state: RepairState | None,
    after: UUID | None,
    limit: int,
) -> list[dict[str, Any]]:
    """By id."""
    listed = select(_REPAIR).where(_REPAIR.c.connection == connection)
    listed = listed.order_by(_REPAIR.c.id).limit(limit)
    if state is not None:
        listed = listed.where(_REPAIR.c.state == state)
    if after is not None:
        listed = listed.where(_REPAIR.c.id > after)
    return as_dicts(await transaction.execute(listed))


async def find(transaction: AsyncConnection, repair_id: UUID) -> dict[str, Any] | None:
    rows = await transaction.execute(select(_REPAIR).where(_REPAIR.c.id == repair_id))
    found = as_dicts(rows)
    return found[0] if found else None
