"""Wakes what waits: by dependency key, by a person, and by the timer."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import Database
from process_apis.processes.lineage import store as lineage
from process_apis.processes.posting.states import PostingState
from shared.values import Clock

# Should an event that wakes be lost, this is how long a posting sleeps at most.
LONGEST_SLEEP = timedelta(minutes=10)

_WAKE = text(
    """
    WITH waiting AS (
        SELECT id FROM posting WHERE state = 'PARKED' AND waiting_for && CAST(:keys AS text[])
        ORDER BY id FOR UPDATE
    )
    UPDATE posting SET state = 'RECEIVED', due_at = :now, updated_at = :now
    FROM waiting WHERE posting.id = waiting.id
    RETURNING posting.id, posting.time_entry_id
    """
)

_WAKE_SLEEPERS = text(
    """
    WITH waiting AS (
        SELECT id FROM posting WHERE state = 'PARKED' AND updated_at <= :before
        ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED
    )
    UPDATE posting SET state = 'RECEIVED', due_at = :now, updated_at = :now
    FROM waiting WHERE posting.id = waiting.id
    RETURNING posting.id
    """
)

_WAKE_ONE = text(
    """
    UPDATE posting SET state = CASE WHEN state = 'READY' THEN 'READY' ELSE 'RECEIVED' END,
        due_at = :now, updated_at = :now
    WHERE id = :id AND state IN ('PARKED', 'BLOCKED', 'DEAD_LETTER', 'RECEIVED', 'READY')
    RETURNING id, time_entry_id, state
    """
)


async def wake(
    transaction: AsyncConnection, keys: Collection[str], reason: str, now: datetime
) -> int:
    """Have postings that wait for one of these keys judged again; says why in their lineage."""
    if not keys:
        return 0
    rows = (await transaction.execute(_WAKE, {"keys": sorted(keys), "now": now})).all()
    steps = [
        lineage.Step(row.time_entry_id, "woken", now, row.id, detail={"reason": reason})
        for row in rows
    ]
    await lineage.record(transaction, steps)
    return len(rows)


async def wake_sleepers(database: Database, clock: Clock) -> int:
    """Judge again what has slept for long; our own tables are asked, never the ERP."""
    now = clock.now()
    async with database.transaction() as transaction:
        rows = await transaction.execute(
            _WAKE_SLEEPERS, {"before": now - LONGEST_SLEEP, "now": now}
        )
        return len(rows.all())


async def wake_one(
    transaction: AsyncConnection, posting_id: UUID, actor: str, now: datetime
) -> PostingState | None:
    """Judge one posting again because a person asked; None if its state does not allow it."""
    row = (await transaction.execute(_WAKE_ONE, {"id": posting_id, "now": now})).first()
    if row is None:
        return None
    step = lineage.Step(row.time_entry_id, "retry asked for", now, row.id, actor=actor)
    await lineage.record(transaction, [step])
    return PostingState(row.state)
