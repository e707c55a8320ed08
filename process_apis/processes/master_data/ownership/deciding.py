"""Stewards decide which owner's value counts, and on what others propose.

Each decision, what it wakes, and what becomes of the case are one transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.doorbell import Doorbell, Stage
from process_apis.processes.master_data.ownership import decisions, reading
from process_apis.processes.master_data.ownership.attributes import ATTRIBUTES, Attribute
from process_apis.processes.master_data.ownership.claims import Known, known
from process_apis.processes.master_data.ownership.rules import Claim, Origin, Settled
from process_apis.processes.master_data.ownership.schemas import (
    About,
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
        matter = await _matter(transaction, librarian, conflict, subject, now)
        if conflict.resolved_at is not None or matter is None:
            raise over("conflict", conflict.resolution)
        chosen = _said_by(matter.owners, choice)
        await _settle(
            transaction, matter, chosen.value, Origin.CHOSEN, conflict_id, caller.subject, now
        )
        resolution = f"{caller.subject} chose what {chosen.connection} says: {choice.reason}"
        asked = {"id": conflict_id, "value": chosen.value, "resolution": resolution}
        await transaction.execute(_CHOSEN, {**asked, **who(caller, choice.reason, now)})
        words = f"chosen by {caller.subject}"
        await tell(transaction, librarian, matter.one, matter.attribute, words, now)
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
        matter = await _matter(transaction, librarian, proposal, subject, now)
        if proposal.status is not ProposalStatus.OPEN or matter is None:
            raise over("proposal", f"it is {proposal.status}")
        _not_about_own_pin(matter, caller)
        if decision.accept:
            await _accept(transaction, librarian, matter, proposal, caller, now)
        status = ProposalStatus.ACCEPTED if decision.accept else ProposalStatus.REJECTED
        asked = {"id": proposal_id, "status": status, **who(caller, decision.reason, now)}
        await transaction.execute(_DECIDED, asked)
        view, _ = await reading.proposal(transaction, proposal_id)
    reached(StopPoint.OWNERSHIP_DECIDED)
    doorbell.ring(Stage.VALIDATE)
    return view


@dataclass(frozen=True)
class _Matter:
    """What a decision is about, and what its owners say of it now."""

    one: Known
    attribute: Attribute
    owners: list[Claim]

    @property
    def key(self) -> dict[str, Any]:
        kind, subject = self.one.kind, self.one.id
        return {"kind": kind, "subject_id": subject, "attribute": self.attribute.name}


async def _matter(
    transaction: AsyncConnection, librarian: Librarian, about: About, subject: UUID, now: datetime
) -> _Matter | None:
    """None if the ERP does not have the record any more."""
    one = (await known(transaction, about.kind, [subject], now)).get(subject)
    if one is None:
        return None
    attribute = ATTRIBUTES[about.kind, about.attribute]
    owners = one.rule(attribute, librarian.ownership).owning(one.said(attribute))
    return _Matter(one, attribute, owners)


async def _accept(
    transaction: AsyncConnection,
    librarian: Librarian,
    matter: _Matter,
    proposal: ProposalView,
    caller: Principal,
    now: datetime,
) -> None:
    value, by = proposal.value, caller.subject
    await _settle(transaction, matter, value, Origin.ACCEPTED, proposal.id, by, now)
    ended = {**matter.key, "value": value, "resolution": f"auto: {by} accepted a proposal"}
    await decisions.contend(transaction, [], [ended], now)
    words = f"accepted by {by} from {proposal.source_connection}"
    await tell(transaction, librarian, matter.one, matter.attribute, words, now)


async def _settle(
    transaction: AsyncConnection,
    matter: _Matter,
    value: str | None,
    origin: Origin,
    decision: UUID,
    by: str,
    now: datetime,
) -> None:
    """From now on a value counts, and what owners say instead does not."""
    same = matter.attribute.same
    against = {each.connection: each.value for each in matter.owners if not same(each.value, value)}
    settled = decisions.columns(Settled(value, origin, against, decision, by))
    await decisions.settle(transaction, [{**matter.key, **settled}], [], now)


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


def _not_about_own_pin(matter: _Matter, caller: Principal) -> None:
    pin = matter.one.pins.get(matter.attribute.name)
    if pin is not None and pin.by == caller.subject:
        raise Forbidden(
            "You pinned this attribute: somebody else decides on a proposal about it.",
            code="own_pin",
        )
