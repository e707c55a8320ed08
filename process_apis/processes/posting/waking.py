"""Wakes what waits: by dependency key, by a person, and by the timer."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import Database
from process_apis.processes.lineage import store as lineage
from process_apis.processes.master_data.store import dependency_key
from process_apis.processes.posting.states import PostingState
from process_apis.processes.time_entries import store as entries
from shared.values import Clock

# Should an event that wakes be lost, this is how long a posting sleeps at most. What the ERP
# itself refused although our copy of its masters has nothing against it is sent again, so that
# one sleeps longer.
LONGEST_SLEEP = timedelta(minutes=10)
LONGEST_SLEEP_AFTER_REFUSAL = timedelta(hours=1)

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
        SELECT id FROM posting WHERE state = 'PARKED'
          AND updated_at <= CASE WHEN erp_error IS NULL
                                 THEN CAST(:before AS timestamptz)
                                 ELSE CAST(:refused_before AS timestamptz) END
        ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED
    )
    UPDATE posting SET state = 'RECEIVED', due_at = :now, updated_at = :now
    FROM waiting WHERE posting.id = waiting.id
    RETURNING posting.id
    """
)

# A person takes it up: it may be tried as often as at first. That it was tried stays known.
ANEW = "attempts_before = posting.attempts_before + posting.attempts, attempts = 0"

_WAKE_ONE = text(
    f"""
    UPDATE posting SET state = CASE WHEN state = 'READY' THEN 'READY' ELSE 'RECEIVED' END,
        {ANEW}, due_at = :now, updated_at = :now
    WHERE id = :id AND state IN ('PARKED', 'BLOCKED', 'DEAD_LETTER', 'RECEIVED', 'READY')
    RETURNING id, time_entry_id, state
    """  # noqa: S608 - our own column names
)


def day_key(tracker: str, worker: str, day: date) -> str:
    """What waits for another entry of that person's day."""
    return dependency_key("day", tracker, f"{worker}/{day.isoformat()}")


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
    """Judge again what has slept for long."""
    now = clock.now()
    async with database.transaction() as transaction:
        rows = await transaction.execute(
            _WAKE_SLEEPERS,
            {
                "before": now - LONGEST_SLEEP,
                "refused_before": now - LONGEST_SLEEP_AFTER_REFUSAL,
                "now": now,
            },
        )
        return len(rows.all())


async def wake_one(
    transaction: AsyncConnection,
    posting_id: UUID,
    actor: str,
    through: Sequence[str],
    now: datetime,
) -> PostingState | None:
    """Judge one posting again because a person asked; None if its state does not allow it.

    ``through`` are the clients that acted for the person, nearest first.
    """
    row = (await transaction.execute(_WAKE_ONE, {"id": posting_id, "now": now})).first()
    if row is None:
        return None
    # Should a newer version have waited for this one, the ledger takes that one instead.
    await entries.mark_posting_due(transaction, [row.time_entry_id])
    detail = {"through": list(through)}
    step = lineage.Step(row.time_entry_id, "retry asked for", now, row.id, actor, detail)
    await lineage.record(transaction, [step])
    return PostingState(row.state)
