"""A move that the table of transitions does not allow: refused, and kept on record."""

from process_apis.processes.exceptions.schemas import Case
from process_apis.processes.intake import store as inbox
from process_apis.processes.lineage import store as lineage
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.transitions import TransitionRefused
from shared.problems import Conflict

REFUSED = "refused"


async def refused(ledger: Ledger, case: Case, refusal: TransitionRefused, actor: str) -> Conflict:
    """Record that it was asked for, apart from what was rolled back; gives the problem to raise."""
    async with ledger.database.transaction() as transaction:
        await inbox.count(transaction, case.connection, REFUSED, 1)
        if case.time_entry_id is not None:
            what = f"refused: {refusal.event} while {refusal.source}"
            step = lineage.Step(
                case.time_entry_id, what, ledger.clock.now(), case.posting_id, actor=actor
            )
            await lineage.record(transaction, [step])
    return Conflict(
        f"A posting that is {refusal.source} cannot be {refusal.event}.",
        code="move_refused",
        action="Read the case again: somebody, or something, moved it meanwhile.",
    )
