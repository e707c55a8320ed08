"""A tracker that could not be told is an operator's case, beside whatever else is open."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.exceptions.recorder import open_cases as open_beside_others
from process_apis.processes.posting.findings import Finding
from process_apis.processes.posting.ports import Standing

_FACTS = text(
    """
    SELECT entry.id AS time_entry_id, entry.connection, entry.external_id AS entry_external_id,
           posting.id AS posting_id, entry.work_date, entry.minutes,
           version.content -> 'worker' ->> 'name' AS worker,
           version.content -> 'project' ->> 'name' AS project,
           version.content -> 'task' ->> 'name' AS task
    FROM posting JOIN time_entry AS entry ON entry.id = posting.time_entry_id
    JOIN time_entry_version AS version
      ON version.time_entry_id = entry.id AND version.version = entry.version
    WHERE posting.id = ANY(:ids)
    """
)


async def open_cases(transaction: AsyncConnection, why: Mapping[UUID, str], now: datetime) -> None:
    """One for each posting of which the consultant does not know. It is resolved when the ledger
    looks at the entry again: what it finds then is told anew."""
    if not why:
        return
    rows = await transaction.execute(_FACTS, {"ids": list(why)})
    standings = [
        Standing(
            **row,
            state=None,
            because="",
            finding=Finding("RC_STATUS_STALE", detail={"why": why[row["posting_id"]]}),
        )
        for row in rows.mappings()
    ]
    await open_beside_others(transaction, standings, now)
