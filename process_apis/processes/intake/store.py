"""The inbox in set-based SQL: commit arrivals, claim by subject, finish."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts, as_json
from process_apis.processes.connections import gates
from process_apis.processes.intake.tables import EventKind


@dataclass(frozen=True)
class Arrival:
    """A hint on its way into the inbox.

    :param payload: the entry, where it was pushed; a model is written as its JSON form.
    """

    connection: str
    kind: EventKind
    subject: str
    content_key: str
    origin: str
    delivery_id: str | None = None
    payload: BaseModel | dict[str, Any] | None = None
    carrier: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Claimed:
    """A hint that this worker has leased."""

    id: int
    subject: str
    origin: str
    payload: dict[str, Any] | None
    carrier: dict[str, str]
    attempts: int
    received_at: datetime


# Ordered: two batches with the same deliveries wait for each other's rows, and would deadlock if
# one met them in the opposite order.
# Ids are given in the order of the arrivals, before they are sorted for locking: several versions
# of one entry in a batch are applied by id.
_COMMIT = text(
    """
    INSERT INTO inbox_event (id, connection, kind, subject, delivery_id, content_key, origin,
                             payload, carrier, status, attempts, due_at, received_at)
    SELECT id, connection, kind, subject, delivery_id, content_key, origin,
           NULLIF(payload, 'null'::jsonb), carrier, 'PENDING', 0, :now, :now
    FROM (SELECT nextval('inbox_event_id_seq') AS id, arrival.*
          FROM jsonb_to_recordset(CAST(:arrivals AS jsonb)) AS arrival (
              connection text, kind text, subject text, delivery_id text, content_key text,
              origin text, payload jsonb, carrier jsonb)) AS in_their_order
    ORDER BY connection, content_key, delivery_id
    ON CONFLICT DO NOTHING
    RETURNING connection
    """
)

_COUNT = text(
    """
    INSERT INTO intake_count (connection, reason, total) VALUES (:connection, :reason, :total)
    ON CONFLICT (connection, reason) DO UPDATE SET total = intake_count.total + excluded.total
    """
)

# Claims of one connection go one after another: two workers must not lease two hints about the
# same subject and read it in an order that nobody knows.
_ONE_CLAIM_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 1))")

_CLAIM = text(
    f"""
    WITH busy AS MATERIALIZED (
        SELECT subject FROM inbox_event
        WHERE connection = :connection AND kind = :kind
          AND status = 'CLAIMED' AND lease_until > :now
    ), first_in AS MATERIALIZED (
        SELECT subject FROM inbox_event
        WHERE connection = :connection AND kind = :kind AND status IN ('PENDING', 'CLAIMED')
          AND due_at <= :now AND (status = 'PENDING' OR lease_until <= :now)
          AND subject <> ALL (ARRAY(SELECT subject FROM busy))
          AND NOT EXISTS (SELECT 1 FROM connection_gate AS gate
                          WHERE gate.connection = :connection AND {gates.STOPPED})
        ORDER BY id LIMIT :limit
    )
    UPDATE inbox_event AS event
    SET status = 'CLAIMED', lease_until = :lease_until, attempts = attempts + 1
    WHERE event.connection = :connection AND event.kind = :kind AND event.status <> 'DONE'
      AND event.subject = ANY (ARRAY(SELECT subject FROM first_in))
    RETURNING event.id, event.subject, event.origin, event.payload, event.carrier,
              event.attempts, event.received_at
    """  # noqa: S608 - our own fragment
)

_FINISH = text(
    "UPDATE inbox_event SET status = 'DONE', done_at = :now, lease_until = NULL, payload = NULL"
    " WHERE id = ANY(:ids)"
)

_POSTPONE = text(
    "UPDATE inbox_event SET lease_until = :until WHERE id = ANY(:ids) AND status = 'CLAIMED'"
)

_CONNECTIONS_DUE = text(
    f"""
    SELECT DISTINCT connection, kind FROM inbox_event
    WHERE status IN ('PENDING', 'CLAIMED') AND due_at <= :now
      AND (status = 'PENDING' OR lease_until <= :now)
      AND NOT EXISTS (SELECT 1 FROM connection_gate AS gate
                      WHERE gate.connection = inbox_event.connection AND {gates.STOPPED})
    """  # noqa: S608 - our own fragment
)


async def commit_arrivals(
    connection: AsyncConnection, arrivals: Sequence[Arrival], now: datetime
) -> int:
    """Add hints in one statement; returns how many were new. The others are counted."""
    if not arrivals:
        return 0
    rows = as_json(arrivals)
    result = await connection.execute(_COMMIT, {"arrivals": rows, "now": now})
    new = [row.connection for row in result]
    for name in sorted({arrival.connection for arrival in arrivals}):
        sent = sum(arrival.connection == name for arrival in arrivals)
        await count(connection, name, "duplicate", sent - new.count(name))
    return len(new)


async def count(connection: AsyncConnection, name: str, reason: str, total: int) -> None:
    """Add to the counter of what arrived but needed no row."""
    if total:
        await connection.execute(_COUNT, {"connection": name, "reason": reason, "total": total})


async def claim(
    connection: AsyncConnection,
    name: str,
    kind: EventKind,
    limit: int,
    now: datetime,
    lease: timedelta,
) -> list[Claimed]:
    """Lease all waiting hints about up to ``limit`` hints' subjects, oldest first."""
    await connection.execute(_ONE_CLAIM_AT_A_TIME, {"name": f"inbox:{name}:{kind}"})
    rows = await connection.execute(
        _CLAIM,
        {
            "connection": name,
            "kind": kind,
            "limit": limit,
            "now": now,
            "lease_until": now + lease,
        },
    )
    return sorted((Claimed(**row) for row in as_dicts(rows)), key=lambda claimed: claimed.id)


async def finish(connection: AsyncConnection, ids: Sequence[int], now: datetime) -> None:
    """Hints had their effect; what they carried lives on in the versions."""
    if ids:
        await connection.execute(_FINISH, {"ids": list(ids), "now": now})


async def postpone(connection: AsyncConnection, ids: Sequence[int], until: datetime) -> None:
    """Try these again at ``until``: the platform did not answer."""
    await connection.execute(_POSTPONE, {"ids": list(ids), "until": until})


async def connections_due(connection: AsyncConnection, now: datetime) -> list[tuple[str, str]]:
    """Connections and kinds with hints to work on: how a lost wake-up is found again."""
    rows = await connection.execute(_CONNECTIONS_DUE, {"now": now})
    return [(row.connection, row.kind) for row in rows]
