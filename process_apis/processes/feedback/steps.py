"""Delivers feedback in batches; telling the same twice changes nothing in the tracker."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from process_apis.database import Database
from process_apis.processes.feedback.tables import FeedbackItem, FeedbackState
from process_apis.processes.lineage import store as lineage
from process_apis.upstream.system_tier import SystemTier
from shared.problems import TimepostProblem
from shared.values import Clock

BATCH = 200
MAX_ATTEMPTS = 10
_MOST_WAIT = 3600

# One entry's news go out in order: a tracker that was told "posted" must not be told of an
# earlier refusal after that.
_CLAIM = text(
    """
    WITH due AS (
        SELECT id FROM feedback_item AS item
        WHERE connection = :connection AND state = 'PENDING' AND due_at <= :now
          AND (lease_until IS NULL OR lease_until <= :now)
          AND NOT EXISTS (
              SELECT 1 FROM feedback_item AS earlier
              WHERE earlier.time_entry_id = item.time_entry_id AND earlier.state = 'PENDING'
                AND earlier.id <> item.id
                AND (earlier.created_at, earlier.id) < (item.created_at, item.id))
        ORDER BY due_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE feedback_item AS item SET lease_until = :lease_until, attempts = attempts + 1
    FROM due WHERE item.id = due.id
    RETURNING item.id, item.time_entry_id, item.posting_id, item.entry_external_id,
              item.outcome, item.document, item.reason, item.attempts
    """
)


@dataclass(frozen=True)
class Messenger:
    """What telling needs."""

    database: Database
    system: SystemTier
    clock: Clock
    lease: timedelta


@dataclass(frozen=True)
class Item:
    """Feedback that this worker has leased."""

    id: UUID
    time_entry_id: UUID
    posting_id: UUID
    entry_external_id: str
    outcome: str
    document: str | None
    reason: str | None
    attempts: int


async def deliver(messenger: Messenger, connection: str) -> int:
    """Deliver one batch; returns how many items it was."""
    now = messenger.clock.now()
    async with messenger.database.transaction() as transaction:
        rows = await transaction.execute(
            _CLAIM,
            {
                "connection": connection,
                "now": now,
                "limit": BATCH,
                "lease_until": now + messenger.lease,
            },
        )
        items = [Item(**row) for row in rows.mappings()]
    if not items:
        return 0
    try:
        answer = await messenger.system.give_feedback(
            connection,
            [
                {
                    "external_id": each.entry_external_id,
                    "outcome": each.outcome,
                    "document": each.document,
                    "reason": each.reason,
                }
                for each in items
            ],
        )
        said = {result.external_id: result.status for result in answer.results}
    except TimepostProblem:
        said = {}
    async with messenger.database.transaction() as transaction:
        for each in items:
            # Whatever the answer is silent about is told again: telling twice changes nothing.
            status = said.get(each.entry_external_id, "retry")
            await _note(transaction, each, status, messenger.clock.now())
    return len(items)


async def _note(transaction: AsyncConnection, item: Item, status: str, now: datetime) -> None:
    state = {
        "delivered": FeedbackState.DELIVERED,
        "unsupported": FeedbackState.UNSUPPORTED,
        # Whatever was deleted in the meantime cannot be told anything.
        "missing": FeedbackState.UNSUPPORTED,
    }.get(status)
    if state is None and item.attempts >= MAX_ATTEMPTS:
        state = FeedbackState.FAILED
    wait = timedelta(seconds=min(5 * 2**item.attempts, _MOST_WAIT))
    await transaction.execute(
        update(FeedbackItem)
        .where(col(FeedbackItem.id) == item.id)
        .values(
            state=state or FeedbackState.PENDING,
            lease_until=None,
            due_at=now + wait,
            delivered_at=now if state is FeedbackState.DELIVERED else None,
        )
    )
    if state is not None:
        step = lineage.Step(
            item.time_entry_id,
            f"feedback {state.lower()}",
            now,
            item.posting_id,
            detail={"outcome": item.outcome},
        )
        await lineage.record(transaction, [step])
