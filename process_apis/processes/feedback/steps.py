"""Delivers feedback in batches; telling the same twice changes nothing in the tracker."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import Database, as_json
from process_apis.processes.connections import gates
from process_apis.processes.feedback import echoes
from process_apis.processes.feedback import untold as untold_cases
from process_apis.processes.feedback.tables import FeedbackState
from process_apis.processes.lineage import store as lineage
from process_apis.upstream.system_tier import SystemTier
from shared.problems import TimepostProblem
from shared.stop_points import StopPoint, reached
from shared.values import Clock

BATCH = 200
MAX_ATTEMPTS = 10
_MOST_WAIT = 3600
_UNTOLD = {
    FeedbackState.FAILED: f"it did not take it {MAX_ATTEMPTS} times",
    FeedbackState.WITHHELD: "each telling changed the entry there, and so made another one to tell",
}

# One entry's news go out in order: a tracker that was told "posted" must not be told of an
# earlier refusal after that.
_CLAIM = text(
    f"""
    WITH due AS (
        SELECT id FROM feedback_item AS item
        WHERE connection = :connection AND state = 'PENDING' AND due_at <= :now
          AND (lease_until IS NULL OR lease_until <= :now)
          AND NOT EXISTS (SELECT 1 FROM connection_gate AS gate
                          WHERE gate.connection = :connection AND {gates.STOPPED})
          AND NOT EXISTS (
              SELECT 1 FROM feedback_item AS earlier
              WHERE earlier.time_entry_id = item.time_entry_id AND earlier.state = 'PENDING'
                AND earlier.id <> item.id
                AND (earlier.created_at, earlier.id) < (item.created_at, item.id))
        ORDER BY due_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE feedback_item AS item SET lease_until = :lease_until, attempts = attempts + 1,
        told_at = :now
    FROM due WHERE item.id = due.id
    RETURNING item.id, item.time_entry_id, item.posting_id, item.entry_external_id,
              item.outcome, item.document, item.reason, item.attempts
    """  # noqa: S608 - our own fragment
)


_SETTLE = text(
    """
    UPDATE feedback_item AS item SET state = settled.state, lease_until = NULL,
        due_at = settled.due_at,
        delivered_at = CASE WHEN settled.state = 'DELIVERED' THEN CAST(:now AS timestamptz) END
    FROM jsonb_to_recordset(CAST(:items AS jsonb)) AS settled (
        id uuid, state text, due_at timestamptz)
    WHERE item.id = settled.id
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
        looping = await echoes.in_a_loop(transaction, {each.time_entry_id for each in items}, now)
    if not items:
        return 0
    reached(StopPoint.FEEDBACK_CLAIMED)
    quiet = [each for each in items if each.time_entry_id not in looping]
    answers = await _tell(messenger, connection, quiet)
    reached(StopPoint.FEEDBACK_TOLD)
    # Whatever the answer is silent about is told again: telling twice changes nothing.
    told = [
        (each, "looping" if each.time_entry_id in looping else answers.get(each.entry_external_id))
        for each in items
    ]
    async with messenger.database.transaction() as transaction:
        await _note(transaction, told, messenger.clock.now())
    return len(items)


async def _tell(messenger: Messenger, connection: str, items: Sequence[Item]) -> dict[str, str]:
    """What the tracker answered, by entry; nothing if it did not."""
    if not items:
        return {}
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
    except TimepostProblem:
        return {}
    return {result.external_id: result.status for result in answer.results}


async def _note(
    transaction: AsyncConnection, told: Sequence[tuple[Item, str | None]], now: datetime
) -> None:
    settled = [(item, _state_after(item, status)) for item, status in told]
    rows = [
        {"id": item.id, "state": state, "due_at": now + _wait_after(item)}
        for item, state in settled
    ]
    await transaction.execute(_SETTLE, {"items": as_json(rows), "now": now})
    steps = [
        lineage.Step(
            item.time_entry_id,
            f"feedback {state.lower()}",
            now,
            item.posting_id,
            detail={"outcome": item.outcome},
        )
        for item, state in settled
        if state is not FeedbackState.PENDING
    ]
    await lineage.record(transaction, steps)
    untold = {item.posting_id: _UNTOLD[state] for item, state in settled if state in _UNTOLD}
    await untold_cases.open_cases(transaction, untold, now)


def _state_after(item: Item, status: str | None) -> FeedbackState:
    if status == "delivered":
        return FeedbackState.DELIVERED
    # Whatever was deleted in the meantime cannot be told anything.
    if status in ("unsupported", "missing"):
        return FeedbackState.UNSUPPORTED
    if status == "looping":
        return FeedbackState.WITHHELD
    return FeedbackState.FAILED if item.attempts >= MAX_ATTEMPTS else FeedbackState.PENDING


def _wait_after(item: Item) -> timedelta:
    return timedelta(seconds=min(5 * 2**item.attempts, _MOST_WAIT))
