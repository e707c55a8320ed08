"""Wakes what waits: by dependency key, by a person, and by the timer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import Database
from process_apis.doorbell import Stage
from process_apis.processes.lineage import store as lineage
from process_apis.processes.master_data.keys import dependency_key
from process_apis.processes.posting.lanes import Lane
from process_apis.processes.posting.remapping import judge_ready_again
from process_apis.processes.posting.states import PostingKind, PostingState
from process_apis.processes.posting.transitions import Actor, Event, sources
from process_apis.processes.time_entries import store as entries
from shared.values import Clock

# Should an event that wakes be lost, this is how long a posting sleeps at most: judging it anew
# asks nobody. What the ERP itself refused, although our copy of its masters has nothing against
# it, is sent again by that. So such a one sleeps ever longer, up to a day, and after the last of
# these tries until there is news, or a person asks: nothing is polled for ever.
LONGEST_SLEEP = timedelta(minutes=10)
FIRST_SLEEP_AFTER_REFUSAL = timedelta(hours=1)
TRIES_AFTER_REFUSAL = 6

# Those that came first stand first in line again: the microseconds keep their order.
_WAKE = text(
    """
    WITH news AS (
        SELECT key, value AS words FROM jsonb_each_text(CAST(:news AS jsonb))
    ), locked AS (
        SELECT id, created_at, waiting_for FROM posting
        WHERE state = 'PARKED' AND waiting_for && CAST(:keys AS text[]) ORDER BY id FOR UPDATE
    ), waiting AS (
        SELECT id, row_number() OVER (ORDER BY created_at DESC, id DESC) AS behind,
               (SELECT string_agg(DISTINCT words, '; ' ORDER BY words) FROM news
                WHERE key = ANY(waiting_for)) AS words
        FROM locked
    )
    UPDATE posting SET state = 'RECEIVED', woken_by = waiting.words, updated_at = :now,
        due_at = CAST(:now AS timestamptz) - waiting.behind * interval '1 microsecond'
    FROM waiting WHERE posting.id = waiting.id
    RETURNING posting.id, posting.time_entry_id, posting.woken_by
    """
)

_WAKE_SLEEPERS = text(
    """
    WITH waiting AS (
        SELECT id FROM posting WHERE state = 'PARKED' AND operation <> 'none'
          AND (erp_error IS NULL AND updated_at <= CAST(:now AS timestamptz) - :longest
               OR erp_error IS NOT NULL AND attempts < :tries
                  AND updated_at <= CAST(:now AS timestamptz)
                      - least(:first * power(2, greatest(attempts - 1, 0)), interval '1 day'))
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
        {ANEW}, lane = {Lane.NORMAL.value}, due_at = :now, updated_at = :now
    WHERE id = :id AND state IN ('PARKED', 'BLOCKED', 'DEAD_LETTER', 'RECEIVED', 'READY')
    RETURNING id, time_entry_id, state, kind, target_connection
    """  # noqa: S608 - our own column names
)

# Somebody may have mended the line in the ERP: what stands there is compared once more.
_LOOK_AGAIN = text(
    """
    UPDATE posting SET state = 'IN_DOUBT', lookups = 0, due_at = :now, lease_token = NULL,
        updated_at = :now
    WHERE id = :id AND state = ANY(:sources)
    RETURNING id, time_entry_id, state, kind, target_connection
    """
)


@dataclass(frozen=True)
class Woken:
    """One posting that a person had taken up.

    :param stage: what works on it next, at its target.
    """

    state: PostingState
    stage: Stage
    target: str | None


def lineage_key(time_entry_id: UUID) -> str:
    """What waits for the outcome of another posting of the same entry."""
    return f"lineage:{time_entry_id}"


def day_key(tracker: str, worker: str, day: date) -> str:
    """What waits for another entry of that person's day."""
    return dependency_key("day", tracker, f"{worker}/{day.isoformat()}")


async def wake(transaction: AsyncConnection, news: Mapping[str, str], now: datetime) -> int:
    """Have postings judged again that wait for one of these keys, in the order they came in.

    What happened, in the words that come with the key, stands in their lineage, and in their
    case if it is resolved by that.
    """
    if not news:
        return 0
    await judge_ready_again(transaction, news, now)
    asked = {"keys": sorted(news), "news": json.dumps(news), "now": now}
    rows = (await transaction.execute(_WAKE, asked)).all()
    steps = [
        lineage.Step(row.time_entry_id, "woken", now, row.id, detail={"reason": row.woken_by})
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
                "longest": LONGEST_SLEEP,
                "first": FIRST_SLEEP_AFTER_REFUSAL,
                "tries": TRIES_AFTER_REFUSAL,
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
) -> Woken | None:
    """Judge one posting again because a person asked; None if its state does not allow it.

    One that stands otherwise than it was sent is looked up again. ``through`` are the clients
    that acted for the person, nearest first.
    """
    asked = {"id": posting_id, "now": now}
    row = (await transaction.execute(_WAKE_ONE, asked)).first()
    stage = Stage.CORRECT if row and row.kind == PostingKind.REVERSAL else Stage.SEND
    if row is None:
        look = {**asked, "sources": sources(Event.LOOKED_AT_AGAIN, Actor.FINANCE)}
        row, stage = (await transaction.execute(_LOOK_AGAIN, look)).first(), Stage.LOOK_UP
    if row is None:
        return None
    # Should a newer version have waited for this one, the ledger takes that one instead.
    await entries.mark_posting_due(transaction, [row.time_entry_id])
    detail = {"through": list(through)}
    step = lineage.Step(row.time_entry_id, "retry asked for", now, row.id, actor, detail)
    await lineage.record(transaction, [step])
    return Woken(PostingState(row.state), stage, row.target_connection)
