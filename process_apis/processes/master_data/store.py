"""Master records in set-based SQL: write a page, bind it to its owner, note what vanished."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import or_, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.master_data.records import RecordKind

_IDENTITY = {"id", "owner_connection", "owner_external_id", "updated_at"}


def dependency_key(kind: str, connection: str, external_id: str) -> str:
    """What a parked posting waits for, and what a change of that record wakes."""
    return f"{kind}:{connection}:{external_id}"


def unbound_key(kind: str) -> str:
    """What a posting waits for whose reference nobody knows yet: any news of that kind."""
    return f"unbound:{kind}"


async def write_page(
    connection: AsyncConnection,
    owner: str,
    record: RecordKind,
    page: Sequence[Any],
    now: datetime,
) -> set[str]:
    """Write records of one kind; returns the dependency keys of those that really changed."""
    if not page:
        return set()
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
    table = record.table.__table__  # type: ignore[attr-defined]
    statement = insert(table).values(rows)
    facts = [name for name in rows[0] if name not in _IDENTITY]
    changed = await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["owner_connection", "owner_external_id"],
            set_={name: statement.excluded[name] for name in (*facts, "updated_at")},
            where=or_(
                *(table.c[name].is_distinct_from(statement.excluded[name]) for name in facts)
            ),
        ).returning(table.c.owner_external_id)
    )
    keys = {dependency_key(record.kind, owner, row.owner_external_id) for row in changed}
    if keys:
        await _bind_to_owner(connection, owner, record, now)
        keys.add(unbound_key(record.kind))
    return keys


async def note_vanished(
    connection: AsyncConnection,
    owner: str,
    record: RecordKind,
    seen: Collection[str],
    now: datetime,
) -> set[str]:
    """Mark what a complete read no longer showed; returns their dependency keys.

    An empty read marks nothing: it is more likely a fault than an empty company.
    """
    if not seen:
        return set()
    result = await connection.execute(
        text(
            f"UPDATE {record.table.__tablename__} SET vanished_at = :now"  # noqa: S608 - our names
            " WHERE owner_connection = :owner AND vanished_at IS NULL"
            " AND NOT (owner_external_id = ANY(:seen)) RETURNING owner_external_id"
        ),
        {"now": now, "owner": owner, "seen": list(seen)},
    )
    return {dependency_key(record.kind, owner, row.owner_external_id) for row in result}


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
