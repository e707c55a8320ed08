"""Delegations: made, listed, ended. Nothing is ever deleted, so that it stays clear who could."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import or_, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, select

from process_apis.processes.approvals import rules, store
from process_apis.processes.approvals.desk import ApprovalsDesk
from process_apis.processes.approvals.rules import CONTROLLER, Delegation
from process_apis.processes.approvals.schemas import DelegationView, NewDelegation
from process_apis.processes.approvals.tables import ApprovalDelegation
from shared.identity import Principal
from shared.problems import Conflict, FieldError, Forbidden, NotFound, ValidationFailed

_TABLE = ApprovalDelegation.__table__  # type: ignore[attr-defined]

# Two delegations that make a chain only together must not both be made at the same moment.
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('approval delegations', 1))")
_LISTED = 500


async def create(desk: ApprovalsDesk, caller: Principal, wanted: NewDelegation) -> DelegationView:
    """Let somebody act in the caller's place; asked for twice, it is made once.

    A controller may do so for somebody else, to anybody but themself.

    :raises Forbidden: the caller may not give this away.
    :raises Conflict: it would make a chain, or name somebody who has no account.
    :raises ValidationFailed: it has already ended, or ends before it begins.
    """
    delegation = _wanted(desk, caller, wanted)
    now = desk.clock.now()
    async with desk.database.transaction() as transaction:
        await transaction.execute(_ONE_AT_A_TIME)
        others = await store.delegations(transaction, now)
        refusal = rules.may_delegate(delegation, others)
        if refusal is not None:
            raise Conflict(refusal.reason, code=refusal.code)
        await transaction.execute(
            insert(ApprovalDelegation)
            .values(
                id=delegation.id,
                delegator=delegation.delegator,
                delegate=delegation.delegate,
                valid_from=delegation.valid_from,
                valid_to=delegation.valid_to,
                reason=wanted.reason,
                created_at=now,
                created_by=caller.subject,
            )
            .on_conflict_do_nothing()
        )
        rows = await transaction.execute(
            select(_TABLE).where(
                _TABLE.c.delegator == delegation.delegator,
                _TABLE.c.delegate == delegation.delegate,
                _TABLE.c.valid_from == delegation.valid_from,
                _TABLE.c.valid_to == delegation.valid_to,
                _TABLE.c.ended_at.is_(None),
            )
        )
        return DelegationView.model_validate(dict(rows.mappings().one()))


async def end(desk: ApprovalsDesk, caller: Principal, delegation_id: UUID) -> DelegationView:
    """End a delegation now; ending it again changes nothing.

    :raises NotFound: there is none with this id.
    :raises Forbidden: neither side of it asks, nor a controller.
    """
    async with desk.database.transaction() as transaction:
        await transaction.execute(_ONE_AT_A_TIME)
        view = await _one(transaction, delegation_id)
        email = desk.settings.people.get(caller.subject)
        if email not in (view.delegator, view.delegate) and CONTROLLER not in caller.roles:
            raise Forbidden("This is between two other people.", code="not_your_delegation")
        if view.ended_at is not None:
            return view
        await transaction.execute(
            update(ApprovalDelegation)
            .where(col(ApprovalDelegation.id) == delegation_id)
            .values(ended_at=desk.clock.now(), ended_by=caller.subject)
        )
        return await _one(transaction, delegation_id)


async def listed(
    transaction: AsyncConnection, email: str | None, *, everybody: bool, holding_at: datetime | None
) -> list[DelegationView]:
    """Delegations to and from somebody, or everybody's; the latest first.

    :param holding_at: only those in force then.
    """
    wanted = select(_TABLE).order_by(_TABLE.c.valid_from.desc(), _TABLE.c.id).limit(_LISTED)
    if not everybody:
        wanted = wanted.where(or_(_TABLE.c.delegator == email, _TABLE.c.delegate == email))
    if holding_at is not None:
        wanted = wanted.where(
            _TABLE.c.ended_at.is_(None),
            _TABLE.c.valid_from <= holding_at,
            _TABLE.c.valid_to > holding_at,
        )
    rows = (await transaction.execute(wanted)).mappings()
    return [DelegationView.model_validate(dict(row)) for row in rows]


def _wanted(desk: ApprovalsDesk, caller: Principal, wanted: NewDelegation) -> Delegation:
    mine = desk.settings.people.get(caller.subject)
    delegator = rules.address(wanted.delegator) or mine
    delegate = rules.address(wanted.delegate) or ""
    if delegator is None:
        raise Forbidden(
            "The approvals file lists no work email for this account.", code="person_unknown"
        )
    if delegator != mine and (CONTROLLER not in caller.roles or delegate == mine):
        raise Forbidden(
            "Only a controller delegates for somebody else, and never to themself.",
            code="not_your_delegation",
        )
    for name, email in (("delegator", delegator), ("delegate", delegate)):
        if email not in desk.settings.people.values():
            raise Conflict(
                f"The approvals file lists no account of the {name}.",
                code="person_unknown",
                action="Have an administrator list the account under people.",
            )
    for name, instant in (("valid_from", wanted.valid_from), ("valid_to", wanted.valid_to)):
        if not rules.in_our_time(instant.year):
            field = FieldError(field=f"$.{name}", message="has to lie between 2000 and 2999")
            raise ValidationFailed("That is not a time anybody means.", errors=[field])
    if wanted.valid_to <= max(wanted.valid_from, desk.clock.now()):
        field = FieldError(field="$.valid_to", message="is in the past or before valid_from")
        raise ValidationFailed("It would have ended already.", errors=[field])
    return Delegation(uuid4(), delegator, delegate, wanted.valid_from, wanted.valid_to)


async def _one(transaction: AsyncConnection, delegation_id: UUID) -> DelegationView:
    rows = await transaction.execute(select(_TABLE).where(_TABLE.c.id == delegation_id))
    row = rows.mappings().first()
    if row is None:
        raise NotFound(f"There is no delegation {delegation_id}.")
    return DelegationView.model_validate(dict(row))
