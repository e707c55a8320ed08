"""Finance holds a posting back before it is sent, and lets it go again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.intake import store as inbox
from process_apis.processes.lineage import store as lineage
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.states import PostingState
from process_apis.processes.posting.transitions import Actor, Event, TransitionRefused, after
from shared.identity import Principal
from shared.problems import Conflict, NotFound

_LOCK = text(
    "SELECT id, time_entry_id, state, source_connection, target_connection FROM posting"
    " WHERE id = :id FOR UPDATE"
)
_MOVE = text("UPDATE posting SET state = :state, due_at = :now, updated_at = :now WHERE id = :id")


async def hold(ledger: Ledger, posting_id: UUID, reason: str, caller: Principal) -> None:
    """Keep a posting that is ready from being sent.

    :raises NotFound: there is no such posting.
    :raises Conflict: it is not ready: it is on its way, stands, or waits already.
    """
    await _move(ledger, posting_id, Event.HELD, reason, caller)


async def release(ledger: Ledger, posting_id: UUID, reason: str, caller: Principal) -> str | None:
    """Have it sent after all; returns the ERP connection that it goes to.

    :raises NotFound: there is no such posting.
    :raises Conflict: nobody holds it.
    """
    return await _move(ledger, posting_id, Event.RELEASED, reason, caller)


async def _move(
    ledger: Ledger, posting_id: UUID, event: Event, reason: str, caller: Principal
) -> str | None:
    refusal = None
    async with ledger.database.transaction() as transaction:
        row = (await transaction.execute(_LOCK, {"id": posting_id})).first()
        if row is None:
            raise NotFound(f"There is no posting {posting_id}.")
        now = ledger.clock.now()
        what: str = event
        try:
            state = after(PostingState(row.state), event, Actor.FINANCE)
        except TransitionRefused as found:
            # Refused, and on record: so the transaction goes on.
            refusal, what = found, f"refused: {event} while {row.state}"
            await inbox.count(transaction, row.source_connection, "refused", 1)
        else:
            await transaction.execute(_MOVE, {"id": posting_id, "state": state, "now": now})
        await _note(transaction, row.time_entry_id, posting_id, what, reason, caller, now)
    if refusal is not None:
        raise Conflict(
            f"A posting that is {refusal.source} cannot be {event}.",
            code="move_refused",
            action="Read the posting again: it moved meanwhile.",
        )
    target: str | None = row.target_connection
    return target


async def _note(
    transaction: AsyncConnection,
    entry_id: UUID,
    posting_id: UUID,
    what: str,
    reason: str,
    caller: Principal,
    now: datetime,
) -> None:
    detail = {"reason": reason, "through": list(caller.actors)}
    actor = f"user:{caller.subject}"
    await lineage.record(
        transaction, [lineage.Step(entry_id, what, now, posting_id, actor, detail)]
    )
