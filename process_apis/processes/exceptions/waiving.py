"""To accept something as it is takes two people: one asks, another one, a controller, agrees."""

from dataclasses import dataclass
from uuid import UUID

from process_apis.processes.exceptions import store
from process_apis.processes.exceptions.refusing import refused
from process_apis.processes.exceptions.schemas import Case, CaseState, NewWaiver, Waiver
from process_apis.processes.exceptions.steps import actor_of, note
from process_apis.processes.posting import choosing, waiving
from process_apis.processes.posting.choosing import Mark
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.states import PostingState
from process_apis.processes.posting.transitions import Actor, Event, TransitionRefused
from shared.identity import Principal
from shared.problems import Conflict, Forbidden


@dataclass(frozen=True)
class Request:
    """Something about a waiver on its way in.

    :param seen_version: of the case, as the person read it.
    """

    case_id: UUID
    seen_version: int
    caller: Principal


async def ask(request: Request, said: NewWaiver, ledger: Ledger) -> Case:
    """Ask to have it left as it is.

    :raises NotFound: there is no such case.
    :raises Conflict: it is resolved, is about no posting, or somebody asked already.
    :raises PreconditionFailed: somebody else changed it since it was read.
    """
    async with ledger.database.transaction() as transaction:
        case = await store.one(transaction, request.case_id)
        if case.posting_id is None:
            raise _nothing_to_waive()
        now = ledger.clock.now()
        asked = Waiver(requested_by=request.caller.subject, requested_at=now, reason=said.reason)
        case = await store.move(
            transaction, case, CaseState.PENDING_APPROVAL, request.seen_version, now, waiver=asked
        )
        facts = {"case": str(case.id), "reason": said.reason}
        await note(transaction, case, "waiver asked for", request.caller, facts, now)
        return case


async def refuse(request: Request, ledger: Ledger) -> Case:
    """Take the question back, or decline it.

    :raises NotFound: there is no such case.
    :raises Conflict: nobody asked.
    :raises PreconditionFailed: somebody else changed it since it was read.
    """
    async with ledger.database.transaction() as transaction:
        case = await store.one(transaction, request.case_id)
        _asked_in(case)
        now = ledger.clock.now()
        back = CaseState.ASSIGNED if case.assignee else CaseState.OPEN
        case = await store.move(transaction, case, back, request.seen_version, now, waiver=None)
        await note(
            transaction, case, "waiver declined", request.caller, {"case": str(case.id)}, now
        )
        return case


async def agree(request: Request, ledger: Ledger) -> Case:
    """Agree that it stays as it is: nothing is posted, or taken back, any more.

    :raises NotFound: there is no such case.
    :raises Conflict: nobody asked, or it is on its way by now.
    :raises Forbidden: the caller asked for it.
    :raises PreconditionFailed: somebody else changed it since it was read.
    """
    async with ledger.database.transaction() as transaction:
        case = await store.one(transaction, request.case_id)
        asked = _asked_in(case)
    if asked.requested_by == request.caller.subject:
        raise Forbidden(
            "Nobody agrees to what they asked for themselves.",
            action="Have another finance controller decide.",
        )
    try:
        return await _carry_out(request, case, asked, ledger)
    except TransitionRefused as refusal:
        raise await refused(ledger, case, refusal, actor_of(request.caller)) from None


async def _carry_out(request: Request, case: Case, asked: Waiver, ledger: Ledger) -> Case:
    async with ledger.database.transaction() as transaction:
        now = ledger.clock.now()
        resolution = f"{asked.requested_by} asked, {request.caller.subject} agreed: {asked.reason}"
        case = await store.move(
            transaction, case, CaseState.ACCEPTED, request.seen_version, now, resolution=resolution
        )
        family = None
        if case.time_entry_id is not None and case.posting_id is not None:
            family = await choosing.family_of(transaction, case.time_entry_id, case.posting_id)
        if family is None:
            raise TransitionRefused(PostingState.SUPERSEDED, Event.WAIVED, Actor.CONTROLLERS)
        mark = Mark(actor_of(request.caller), asked.reason, now)
        await waiving.waive(transaction, family, mark)
        facts = {"case": str(case.id), "requested_by": asked.requested_by, "reason": asked.reason}
        await note(transaction, case, "waived", request.caller, facts, now)
        return case


def _asked_in(case: Case) -> Waiver:
    if case.waiver is None or case.state is not CaseState.PENDING_APPROVAL:
        raise Conflict(
            "Nobody has asked to accept this case as it is.",
            code="nothing_to_approve",
            action="Read the case again.",
        )
    return case.waiver


def _nothing_to_waive() -> Conflict:
    return Conflict(
        "The case is about no posting, so there is nothing to accept as it is.",
        code="nothing_to_waive",
        action="Do what the case says.",
    )
