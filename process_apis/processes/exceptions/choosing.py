"""A person chooses how a case goes on: what Timepost may not decide by itself."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.doorbell import Doorbell, Stage
from process_apis.processes.exceptions import choices, store
from process_apis.processes.exceptions.choices import Choice, Offer
from process_apis.processes.exceptions.refusing import refused
from process_apis.processes.exceptions.schemas import Case, ChoiceResult, NewChoice
from process_apis.processes.exceptions.steps import actor_of, note
from process_apis.processes.posting import choosing, linking
from process_apis.processes.posting.choosing import Family, Mark
from process_apis.processes.posting.decisions import Path
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.states import PostingState
from process_apis.processes.posting.transitions import Actor, TransitionRefused
from process_apis.upstream.erp import PostedLine
from shared.identity import Principal
from shared.problems import Conflict, FieldError, Forbidden, NotFound, ValidationFailed

_PATHS = {
    Choice.OFFSET: Path.OFFSET,
    Choice.CHANGE_CLOSED: Path.CHANGE,
    Choice.SOFT_CLOSED: Path.SOFT_CLOSED,
    Choice.POST_ANYWAY: Path.POST_ANYWAY,
}
_Act = Callable[[AsyncConnection, Family, Mark], Awaitable[PostingState]]
_ACTS: dict[Choice, _Act] = {
    Choice.TAKEN_BACK: choosing.taken_back_by_hand,
    Choice.CORRECT: choosing.correct,
    Choice.REPOST_ORIGINAL: choosing.repost_original,
}


@dataclass(frozen=True)
class Request:
    """A choice on its way in.

    :param seen_version: of the case, as the person read it.
    """

    case_id: UUID
    said: NewChoice
    seen_version: int
    caller: Principal


async def choose(request: Request, ledger: Ledger, doorbell: Doorbell) -> ChoiceResult:
    """Carry a choice out.

    :raises NotFound: there is no such case.
    :raises Conflict: it cannot be chosen here, or not any more.
    :raises Forbidden: another role has to choose it.
    :raises PreconditionFailed: somebody else changed the case since it was read.
    :raises ValidationFailed: something that the choice needs is missing.
    """
    async with ledger.database.transaction() as transaction:
        case = await store.one(transaction, request.case_id)
        offer = await _offer_of(transaction, case, request)
    _check(offer, request)
    line = await _line(ledger, case, request)
    try:
        async with ledger.database.transaction() as transaction:
            state, target = await _carry_out(transaction, ledger, case, request, line)
            case = await store.one(transaction, case.id)
    except TransitionRefused as refusal:
        raise await refused(ledger, case, refusal, actor_of(request.caller)) from None
    doorbell.ring(Stage.VALIDATE)
    if target is not None:
        doorbell.ring(Stage.CORRECT, target)
    return ChoiceResult(case=case, posting_state=state)


async def _offer_of(transaction: AsyncConnection, case: Case, request: Request) -> Offer:
    found = None
    if case.resolved_at is None and case.posting_id is not None:
        detail = await store.finding_detail(transaction, case)
        offered = choices.offers(case.code, detail)
        found = next((each for each in offered if each.choice is request.said.choice), None)
    if found is None:
        raise Conflict(
            f"`{request.said.choice}` cannot be chosen in this case, or not any more.",
            code="not_offered",
            action="Read the case again; it lists what can be chosen.",
        )
    return found


def _check(offer: Offer, request: Request) -> None:
    if not offer.roles & request.caller.roles:
        raise Forbidden(
            f"`{offer.choice}` is chosen by {' or '.join(sorted(offer.roles))}.",
            action="Have somebody with that role choose it.",
        )
    given = {"document": request.said.document, "line": request.said.line}
    if offer.needs is not None and not given[offer.needs]:
        raise ValidationFailed(
            f"`{offer.choice}` needs {offer.needs}.",
            errors=[FieldError(field=f"$.{offer.needs}", message="is needed with this choice")],
        )


async def _line(ledger: Ledger, case: Case, request: Request) -> PostedLine | None:
    """The line that is named, as it stands in the ERP."""
    if request.said.choice is not Choice.LINK or request.said.line is None:
        return None
    async with ledger.database.transaction() as transaction:
        target = await store.target_of(transaction, case)
    read = await ledger.system.read_lines(target, [request.said.line]) if target else None
    if read is None or not read.lines:
        raise NotFound(
            f"The ERP has no line {request.said.line}.",
            code="erp_line_unknown",
            action="Take the id of the line from the ERP.",
        )
    return read.lines[0]


async def _carry_out(
    transaction: AsyncConnection,
    ledger: Ledger,
    case: Case,
    request: Request,
    line: PostedLine | None,
) -> tuple[PostingState, str | None]:
    said, caller, now = request.said, request.caller, ledger.clock.now()
    family = None
    if case.time_entry_id is not None and case.posting_id is not None:
        family = await choosing.family_of(transaction, case.time_entry_id, case.posting_id)
    if family is None:
        raise Conflict("The case is about no posting any more.", code="not_offered")
    mark = Mark(actor_of(caller), said.reason, now, said.document)
    # Before the ledger is told: else the case would count as resolved by itself.
    resolution = f"{caller.subject} chose {said.choice}: {said.reason}"
    await store.resolve_by_hand(transaction, case.id, resolution, request.seen_version, now)
    if line is not None:
        if await linking.is_taken(transaction, family.posting["id"], line.external_id):
            raise Conflict(
                f"The ERP's line {line.external_id} is that of another posting.",
                code="erp_line_taken",
                action="Look in the ERP for the line of these hours.",
            )
        state = await linking.link(transaction, ledger, family, line, mark)
    elif said.choice in _PATHS:
        path = _PATHS[said.choice]
        state = await choosing.allow(transaction, family, path, mark, Actor.FINANCE)
    else:
        state = await _ACTS[said.choice](transaction, family, mark)
    facts = {"case": str(case.id), "reason": said.reason, "document": said.document}
    await note(transaction, case, f"chosen: {said.choice}", caller, facts, now)
    return state, family.posting["target_connection"]
