"""Stewards decide which owner's value counts, and on what others propose.

Each decision, what it wakes, and what becomes of the case are one transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.doorbell import Doorbell, Stage
from process_apis.processes.master_data.ownership import decisions, reading
from process_apis.processes.master_data.ownership.attributes import ATTRIBUTES, Attribute
from process_apis.processes.master_data.ownership.claims import Known, known
from process_apis.processes.master_data.ownership.rules import Claim, Origin, Settled
from process_apis.processes.master_data.ownership.schemas import (
    Choice,
    ConflictView,
    Decision,
    ProposalView,
)
from process_apis.processes.master_data.ownership.tables import ProposalStatus
from process_apis.processes.master_data.ownership.telling import over, tell, who
from process_apis.processes.master_data.steps import Librarian
from shared.identity import Principal
from shared.problems import Conflict, FieldError, Forbidden
from shared.stop_points import StopPoint, reached

_CHOSEN = text(
    """
    UPDATE ownership_conflict SET resolved_at = :now, value = :value, resolved_by = :by,
        through = CAST(:through AS jsonb), reason = :reason, resolution = :resolution
    WHERE id = :id AND resolved_at IS NULL
    """
)

_DECIDED = text(
    """
    UPDATE attribute_proposal SET status = :status, decided_at = :now, decided_by = :by,
        through = CAST(:through AS jsonb), reason = :reason
    WHERE id = :id AND status = 'OPEN'
    """
)


async def choose(
    conflict_id: UUID, choice: Choice, caller: Principal, librarian: Librarian, doorbell: Doorbell
) -> ConflictView:
    """Let one owner's value count; what the others say does not until they say something else.

    :raises NotFound: there is no such conflict.
    :raises Conflict: it waits no more, or the owner says something else by now.
    """
    async with librarian.database.transaction() as transaction:
        now = librarian.clock.now()
        await decisions.alone(transaction)
        conflict, subject = await reading.conflict(transaction, conflict_id)
        one = (await known(transaction, conflict.kind, [subject], now)).get(subject)
        if conflict.resolved_at is not None or one is None:
            raise over("conflict", conflict.resolution)
        attribute = ATTRIBUTES[conflict.kind, conflict.attribute]
        owners = one.rule(attribute, librarian.ownership).owning(one.said(attribute))
        chosen = _said_by(owners, choice)
        against = {
            each.connection: each.value
            for each in owners
            if not attribute.same(each.value, chosen.value)
        }
        await _settle(
            transaction,
            one,
            attribute,
            Settled(chosen.value, Origin.CHOSEN, against, conflict_id, caller.subject),
            now,
        )
        resolution = f"{caller.subject} chose what {chosen.connection} says: {choice.reason}"
        asked = {"id": conflict_id, "value": chosen.value, "resolution": resolution}
        await transaction.execute(_CHOSEN, {**asked, **who(caller, choice.reason, now)})
        await tell(transaction, librarian, one, attribute, f"chosen by {caller.subject}", now)
        view, _ = await reading.conflict(transaction, conflict_id)
    reached(StopPoint.OWNERSHIP_DECIDED)
    doorbell.ring(Stage.VALIDATE)
    return view


async def decide(
    proposal_id: UUID,
    decision: Decision,
    caller: Principal,
    librarian: Librarian,
    doorbell: Doorbell,
) -> ProposalView:
    """Accept what a system proposed, or leave what counts as it is.

    :raises NotFound: there is no such proposal.
    :raises Conflict: it waits no more.
    :raises Forbidden: whoever pinned the attribute decides on no proposal about it.
    """
    async with librarian.database.transaction() as transaction:
        now = librarian.clock.now()
        await decisions.alone(transaction)
        proposal, subject = await reading.proposal(transaction, proposal_id)
        one = (await known(transaction, proposal.kind, [subject], now)).get(subject)
        if proposal.status is not ProposalStatus.OPEN or one is None:
            raise over("proposal", f"it is {proposal.status}")
        attribute = ATTRIBUTES[proposal.kind, proposal.attribute]
        _not_about_own_pin(one, attribute, caller)
        if decision.accept:
            owners = one.rule(attribute, librarian.ownership).owning(one.said(attribute))
            against = {
                each.connection: each.value
                for each in owners
                if not attribute.same(each.value, proposal.value)
            }
            accepted = Settled(
                proposal.value, Origin.ACCEPTED, against, proposal_id, caller.subject
            )
            await _settle(transaction, one, attribute, accepted, now)
            about = {"kind": one.kind, "subject_id": one.id, "attribute": attribute.name}
            ended = {"resolution": f"auto: {caller.subject} accepted a proposal"}
            await decisions.contend(transaction, [], [{**about, **ended, "value": None}], now)
            words = f"accepted by {caller.subject} from {proposal.source_connection}"
            await tell(transaction, librarian, one, attribute, words, now)
        status = ProposalStatus.ACCEPTED if decision.accept else ProposalStatus.REJECTED
        asked = {"id": proposal_id, "status": status, **who(caller, decision.reason, now)}
        await transaction.execute(_DECIDED, asked)
        view, _ = await reading.proposal(transaction, proposal_id)
    reached(StopPoint.OWNERSHIP_DECIDED)
    doorbell.ring(Stage.VALIDATE)
    return view


async def _settle(
    transaction: AsyncConnection,
    one: Known,
    attribute: Attribute,
    settled: Settled,
    now: datetime,
) -> None:
    about = {"kind": one.kind, "subject_id": one.id, "attribute": attribute.name}
    await decisions.settle(transaction, [{**about, **decisions.columns(settled)}], [], now)


def _said_by(owners: Sequence[Claim], choice: Choice) -> Claim:
    for each in owners:
        if each.connection == choice.connection:
            if each.value == choice.value:
                return each
            raise Conflict(
                f"{each.connection} says something else by now.",
                action="Read the conflict again, and decide again.",
                code="claim_changed",
                errors=[FieldError(field="body.value", message="is not what it says")],
            )
    raise Conflict(
        f"{choice.connection} does not claim it.",
        action="Choose one of the connections that the conflict lists.",
        code="no_such_claim",
        errors=[FieldError(field="body.connection", message="is none of the claims")],
    )


def _not_about_own_pin(one: Known, attribute: Attribute, caller: Principal) -> None:
    pin = one.pins.get(attribute.name)
    if pin is not None and pin.by == caller.subject:
        raise Forbidden(
            "You pinned this attribute: somebody else decides on a proposal about it.",
            code="own_pin",
        )
