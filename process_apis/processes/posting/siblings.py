"""What the outcome of one posting does to the others of its entry."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.billing.keys import contract_key
from process_apis.processes.posting import waking
from process_apis.processes.posting.transitions import Event, sources
from process_apis.processes.posting.waking import lineage_key

# Before the outcome itself is written: what rewrites a line stands in its place from then on, and
# two must never stand at once.
_TAKE_BACK = text(
    """
    UPDATE posting AS standing SET state = 'REVERSED', updated_at = :now,
        day_open = coalesce((standing.charge ->> 'by_day')::boolean, false)
    FROM posting AS taker
    WHERE taker.id = ANY(:ids) AND taker.lease_token = :token
      AND standing.id = taker.reverses_id AND standing.state = ANY(:sources)
    RETURNING standing.charge ->> 'contract' AS contract
    """
)

# A reversal that was part of the update: it stands in no line of its own.
_SETTLE_REVERSALS = text(
    """
    UPDATE posting AS reversal SET state = 'POSTED', waiting_for = '{}', posted_at = :now,
        updated_at = :now
    FROM posting AS update
    WHERE update.id = ANY(:ids) AND reversal.correction_group = update.correction_group
      AND reversal.kind = 'REVERSAL' AND reversal.operation = 'none'
      AND reversal.state = ANY(:sources)
    """
)

# What waited for an outcome is judged (again).
_WAKE = text(
    """
    UPDATE posting SET state = 'RECEIVED', waiting_for = '{}', due_at = :now, updated_at = :now
    WHERE state = 'PARKED' AND waiting_for && CAST(:keys AS text[])
    """
)


async def take_back(
    transaction: AsyncConnection, ids: Collection[UUID], token: UUID, now: datetime
) -> None:
    """What these postings take back is reversed, as far as they are still ours.

    What waits for room in a contract's limit may have it now.
    """
    if ids:
        facts = {"ids": list(ids), "token": token, "now": now}
        found = await transaction.execute(
            _TAKE_BACK, {**facts, "sources": sources(Event.TAKEN_BACK)}
        )
        contracts = {row.contract for row in found if row.contract is not None}
        news = {
            contract_key(each): f"hours of contract {each} were taken back" for each in contracts
        }
        await waking.wake(transaction, news, now)


async def settle_reversals(
    transaction: AsyncConnection, ids: Collection[UUID], now: datetime
) -> None:
    """With these updates, the reversals that were part of them are done, too."""
    if ids:
        facts = {"ids": list(ids), "now": now, "sources": sources(Event.SETTLED)}
        await transaction.execute(_SETTLE_REVERSALS, facts)


async def wake(transaction: AsyncConnection, entry_ids: Collection[UUID], now: datetime) -> int:
    """Have those judged that waited for an outcome of their entry; how many it was."""
    keys = [lineage_key(each) for each in entry_ids]
    return (await transaction.execute(_WAKE, {"keys": keys, "now": now})).rowcount
