"""A person ends an unknown outcome by what they saw in the ERP, and says how they know."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.doorbell import Doorbell, Stage
from process_apis.processes.exceptions import confirmations, store
from process_apis.processes.exceptions.confirmations import Kept
from process_apis.processes.exceptions.schemas import (
    Case,
    ConfirmationResult,
    ConfirmedOutcome,
    NewConfirmation,
)
from process_apis.processes.exceptions.steps import note
from process_apis.processes.posting import confirming, outcomes
from process_apis.processes.posting.confirming import Held, SeenLine
from process_apis.processes.posting.ledger import Ledger
from shared.identity import Principal
from shared.problems import Conflict, FieldError, ValidationFailed

_IN_DOUBT = "IO_IN_DOUBT"


@dataclass(frozen=True)
class Request:
    """A confirmation on its way in.

    :param seen_version: of the case, as the person read it.
    """

    case_id: UUID
    said: NewConfirmation
    seen_version: int
    idempotency_key: str | None
    caller: Principal


async def confirm(request: Request, ledger: Ledger, doorbell: Doorbell) -> ConfirmationResult:
    """End an unknown outcome by a person's word.

    :raises NotFound: there is no such case.
    :raises PreconditionFailed: somebody else changed the case since it was read.
    :raises Conflict: its outcome is not unknown (any more), or the line is another posting's.
    :raises ValidationFailed: a line is missing or too much; a key was used for something else.
    """
    async with ledger.database.transaction() as transaction:
        case = await store.one(transaction, request.case_id)
        # The same request twice at once: the second waits here, and then finds the first.
        if case.time_entry_id is not None:
            await outcomes.lock_entries(transaction, [case.time_entry_id])
        kept = await confirmations.by_key(transaction, case.id, request.idempotency_key)
        held = None
        if kept is None:
            held = await _hold(transaction, ledger, case, request)
            kept = await _carry_out(transaction, ledger, case, held, request)
        else:
            _check_same(request, kept)
        case = await store.one(transaction, case.id)
    if held is not None:
        # What waited for this outcome is judged now; what did not stand there is sent again.
        doorbell.ring(Stage.VALIDATE)
        doorbell.ring(Stage.SEND, held.erp)
    return ConfirmationResult(
        case=case, confirmation=kept.confirmation, posting_state=kept.posting_state
    )


def _check_line(said: NewConfirmation, held: Held) -> None:
    stands = said.outcome is ConfirmedOutcome.POSTED and not held.removes_a_line
    if stands == (said.line is not None):
        return
    message = "is needed with `posted`" if stands else "makes no sense: no line stands there then"
    error = FieldError(field="$.line", message=message)
    raise ValidationFailed("Outcome and line do not belong together.", errors=[error])


def _check_same(request: Request, kept: Kept) -> None:
    before = kept.confirmation
    said = NewConfirmation(outcome=before.outcome, line=before.line, evidence=before.evidence)
    if said != request.said or before.confirmed_by != request.caller.subject:
        raise ValidationFailed(
            "This Idempotency-Key stands for another confirmation.",
            code="idempotency_key_reused",
            action="Use a new key for a new confirmation.",
            errors=[FieldError(field="header.Idempotency-Key", message="was used before")],
        )


async def _carry_out(
    transaction: AsyncConnection, ledger: Ledger, case: Case, held: Held, request: Request
) -> Kept:
    now, said, caller = ledger.clock.now(), request.said, request.caller
    # Before the ledger is told: else the case would count as resolved by itself.
    resolution = f"{caller.subject} {_found(said)} in the ERP"
    case = await store.resolve_by_hand(transaction, case.id, resolution, request.seen_version, now)
    if said.outcome is ConfirmedOutcome.NOT_POSTED:
        state = await confirming.confirm_not_carried_out(transaction, ledger, held)
    else:
        line = said.line
        seen = SeenLine(line.external_id, line.work_date, line.minutes) if line else None
        state = await confirming.confirm_carried_out(transaction, ledger, held, seen)
    kept = await confirmations.keep(
        transaction, case.id, held.leased.id, said, state, request.idempotency_key, caller, now
    )
    facts = {
        "case": str(case.id),
        "confirmation": str(kept.confirmation.id),
        "outcome": said.outcome,
    }
    await note(transaction, case, "outcome confirmed by a person", caller, facts, now)
    return kept


def _found(said: NewConfirmation) -> str:
    if said.line is not None:
        return f"found line {said.line.external_id}"
    gone = said.outcome is ConfirmedOutcome.POSTED
    return "found the line gone" if gone else "found that nothing was done"


async def _hold(transaction: AsyncConnection, ledger: Ledger, case: Case, request: Request) -> Held:
    held = None
    if case.posting_id is not None and case.code == _IN_DOUBT:
        held = await confirming.hold(transaction, ledger, case.posting_id)
    if held is None:
        raise Conflict(
            "There is nothing to confirm: the outcome of this posting is known, or is being "
            "looked up and may still be found without a person.",
            code="nothing_to_confirm",
            action="Read the case again and compare both sides.",
        )
    _check_line(request.said, held)
    line = request.said.line
    owner = (
        await confirming.owner_of_line(transaction, held.leased.id, line.external_id)
        if line
        else None
    )
    if line is not None and owner is not None:
        raise Conflict(
            f"The ERP's line {line.external_id} is that of another posting ({owner}).",
            code="erp_line_taken",
            action="Look in the ERP for the line that holds this posting's key.",
        )
    return held
