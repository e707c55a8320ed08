"""Makes a database look as if it had been used for long: copies of what was posted, years back."""

from typing import Any

import psycopg
from psycopg import sql

Database = psycopg.Connection[Any]

# Each posted entry of the benchmark becomes many, with ids, keys and days of their own.
_TEMPLATES = """
    CREATE TEMP TABLE history AS
    SELECT gen_random_uuid() AS entry_id, gen_random_uuid() AS posting_id,
           entry.id AS from_entry, entry.external_id, posting.id AS from_posting, copy
    FROM posting JOIN time_entry AS entry ON entry.id = posting.time_entry_id
    CROSS JOIN generate_series(1, {copies}) AS copy
    WHERE posting.state = 'POSTED' LIMIT {count}
"""

# Table -> what is not copied as it stands; `source` is the row, `history` the copy it becomes.
_OWN: dict[str, dict[str, str]] = {
    "time_entry": {
        "id": "history.entry_id",
        "external_id": "source.external_id || '-old-' || history.copy",
        "work_date": "source.work_date - 365 - (history.copy % 300)::int",
    },
    "time_entry_version": {"time_entry_id": "history.entry_id"},
    "posting": {
        "id": "history.posting_id",
        "time_entry_id": "history.entry_id",
        "posting_key": "encode(sha256((source.posting_key || history.copy)::bytea), 'hex')",
        "work_date": "source.work_date - 365 - (history.copy % 300)::int",
    },
    "lineage_event": {"time_entry_id": "history.entry_id", "posting_id": "history.posting_id"},
    "feedback_item": {
        "id": "gen_random_uuid()",
        "time_entry_id": "history.entry_id",
        "posting_id": "history.posting_id",
    },
    "outbox_event": {"subject": "history.posting_id::text"},
    "inbox_event": {
        "subject": "source.subject || '-old-' || history.copy",
        "delivery_id": "source.delivery_id || '-old-' || history.copy",
        "content_key": "source.content_key || '-old-' || history.copy",
    },
}

_JOINS = {
    "time_entry": "source.id = history.from_entry",
    "time_entry_version": "source.time_entry_id = history.from_entry",
    "posting": "source.id = history.from_posting",
    "lineage_event": "source.time_entry_id = history.from_entry",
    "feedback_item": "source.posting_id = history.from_posting",
    "outbox_event": "source.subject = history.from_posting::text",
    "inbox_event": "source.subject = history.external_id",
}


def add_history(database: Database, count: int) -> None:
    """Add ``count`` old postings with all that belongs to them.

    :raises ValueError: nothing has been posted yet, so there is nothing to copy.
    """
    posted = _number(database, "SELECT count(*) FROM posting WHERE state = 'POSTED'")
    if not posted:
        raise ValueError("post some entries first: history is made from them")
    copies = -(-count // posted)
    with database.transaction():
        made = sql.SQL(_TEMPLATES).format(copies=sql.Literal(copies), count=sql.Literal(count))
        database.execute(made)
        for table, own in _OWN.items():
            _copy(database, table, own)
            print(f"  {table}", flush=True)
        database.execute("DROP TABLE history")
    database.execute("VACUUM ANALYZE")


def _copy(database: Database, table: str, own: dict[str, str]) -> None:
    names = [
        row[0]
        for row in database.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
            " AND NOT (column_name = 'id' AND data_type = 'bigint')",
            (table,),
        )
    ]
    values = [
        sql.SQL(own[name]) if name in own else sql.Identifier("source", name) for name in names
    ]
    database.execute(
        sql.SQL(
            "INSERT INTO {table} ({names}) SELECT {values}"
            " FROM history JOIN {table} AS source ON {join}"
        ).format(
            table=sql.Identifier(table),
            names=sql.SQL(", ").join(map(sql.Identifier, names)),
            values=sql.SQL(", ").join(values),
            join=sql.SQL(_JOINS[table]),
        )
    )


def _number(database: Database, question: str) -> int:
    row = database.execute(question).fetchone()
    return int(row[0]) if row else 0
