"""What is settled, pinned, in conflict and proposed, in set-based SQL."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts, as_json
from process_apis.processes.master_data.ownership.rules import Origin, Pin, Settled

Key = tuple[UUID, str]

_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('ownership', 3))")

_SETTLED = text(
    """
    SELECT subject_id, attribute, value, origin, against, decision_id, settled_by
    FROM settled_value WHERE kind = :kind AND subject_id = ANY(:ids)
    """
)

_PINS = text(
    """
    SELECT subject_id, attribute, id, value, until, pinned_by, reason
    FROM attribute_pin
    WHERE kind = :kind AND subject_id = ANY(:ids) AND released_at IS NULL AND until > :now
    """
)

_ANY_PIN = text(
    "SELECT EXISTS (SELECT FROM attribute_pin WHERE released_at IS NULL AND until > :now)"
)

_SETTLE = text(
    """
    INSERT INTO settled_value (kind, subject_id, attribute, value, origin, against, decision_id,
        settled_by, settled_at)
    SELECT kind, subject_id, attribute, value, origin, against, decision_id, settled_by, :now
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS wanted (kind text, subject_id uuid,
        attribute text, value text, origin text, against jsonb, decision_id uuid, settled_by text)
    ON CONFLICT (kind, subject_id, attribute) DO UPDATE SET value = excluded.value,
        origin = excluded.origin, against = excluded.against,
        decision_id = excluded.decision_id, settled_by = excluded.settled_by,
        settled_at = CASE WHEN settled_value.value IS DISTINCT FROM excluded.value
            THEN excluded.settled_at ELSE settled_value.settled_at END
    """
)

_UNSETTLE = text(
    """
    DELETE FROM settled_value AS settled
    USING jsonb_to_recordset(CAST(:rows AS jsonb)) AS wanted (kind text, subject_id uuid,
        attribute text)
    WHERE settled.kind = wanted.kind AND settled.subject_id = wanted.subject_id
      AND settled.attribute = wanted.attribute
    """
)

_OPEN_CONFLICTS = text(
    """
    INSERT INTO ownership_conflict (id, kind, subject_id, connection, external_id, name, attribute,
        agreed, claims, opened_at)
    SELECT gen_random_uuid(), kind, subject_id, connection, external_id, name, attribute, agreed,
        claims, :now
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS wanted (kind text, subject_id uuid,
        connection text, external_id text, name text, attribute text, agreed text, claims jsonb)
    ON CONFLICT (kind, subject_id, attribute) WHERE resolved_at IS NULL
    DO UPDATE SET claims = excluded.claims, name = excluded.name
    """
)

_END_CONFLICTS = text(
    """
    UPDATE ownership_conflict AS open SET resolved_at = :now, resolution = wanted.resolution,
        value = wanted.value
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS wanted (kind text, subject_id uuid,
        attribute text, resolution text, value text)
    WHERE open.kind = wanted.kind AND open.subject_id = wanted.subject_id
      AND open.attribute = wanted.attribute AND open.resolved_at IS NULL
    RETURNING open.connection
    """
)

_PROPOSE = text(
    """
    INSERT INTO attribute_proposal (id, kind, subject_id, connection, external_id, name, attribute,
        source_connection, source_external_id, value, instead_of, status, proposed_at)
    SELECT gen_random_uuid(), kind, subject_id, connection, external_id, name, attribute,
        source_connection, source_external_id, value, instead_of, 'OPEN', :now
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS wanted (kind text, subject_id uuid,
        connection text, external_id text, name text, attribute text, source_connection text,
        source_external_id text, value text, instead_of text)
    """
)

# What the system that proposed says by now is another thing, or what counts is the same by now.
_CLOSE_PROPOSALS = text(
    """
    UPDATE attribute_proposal AS open SET status = wanted.status, decided_at = :now
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS wanted (kind text, subject_id uuid,
        attribute text, source_connection text, value text, status text)
    WHERE open.kind = wanted.kind AND open.subject_id = wanted.subject_id
      AND open.attribute = wanted.attribute AND open.status = 'OPEN'
      AND CASE WHEN wanted.source_connection IS NULL
          THEN open.value IS NOT DISTINCT FROM wanted.value
          ELSE open.source_connection = wanted.source_connection END
    """
)


async def alone(transaction: AsyncConnection) -> None:
    """Until this transaction ends, nobody else notes a change or decides.

    Two systems' readings that end at once would each see the other's value of before, and neither
    the conflict. Whoever also wakes postings does so after this, so that no two wait in a circle.
    """
    await transaction.execute(_ALONE)


def columns(settled: Settled) -> dict[str, Any]:
    """What is settled, as its row has it."""
    return {
        "value": settled.value,
        "origin": settled.origin,
        "against": settled.against,
        "decision_id": settled.decision,
        "settled_by": settled.by,
    }


async def settled(
    transaction: AsyncConnection, kind: str, subjects: Iterable[UUID]
) -> dict[Key, Settled]:
    """What is settled of these, by subject and attribute."""
    rows = await transaction.execute(_SETTLED, {"kind": kind, "ids": list(subjects)})
    return {
        (row["subject_id"], row["attribute"]): Settled(
            row["value"],
            Origin(row["origin"]),
            row["against"],
            row["decision_id"],
            row["settled_by"],
        )
        for row in as_dicts(rows)
    }


async def pins(
    transaction: AsyncConnection, kind: str, subjects: Iterable[UUID], now: datetime
) -> dict[Key, Pin]:
    """Pins in force of these, by subject and attribute."""
    asked = {"kind": kind, "ids": list(subjects), "now": now}
    return {
        (row["subject_id"], row["attribute"]): Pin(
            row["id"], row["value"], row["until"], row["pinned_by"], row["reason"]
        )
        for row in as_dicts(await transaction.execute(_PINS, asked))
    }


async def anything_pinned(transaction: AsyncConnection, now: datetime) -> bool:
    """Whether any pin is in force."""
    return bool((await transaction.execute(_ANY_PIN, {"now": now})).scalar_one())


async def settle(
    transaction: AsyncConnection,
    rows: Sequence[dict[str, Any]],
    over: Sequence[dict[str, Any]],
    now: datetime,
) -> None:
    """Write what is settled, and forget what is not any more."""
    if rows:
        await transaction.execute(_SETTLE, {"rows": as_json(rows), "now": now})
    if over:
        await transaction.execute(_UNSETTLE, {"rows": as_json(over)})


async def contend(
    transaction: AsyncConnection,
    rows: Sequence[dict[str, Any]],
    over: Sequence[dict[str, Any]],
    now: datetime,
) -> set[str]:
    """Open conflicts or bring them up to date, and end others; returns the ERPs they concern."""
    concerned = {row["connection"] for row in rows}
    if rows:
        await transaction.execute(_OPEN_CONFLICTS, {"rows": as_json(rows), "now": now})
    if over:
        ended = await transaction.execute(_END_CONFLICTS, {"rows": as_json(over), "now": now})
        concerned |= {row.connection for row in ended}
    return concerned


async def propose(
    transaction: AsyncConnection,
    rows: Sequence[dict[str, Any]],
    over: Sequence[dict[str, Any]],
    now: datetime,
) -> None:
    """Close proposals, and open others; a later one of a system takes the place of its earlier."""
    if over:
        await transaction.execute(_CLOSE_PROPOSALS, {"rows": as_json(over), "now": now})
    if rows:
        await transaction.execute(_PROPOSE, {"rows": as_json(rows), "now": now})
