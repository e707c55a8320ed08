"""What a person does to a case, recorded in the entry's lineage with who it was."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.doorbell import Doorbell, Stage
from process_apis.processes.connections import gates, rules
from process_apis.processes.exceptions import store
from process_apis.processes.exceptions.schemas import Assignment, Case, Comment, RetryResult
from process_apis.processes.lineage import store as lineage
from process_apis.processes.posting import validation, waking
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.states import PostingState
from shared.identity import Principal
from shared.problems import Conflict


async def retry(
    case_id: UUID, caller: Principal, ledger: Ledger, doorbell: Doorbell
) -> RetryResult:
    """Judge the posting again at once; if nothing is wrong any more, it is sent.

    Of a connection that does not work: try it now.

    :raises NotFound: there is no such case.
    :raises Conflict: nothing of it can be sent: it stands in the ERP, or is on its way.
    """
    async with ledger.database.transaction() as transaction:
        case = await store.one(transaction, case_id)
        if case.time_entry_id is None and case.resolved_at is None:
            return await _try_connection(transaction, case, caller, ledger, doorbell)
        woken = None
        if case.posting_id is not None and case.resolved_at is None:
            now = ledger.clock.now()
            woken = await waking.wake_one(
                transaction, case.posting_id, actor_of(caller), caller.actors, now
            )
        if woken is None:
            raise Conflict(
                "There is nothing to send again: the case is resolved, or its line stands in the "
                "ERP or is on its way there.",
                code="nothing_to_retry",
                action="Read the case again and compare both sides. If its outcome is unknown, "
                "look in the ERP and confirm what you find.",
            )
    verdicts = await validation.validate(ledger, only=case.posting_id)
    state = verdicts[0].state if verdicts else woken.state
    # Whoever judged or sends it meanwhile, a ring too many does no harm.
    if verdicts and verdicts[0].target:
        doorbell.ring(Stage.SEND, verdicts[0].target)
    elif woken.target:
        doorbell.ring(woken.stage, woken.target)
    doorbell.ring(Stage.VALIDATE)
    async with ledger.database.transaction() as transaction:
        return RetryResult(case=await store.one(transaction, case_id), posting_state=state)


async def _try_connection(
    transaction: AsyncConnection,
    case: Case,
    caller: Principal,
    ledger: Ledger,
    doorbell: Doorbell,
) -> RetryResult:
    """Whoever mended a connection need not wait until it would be tried by itself."""
    now = ledger.clock.now()
    await gates.change(transaction, case.connection, now, lambda gate: rules.try_now(gate, now))
    await note(transaction, case, "try asked for", caller, {}, now)
    doorbell.ring(Stage.PROBE, case.connection)
    return RetryResult(case=case, posting_state=PostingState.READY)


async def assign(
    case_id: UUID, assignment: Assignment, seen_version: int, caller: Principal, ledger: Ledger
) -> Case:
    """Give a case to somebody, or back to its queue.

    :raises NotFound: there is no such case.
    :raises PreconditionFailed: somebody else changed it since it was read.
    """
    async with ledger.database.transaction() as transaction:
        now = ledger.clock.now()
        assignee = assignment.assignee
        case = await store.assign(
            transaction,
            case_id,
            assignee,
            seen_version,
            now,
            in_progress=assignment.in_progress,
        )
        detail = {"case": str(case_id), "assignee": assignee}
        await note(transaction, case, "case assigned", caller, detail, now)
        return case


async def comment(
    case_id: UUID, words: str, idempotency_key: str | None, caller: Principal, ledger: Ledger
) -> Comment:
    """Add a comment; sent twice with one key, it stands there once.

    :raises NotFound: there is no such case.
    """
    async with ledger.database.transaction() as transaction:
        now = ledger.clock.now()
        written = await store.comment(
            transaction, case_id, caller.subject, words, idempotency_key, now
        )
        if written.at == now:
            case = await store.one(transaction, case_id)
            await note(transaction, case, "commented", caller, {"case": str(case_id)}, now)
        return written


def actor_of(caller: Principal) -> str:
    """Who acts, for lineage."""
    return f"user:{caller.subject}"


async def note(
    transaction: AsyncConnection,
    case: Case,
    what: str,
    caller: Principal,
    detail: Mapping[str, Any],
    now: datetime,
) -> None:
    """Record what a person did in the lineage of the case's entry."""
    facts = {**detail, "through": list(caller.actors)}
    if case.time_entry_id is None:
        await gates.note(transaction, case.connection, what, now, actor_of(caller), facts)
        return
    step = lineage.Step(
        case.time_entry_id, what, now, case.posting_id, actor=actor_of(caller), detail=facts
    )
    await lineage.record(transaction, [step])
