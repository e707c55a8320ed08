"""Master records in set-based SQL: take over what a reading changes, a batch at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts
from process_apis.processes.master_data import changes
from process_apis.processes.master_data.code_drift import detecting
from process_apis.processes.master_data.code_drift.rules import Facts
from process_apis.processes.master_data.keys import keys_of
from process_apis.processes.master_data.record_kind import IDENTITY, RecordKind

BATCH = 1000

# Before and after.
Change = tuple[Facts, Facts]

# Dependency key -> what happened to what it names, in words.
News = dict[str, str]

_DUE = text(
    """
    SELECT id, external_id, change FROM master_data_change
    WHERE run_id = :run AND kind = :kind AND applied_at IS NULL AND change <> 'refused'
    ORDER BY id LIMIT :limit
    """
)

_KINDS_DUE = text(
    """
    SELECT DISTINCT kind FROM master_data_change
    WHERE run_id = :run AND applied_at IS NULL AND change <> 'refused'
    """
)

_APPLIED = text("UPDATE master_data_change SET applied_at = :now WHERE id = ANY(:ids)")

_KNOWN = "SELECT * FROM {table} WHERE owner_connection = :owner AND owner_external_id = ANY(:ids)"

_WRITE = """
    INSERT INTO {table} (id, owner_connection, owner_external_id, updated_at, {names})
    SELECT gen_random_uuid(), :owner, staged.external_id, :now, {values}
    FROM master_data_staged AS staged
    CROSS JOIN LATERAL jsonb_populate_record(CAST(NULL AS {table}), staged.facts) AS listed
    WHERE staged.run_id = :run AND staged.kind = :kind AND staged.external_id = ANY(:ids)
    ON CONFLICT (owner_connection, owner_external_id) DO UPDATE SET
        updated_at = excluded.updated_at, {updates}
    RETURNING *
"""

_BIND = """
    INSERT INTO binding (id, connection, kind, external_id, canonical_id, origin,
                         created_at, created_by)
    SELECT gen_random_uuid(), owner_connection, :kind, owner_external_id, id, 'owner',
           :now, 'timepost'
    FROM {table} WHERE owner_connection = :owner AND owner_external_id = ANY(:ids)
    ON CONFLICT DO NOTHING
"""

_VANISH = """
    UPDATE {table} SET vanished_at = :now
    WHERE owner_connection = :owner AND owner_external_id = ANY(:ids) AND vanished_at IS NULL
    RETURNING *
"""


@dataclass(frozen=True)
class Taken:
    """A batch that was taken over; what follows from it belongs into the same transaction.

    :param drifted: codes are not what they were, or are again.
    :param changed: records that were known, before and after.
    """

    lines: int
    news: News
    drifted: bool
    changed: list[Change]


async def kinds_due(connection: AsyncConnection, run: UUID) -> set[str]:
    """Kinds of which a run's diff has lines that are not taken over yet."""
    return {row.kind for row in await connection.execute(_KINDS_DUE, {"run": run})}


async def analyze(connection: AsyncConnection, record: RecordKind) -> None:
    """Tell the planner what was taken over: the next comparison comes before it would notice."""
    await connection.execute(text(f"ANALYZE {record.table.__tablename__}"))


async def take_over(
    connection: AsyncConnection, run: UUID, owner: str, record: RecordKind, now: datetime
) -> Taken:
    """Take over the next lines of a run's diff; none are left when `lines` is 0."""
    asked = {"run": run, "kind": record.kind, "limit": BATCH}
    due = (await connection.execute(_DUE, asked)).all()
    written = [each.external_id for each in due if each.change != "vanished"]
    gone = [each.external_id for each in due if each.change == "vanished"]
    news: News = {}
    drifted = False
    changed: list[Change] = []
    if written:
        pairs = await _write(connection, run, owner, record, written, now)
        drifted = await detecting.notice(connection, record.kind, owner, pairs, now)
        for before, after in pairs:
            _add(news, record, owner, before, after, now)
        changed = [(before, after) for before, after in pairs if before is not None]
    if gone:
        rows = await _vanish(connection, owner, record, gone, now)
        drifted |= await detecting.notice_deleted(connection, record.kind, owner, rows, now)
        for row in rows:
            _add_vanished(news, record, owner, row, now)
    await connection.execute(_APPLIED, {"ids": [each.id for each in due], "now": now})
    return Taken(len(due), news, drifted, changed)


async def _write(
    connection: AsyncConnection,
    run: UUID,
    owner: str,
    record: RecordKind,
    ids: Sequence[str],
    now: datetime,
) -> list[tuple[Facts | None, Facts]]:
    """Each record as it was, if it was known, and as it is."""
    table = record.table.__tablename__
    asked = {"owner": owner, "ids": ids}
    before = as_dicts(await connection.execute(text(_KNOWN.format(table=table)), asked))
    known = {row["owner_external_id"]: row for row in before}
    names = _facts(record)
    statement = _WRITE.format(
        table=table,
        names=", ".join(names),
        values=", ".join(f"listed.{name}" for name in names),
        updates=", ".join(f"{name} = excluded.{name}" for name in names),
    )
    dated = {**asked, "kind": record.kind, "now": now}
    written = as_dicts(await connection.execute(text(statement), {**dated, "run": run}))
    if record.capability == "erp":
        await connection.execute(text(_BIND.format(table=table)), dated)
    return [(known.get(row["owner_external_id"]), row) for row in written]


async def _vanish(
    connection: AsyncConnection, owner: str, record: RecordKind, ids: Sequence[str], now: datetime
) -> list[Facts]:
    statement = text(_VANISH.format(table=record.table.__tablename__))
    result = await connection.execute(statement, {"now": now, "owner": owner, "ids": ids})
    return list(as_dicts(result))


def _add_vanished(news: News, record: RecordKind, owner: str, row: Facts, now: datetime) -> None:
    words = changes.vanished(record.kind, owner, row, now)
    for key in keys_of(record.kind, owner, row["owner_external_id"], row):
        news[key] = words


def _facts(record: RecordKind) -> list[str]:
    table = record.table.__table__  # type: ignore[attr-defined]
    return [column.name for column in table.columns if column.name not in IDENTITY]


def _add(
    news: News,
    record: RecordKind,
    owner: str,
    before: Facts | None,
    after: Facts,
    now: datetime,
) -> None:
    if before is None:
        words = changes.appeared(record.kind, owner, after, now)
    else:
        words = changes.changed(record.kind, owner, before, after, now)
    named = (after,) if before is None else (before, after)
    for key in keys_of(record.kind, owner, after["owner_external_id"], *named):
        news[key] = words
