"""Adds events in bulk."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.outbox.tables import OutboxEvent


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


async def add(connection: AsyncConnection, events: Sequence[NewEvent]) -> None:
    """Add events within the caller's transaction: they exist if, and only if, it commits."""
    if events:
        await connection.execute(insert(OutboxEvent), [asdict(event) for event in events])
