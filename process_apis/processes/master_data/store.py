"""Master records in set-based SQL: write a page, bind it to its owner, note what vanished."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import or_, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts
from process_apis.processes.master_data import changes
from process_apis.processes.master_data.keys import keys_of
from process_apis.processes.master_data.records import RecordKind

_IDENTITY = {"id", "owner_connection", "owner_external_id", "updated_at"}

# Dependency key -> what happened to what it names, in words.
News = dict[str, str]


async def write_page(
    connection: AsyncConnection,
    owner: str,
    record: RecordKind,
    page: Sequence[Any],
    now: datetime,
) -> tuple[int, News]:
    """Write records of one kind; returns how many really changed, and the news of these."""
    if not page:
        return 0, {}
    rows = [
        {
            "id": uuid4(),
            "owner_connection": owner,
            "owner_external_id": each.external_id,
            "updated_at": now,
            "vanished_at": None,
            **record.columns(each),
        }
        for each in page
    ]
    known = await _known(connection, owner, record, [each.external_id for each in page])
    table = record.table.__table__  # type: ignore[attr-defined]
    statement = insert(table).values(rows)
    facts = [name for name in rows[0] if name not in _IDENTITY]
    written = await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["owner_connection", "owner_external_id"],
            set_={name: statement.excluded[name] for name in (*facts, "updated_at")},
            where=or_(
                *(table.c[name].is_distinct_from(statement.excluded[name]) for name in facts)
            ),
        ).returning(table.c.owner_external_id)
    )
    changed = {row.owner_external_id for row in written}
    if changed:
        await _bind_to_owner(connection, owner, record, now)
    news: News = {}
    for row in rows:
        external_id = row["owner_external_id"]
        if external_id in changed:
            _add(news, record, owner, known.get(external_id), row, now)
    return len(changed), news


async def note_vanished(
    connection: AsyncConnection,
    owner: str,
    record: RecordKind,
    seen: Collection[str],
    now: datetime,
) -> tuple[int, News]:
    """Mark what a complete read no longer showed; returns how many that was, and the news of it.

    An empty read marks nothing: it is more likely a fault than an empty company.
    """
    if not seen:
        return 0, {}
    result = await connection.execute(
        text(
            f"UPDATE {record.table.__tablename__} SET vanished_at = :now"  # noqa: S608 - our names
            " WHERE owner_connection = :owner AND vanished_at IS NULL"
            " AND NOT (owner_external_id = ANY(:seen)) RETURNING *"
        ),
        {"now": now, "owner": owner, "seen": list(seen)},
    )
    news: News = {}
    gone = as_dicts(result)
    for row in gone:
        words = changes.vanished(record.kind, owner, row, now)
        for key in keys_of(record.kind, owner, row["owner_external_id"], row):
            news[key] = words
    return len(gone), news


def _add(
    news: News,
    record: RecordKind,
    owner: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
    now: datetime,
) -> None:
    if before is None:
        words = changes.appeared(record.kind, owner, after, now)
    else:
        words = changes.changed(record.kind, owner, before, after, now)
    named = (after,) if before is None else (before, after)
    for key in keys_of(record.kind, owner, after["owner_external_id"], *named):
        news[key] = words


async def _known(
    connection: AsyncConnection, owner: str, record: RecordKind, ids: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """The records as they were before."""
    table = record.table.__table__  # type: ignore[attr-defined]
    rows = await connection.execute(
        table.select().where(table.c.owner_connection == owner, table.c.owner_external_id.in_(ids))
    )
    return {row["owner_external_id"]: row for row in as_dicts(rows)}


async def _bind_to_owner(
    connection: AsyncConnection, owner: str, record: RecordKind, now: datetime
) -> None:
    await connection.execute(
        text(
            f"""
            INSERT INTO binding (id, connection, kind, external_id, canonical_id, origin,
                                 created_at, created_by)
            SELECT gen_random_uuid(), owner_connection, :kind, owner_external_id, id, 'owner',
                   :now, 'timepost'
            FROM {record.table.__tablename__} WHERE owner_connection = :owner
            ON CONFLICT DO NOTHING
            """  # noqa: S608 - our own table names
        ),
        {"kind": record.kind, "owner": owner, "now": now},
    )
