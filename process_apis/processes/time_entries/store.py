"""Entries in set-based SQL: lock heads, write what changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts, as_json
from process_apis.processes.time_entries.rules import Head
from process_apis.processes.time_entries.states import EntryState


@dataclass(frozen=True)
class StoredHead:
    """An entry's head with its identity."""

    id: UUID
    external_id: str
    head: Head


@dataclass(frozen=True)
class HeadChange:
    """A head to write, with the content to append if it is a new version."""

    id: UUID
    external_id: str
    head: Head
    content: dict[str, Any] | None
    origin: str
    carrier: Mapping[str, str]
    posting_due: bool


_LOCK = text(
    """
    SELECT id, external_id, state, version, content_hash, observed_at, worker_external_id,
           work_date, minutes, approved_version, approval_id, approver, approved_at, revision
    FROM time_entry WHERE connection = :connection AND external_id = ANY(:ids)
    ORDER BY id FOR UPDATE
    """
)

_WRITE_HEADS = text(
    """
    INSERT INTO time_entry (id, connection, external_id, state, version, content_hash,
        approved_version, approval_id, approver, approved_at, worker_external_id, work_date,
        minutes, observed_at, revision, posting_due, carrier, created_at, updated_at)
    SELECT id, :connection, external_id, state, version, content_hash, approved_version,
        approval_id, NULLIF(approver, 'null'::jsonb), approved_at, worker_external_id, work_date,
        minutes, observed_at, revision, posting_due, carrier, :now, :now
    FROM jsonb_to_recordset(CAST(:heads AS jsonb)) AS head (
        id uuid, external_id text, state text, version int, content_hash text,
        approved_version int, approval_id text, approver jsonb, approved_at timestamptz,
        worker_external_id text, work_date date, minutes int, observed_at timestamptz,
        revision int, posting_due boolean, carrier jsonb)
    ON CONFLICT (id) DO UPDATE SET
        state = excluded.state, version = excluded.version,
        content_hash = excluded.content_hash, approved_version = excluded.approved_version,
        approval_id = excluded.approval_id, approver = excluded.approver,
        approved_at = excluded.approved_at, worker_external_id = excluded.worker_external_id,
        work_date = excluded.work_date, minutes = excluded.minutes,
        observed_at = excluded.observed_at, revision = excluded.revision,
        carrier = CASE WHEN excluded.posting_due OR NOT time_entry.posting_due
                       THEN excluded.carrier ELSE time_entry.carrier END,
        posting_due = time_entry.posting_due OR excluded.posting_due,
        updated_at = excluded.updated_at
    """
)

_APPEND_VERSIONS = text(
    """
    INSERT INTO time_entry_version (time_entry_id, version, content_hash, content,
                                    observed_at, origin)
    SELECT id, version, content_hash, content, observed_at, origin
    FROM jsonb_to_recordset(CAST(:versions AS jsonb)) AS version (
        id uuid, version int, content_hash text, content jsonb, observed_at timestamptz,
        origin text)
    """
)

# A number that jumps far is no reason to write as many rows.
_NOTE_MISSING = text(
    """
    INSERT INTO missing_revision (time_entry_id, revision, connection, noticed_at)
    SELECT time_entry_id, generate_series(first, LEAST(last, first + 99)), :connection, :now
    FROM jsonb_to_recordset(CAST(:gaps AS jsonb)) AS gap (
        time_entry_id uuid, first int, last int)
    ON CONFLICT DO NOTHING
    """
)

_FORGET_MISSING = text(
    """
    DELETE FROM missing_revision AS missing
    USING jsonb_to_recordset(CAST(:arrived AS jsonb)) AS late (time_entry_id uuid, revision int)
    WHERE missing.time_entry_id = late.time_entry_id AND missing.revision = late.revision
    """
)

_MARK_UNREADABLE = text(
    "UPDATE time_entry SET unreadable_at = :now"
    " WHERE connection = :connection AND external_id = ANY(:ids)"
)

_MARK_DUE = text("UPDATE time_entry SET posting_due = true WHERE id = ANY(:ids)")


async def lock_heads(
    connection: AsyncConnection, name: str, external_ids: Iterable[str]
) -> dict[str, StoredHead]:
    """Heads by external id, locked until the transaction ends.

    In the order of their ids, as the sub-ledger locks them: any other order would let the two
    wait for one another.
    """
    rows = await connection.execute(_LOCK, {"connection": name, "ids": sorted(set(external_ids))})
    return {row["external_id"]: _stored(row) for row in as_dicts(rows)}


async def write(
    connection: AsyncConnection, name: str, changes: Sequence[HeadChange], now: datetime
) -> None:
    """Write heads and append versions.

    :raises sqlalchemy.exc.IntegrityError: a new entry was inserted by someone else at the same
        moment; the caller's transaction is void and its work is found again.
    """
    if not changes:
        return
    final = {change.id: change for change in changes}
    heads = as_json([_head_row(change) for change in final.values()])
    await connection.execute(_WRITE_HEADS, {"connection": name, "heads": heads, "now": now})
    versions = [
        {
            "id": change.id,
            "version": change.head.version,
            "content_hash": change.head.content_hash,
            "content": change.content,
            "observed_at": change.head.observed_at,
            "origin": change.origin,
        }
        for change in changes
        if change.content is not None
    ]
    if versions:
        rows = as_json(versions)
        await connection.execute(_APPEND_VERSIONS, {"versions": rows})


@dataclass(frozen=True)
class Gap:
    """Numbers of versions that were passed over, both ends included."""

    time_entry_id: UUID
    first: int
    last: int


async def note_missing(
    connection: AsyncConnection, name: str, gaps: Sequence[Gap], now: datetime
) -> None:
    """Remember what was pushed and has not arrived."""
    if gaps:
        asked = {"connection": name, "gaps": as_json(gaps), "now": now}
        await connection.execute(_NOTE_MISSING, asked)


async def forget_missing(connection: AsyncConnection, arrived: Sequence[tuple[UUID, int]]) -> None:
    """These came late, and changed nothing any more."""
    if arrived:
        rows = [{"time_entry_id": each, "revision": number} for each, number in arrived]
        await connection.execute(_FORGET_MISSING, {"arrived": as_json(rows)})


async def mark_unreadable(
    connection: AsyncConnection, name: str, external_ids: Sequence[str], now: datetime
) -> None:
    """Note that the tracker neither shows nor denies these."""
    asked = {"connection": name, "ids": list(external_ids), "now": now}
    await connection.execute(_MARK_UNREADABLE, asked)


async def mark_posting_due(connection: AsyncConnection, ids: Sequence[UUID]) -> None:
    """Have the sub-ledger look at these entries again."""
    if ids:
        await connection.execute(_MARK_DUE, {"ids": list(ids)})


def _stored(facts: dict[str, Any]) -> StoredHead:
    facts["state"] = EntryState(facts["state"])
    return StoredHead(facts.pop("id"), facts.pop("external_id"), Head(**facts))


def _head_row(change: HeadChange) -> dict[str, Any]:
    head = change.head
    return {
        "id": change.id,
        "external_id": change.external_id,
        "state": head.state,
        "version": head.version,
        "content_hash": head.content_hash,
        "approved_version": head.approved_version,
        "approval_id": head.approval_id,
        "approver": head.approver,
        "approved_at": head.approved_at,
        "worker_external_id": head.worker_external_id,
        "work_date": head.work_date,
        "minutes": head.minutes,
        "observed_at": head.observed_at,
        "revision": head.revision,
        "posting_due": change.posting_due,
        "carrier": dict(change.carrier),
    }
