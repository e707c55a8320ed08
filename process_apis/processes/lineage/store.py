"""Writes steps in bulk, reads them by entry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_json

SYSTEM = "timepost"


@dataclass(frozen=True)
class Step:
    """A step to record.

    :param actor: `timepost`, `policy:<id>`, `tracker:<connection>` or `user:<subject>`.
    """

    time_entry_id: UUID
    what: str
    at: datetime
    posting_id: UUID | None = None
    actor: str = SYSTEM
    detail: dict[str, Any] = field(default_factory=dict)
    trace_id: str | None = None


def trace_id_of(carrier: Mapping[str, str]) -> str | None:
    """The trace id in W3C headers, or None where there is no trace."""
    parts = carrier.get("traceparent", "").split("-")
    return parts[1] if len(parts) == 4 else None


_RECORD = text(
    """
    INSERT INTO lineage_event (time_entry_id, what, at, posting_id, actor, detail, trace_id)
    SELECT time_entry_id, what, at, posting_id, actor, detail, trace_id
    FROM jsonb_to_recordset(CAST(:steps AS jsonb)) AS step (
        time_entry_id uuid, what text, at timestamptz, posting_id uuid, actor text, detail jsonb,
        trace_id text)
    """
)


async def record(connection: AsyncConnection, steps: Sequence[Step]) -> None:
    """Append steps, in order, within the caller's transaction: one statement for all."""
    if steps:
        rows = as_json(steps)
        await connection.execute(_RECORD, {"steps": rows})


_OF_ENTRY = text(
    "SELECT time_entry_id, what, at, posting_id, actor, detail, trace_id FROM lineage_event"
    " WHERE time_entry_id = :id ORDER BY id"
)


async def of_entry(connection: AsyncConnection, time_entry_id: UUID) -> list[Step]:
    """All steps of one entry, oldest first."""
    rows = await connection.execute(_OF_ENTRY, {"id": time_entry_id})
    return [Step(**row) for row in rows.mappings()]
