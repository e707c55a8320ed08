"""Adds events in bulk."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_json


@dataclass(frozen=True)
class NewEvent:
    """An event to add.

    :param type: `timepost.<thing>.<what>.v1`.
    :param carrier: W3C trace headers of the work that made it.
    """

    type: str
    subject: str
    data: dict[str, Any]
    created_at: datetime
    carrier: dict[str, str] = field(default_factory=dict)


_ADD = text(
    """
    INSERT INTO outbox_event (type, subject, data, created_at, carrier)
    SELECT type, subject, data, created_at, carrier
    FROM jsonb_to_recordset(CAST(:events AS jsonb)) AS event (
        type text, subject text, data jsonb, created_at timestamptz, carrier jsonb)
    """
)


async def add(connection: AsyncConnection, events: Sequence[NewEvent]) -> None:
    """Add events within the caller's transaction: they exist if, and only if, it commits."""
    if events:
        rows = as_json(events)
        await connection.execute(_ADD, {"events": rows})
