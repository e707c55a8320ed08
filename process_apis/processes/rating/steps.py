"""Writes, publishes and asks rate cards."""

from decimal import Decimal
from uuid import UUID

from process_apis import cursors
from process_apis.database import Database
from process_apis.doorbell import Doorbell, Stage
from process_apis.processes.master_data import changes
from process_apis.processes.master_data.currencies import CURRENCIES
from process_apis.processes.master_data.steps import Librarian
from process_apis.processes.rating import cards, rounding, rules, store
from process_apis.processes.rating.book import RateBook
from process_apis.processes.rating.cards import DraftLine
from process_apis.processes.rating.keys import rates_key
from process_apis.processes.rating.rounding import Per, TimeRounding
from process_apis.processes.rating.rules import Ambiguous, Missing, Rated, RateQuestion, Side, Unit
from process_apis.processes.rating.schemas import (
    Answer,
    CardDetail,
    CardPage,
    CardView,
    LineView,
    NewCard,
    Question,
)
from process_apis.processes.rating.tables import CardState
from process_apis.publishing import require_second_person
from process_apis.rows import refuse
from shared.identity import Principal
from shared.problems import Conflict, FieldError, Forbidden, ValidationFailed
from shared.values import Clock

# What work costs lets everybody calculate what people earn.
_CANNOT = "The card cannot be published like this."
SEE_COSTS = frozenset({"finance.analyst", "finance.controller"})


async def draft(database: Database, clock: Clock, wanted: NewCard, caller: Principal) -> CardDetail:
    """Keep a draft, if each of its lines makes sense.

    :raises ValidationFailed: names each row and field that does not.
    """
    require_side(caller, wanted.side)
    if wanted.currency not in CURRENCIES:
        error = FieldError(field="body.currency", message="is no currency of ISO 4217")
        raise ValidationFailed(f"{wanted.currency} is no currency.", errors=[error])
    lines = [
        DraftLine(
            row,
            each.names.given(),
            each.amount,
            each.unit,
            each.valid_from,
            each.valid_to,
            each.gap_allowed,
        )
        for row, each in enumerate(wanted.lines, 1)
    ]
    refuse("Some lines make no sense.", cards.faults(lines))
    async with database.transaction() as transaction:
        await store.lock(transaction, wanted.code)
        card_id = await store.add(transaction, wanted, caller.subject, clock.now())
    return await read(database, card_id, caller)


async def read(database: Database, card_id: UUID, caller: Principal) -> CardDetail:
    """
    :raises NotFound: there is none with this id.
    :raises Forbidden: it says what work costs, and the caller must not know.
    """
    async with database.transaction() as transaction:
        found = await store.card(transaction, card_id)
        require_side(caller, Side(found["side"]))
        lines = await store.lines(transaction, card_id)
    return CardDetail(
        card=CardView.model_validate(found), lines=[LineView.model_validate(row) for row in lines]
    )


async def listed(
    database: Database,
    caller: Principal,
    side: Side | None,
    state: CardState | None,
    cursor: str | None,
    limit: int,
) -> CardPage:
    """One page of those that the caller may see."""
    if side is not None:
        require_side(caller, side)
    sides = [side] if side else [each for each in Side if _may_see(caller, each)]
    async with database.transaction() as transaction:
        before = cursors.decode(cursor)
        found = await store.cards(
            transaction, sides=sides, state=state, before=before, limit=limit + 1
        )
    page = [CardView.model_validate(row) for row in found[:limit]]
    more = len(found) > limit
    return CardPage(
        cards=page,
        next_cursor=cursors.encode(page[-1].created_at, page[-1].id) if more else None,
    )


async def publish(
    librarian: Librarian, doorbell: Doorbell, card_id: UUID, caller: Principal
) -> CardDetail:
    """Have a draft hold, in place of the version before; what waits for a rate is judged again.

    :raises NotFound: there is none with this id.
    :raises Forbidden: whoever wrote it publishes it.
    :raises Conflict: it is no draft any more.
    :raises ValidationFailed: lines for the same overlap, here or with another published card, or
        leave a gap that nobody meant.
    """
    database, now = librarian.database, librarian.clock.now()
    wanted = await read(database, card_id, caller)
    require_second_person(wanted.card.created_by, caller, "a rate card")
    lines = [DraftLine(**each.model_dump()) for each in wanted.lines]
    refuse(_CANNOT, cards.unfit(lines))
    async with database.transaction() as transaction:
        await store.lock(transaction, "")
        refuse(_CANNOT, await store.clashes(transaction, card_id))
        code = wanted.card.code
        if not await store.publish(transaction, card_id, code, caller.subject, now):
            raise Conflict(f"Rate card {card_id} is no draft.", code="rate_card_not_draft")
        words = (
            f"rate card {code} version {wanted.card.version} was published by {caller.subject} "
            f"{changes.at(now)}"
        )
        await librarian.wake(transaction, {rates_key(wanted.card.side): words})
    doorbell.ring(Stage.VALIDATE)
    return await read(database, card_id, caller)


async def explain(database: Database, question: Question, caller: Principal) -> Answer:
    """The rate that holds, and what the time is worth at it."""
    require_side(caller, question.side)
    facts = question.names.given()
    asked = RateQuestion(
        question.work_date,
        facts,
        question.time_type,
        question.currency,
        (question.override.amount, question.override.currency) if question.override else None,
    )
    async with database.transaction() as transaction:
        book = await RateBook.open(transaction, question.side, [(question.work_date, facts)])
    found = book.rate(asked)
    if isinstance(found, Missing):
        return Answer(code="RT_MISSING", explanation=found.explanation)
    if isinstance(found, Ambiguous):
        several = [
            LineView.model_validate(vars(each) | {"gap_allowed": False}) for each in found.lines
        ]
        return Answer(
            code="RT_AMBIGUOUS",
            explanation=found.explanation,
            level=found.level,
            rule=rules.NUMBER[found.level],
            several=several,
        )
    return _worth(question, found)


def _worth(question: Question, found: Rated) -> Answer:
    quantities = _quantities(question, found.unit)
    shown = rounding.amounts(
        quantities, found.effective, found.currency, per=question.amounts_per, tie=question.tie
    )
    line = found.line
    return Answer(
        code=None,
        explanation=found.explanation,
        level=found.level,
        rule=rules.NUMBER[found.level],
        card_id=line.card_id if line else None,
        card=line.card if line else None,
        version=line.version if line else None,
        row=line.row if line else None,
        base=found.base,
        effective=found.effective,
        unit=found.unit,
        quantities=quantities,
        amounts=shown,
        total=sum(shown[1:], start=shown[0]),
    )


def _quantities(question: Question, unit: Unit) -> list[Decimal]:
    """Units billed: one figure for the day, or one a line."""
    policy = question.rounding
    if unit is Unit.DAY:
        return [rounding.days(sum(question.minutes))]
    rounded = TimeRounding(policy.direction, policy.step, Per(policy.per), policy.tie)
    if policy.per is Per.DAY:
        return [rounding.hours(rounded.billed(question.minutes))]
    return [rounding.hours(rounded.billed([each])) for each in question.minutes]


def require_side(caller: Principal, side: Side) -> None:
    """:raises Forbidden: the caller must not know what work costs."""
    if not _may_see(caller, side):
        raise Forbidden(
            "What work costs needs one of the roles " + ", ".join(sorted(SEE_COSTS)) + ".",
            code="cost_rates_restricted",
        )


def _may_see(caller: Principal, side: Side) -> bool:
    return side is Side.BILL or bool(caller.roles & SEE_COSTS)
