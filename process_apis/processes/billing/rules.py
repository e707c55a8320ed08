"""What of an entry's hours is billed, and how much. Pure: no I/O.

Raw minutes are kept as they were worked. What is charged is split into parts that add up to the
whole: what is within the contract's limit, and what is beyond it. Where a limit is an amount, it is
met exactly to the cent, and the quantity follows from it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from process_apis.processes.rating import rounding
from process_apis.processes.rating.rounding import Per, Tie, TimeRounding
from process_apis.processes.rating.rules import Rated, Unit
from shared.values import Money

_TIES = {Tie.HALF_UP: "ROUND_HALF_UP", Tie.HALF_EVEN: "ROUND_HALF_EVEN"}
NOUGHT = Decimal(0)
# Hours are shown, not counted with: amounts are what is exact.
_SHOWN = Decimal("0.000001")


class BillingType(StrEnum):
    """How a contract pays for hours.

    `TIME_AND_MATERIAL`: each at its rate, up to a limit if there is one; `FIXED_FEE`: hours cost,
    and the fee is billed apart; `RETAINER`: hours within the limit are paid for already, and what
    is beyond it is not; `NO_CHARGE`: shown on invoices, for nothing; `NON_BILLABLE`: never billed.
    """

    TIME_AND_MATERIAL = "TIME_AND_MATERIAL"
    FIXED_FEE = "FIXED_FEE"
    RETAINER = "RETAINER"
    NO_CHARGE = "NO_CHARGE"
    NON_BILLABLE = "NON_BILLABLE"


class Measure(StrEnum):
    """What a limit counts."""

    AMOUNT = "amount"
    HOURS = "hours"


class LimitPer(StrEnum):
    """How long a limit lasts."""

    CONTRACT = "contract"
    MONTH = "month"


class Beyond(StrEnum):
    """What becomes of what is beyond a limit.

    `HOLD`: the hours are posted, and what is beyond is not billed until there is room; `WAIT`:
    the entry is not posted before all of it has room; `NON_BILLABLE`: never billed; `OVERAGE`:
    billed at a rate of its own, or at the same.
    """

    HOLD = "HOLD"
    WAIT = "WAIT"
    NON_BILLABLE = "NON_BILLABLE"
    OVERAGE = "OVERAGE"


class Billing(StrEnum):
    """How a part is billed.

    `BILLED`: at its amount; `COVERED`: paid for by a fee; `HELD`: not before there is room.
    """

    BILLED = "BILLED"
    COVERED = "COVERED"
    HELD = "HELD"
    NON_BILLABLE = "NON_BILLABLE"


@dataclass(frozen=True)
class Limit:
    """:param rate: of what is beyond it, if that has one of its own."""

    measure: Measure
    size: Decimal
    per: LimitPer = LimitPer.CONTRACT
    beyond: Beyond = Beyond.HOLD
    rate: Decimal | None = None


@dataclass(frozen=True)
class Terms:
    """What holds of a contract on a day.

    :param flag_by_contract: whether hours are billable is for the contract to say; else a
        consultant who says otherwise is asked.
    """

    id: UUID
    contract: str
    version: int
    type: BillingType
    currency: str
    engagement: str | None = None
    limit: Limit | None = None
    time: TimeRounding = field(default_factory=TimeRounding)
    tie: Tie = Tie.HALF_UP
    flag_by_contract: bool = False

    @property
    def needs_rate(self) -> bool:
        """Without one, nothing can be said of the worth of an hour."""
        if self.type is BillingType.RETAINER:
            return self.limit is None or not (
                self.limit.measure is Measure.HOURS
                and (self.limit.beyond is not Beyond.OVERAGE or self.limit.rate is not None)
            )
        return self.type is BillingType.TIME_AND_MATERIAL

    @property
    def bills_hours(self) -> bool:
        """Whether hours are shown on invoices at all."""
        return self.type not in (BillingType.NON_BILLABLE, BillingType.FIXED_FEE)

    def limit_key(self, day: date) -> str | None:
        """What entries share a limit: of the whole contract, or of the month of the day of work."""
        if self.limit is None:
            return None
        month = f"/{day:%Y-%m}" if self.limit.per is LimitPer.MONTH else ""
        return self.contract + month


@dataclass(frozen=True)
class SameDay:
    """What else one person was charged on the day under the contract."""

    minutes: int = 0
    quantity: Decimal = NOUGHT


@dataclass(frozen=True)
class Part:
    """:param quantity: in the unit of the rate. :param amount: what it is worth, rounded."""

    billing: Billing
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Charge:
    """What an entry comes to under a contract's terms.

    :param rate: of one unit; None where no rate was asked for.
    :param consumed: of the limit, in its measure.
    :param by_day: what it comes to depends on the others of its day.
    """

    terms_id: UUID
    contract: str
    version: int
    type: BillingType
    currency: str
    unit: Unit
    rate: Decimal | None
    parts: tuple[Part, ...]
    explanation: str
    limit_key: str | None = None
    consumed: Decimal = NOUGHT
    card_id: UUID | None = None
    card: str | None = None
    card_version: int | None = None
    card_row: int | None = None
    by_day: bool = False

    @property
    def quantity(self) -> Decimal:
        """Units of all parts."""
        return sum((each.quantity for each in self.parts), NOUGHT)

    def _of(self, billing: Billing) -> list[Part]:
        return [each for each in self.parts if each.billing is billing]

    @property
    def billed(self) -> Decimal:
        """The amount that is billed."""
        return sum((each.amount for each in self._of(Billing.BILLED)), NOUGHT)

    @property
    def billed_quantity(self) -> Decimal:
        """Units that are billed."""
        return sum((each.quantity for each in self._of(Billing.BILLED)), NOUGHT)

    @property
    def held(self) -> Decimal:
        """The worth of what is not billed before there is room."""
        return sum((each.amount for each in self._of(Billing.HELD)), NOUGHT)

    @property
    def held_quantity(self) -> Decimal:
        """Units of that."""
        return sum((each.quantity for each in self._of(Billing.HELD)), NOUGHT)


def charge(
    terms: Terms,
    minutes: int,
    day: date,
    rated: Rated | None,
    *,
    used: Decimal = NOUGHT,
    same_day: SameDay = SameDay(),
) -> Charge:
    """What hours that may be billed come to.

    :param rated: needed where `Terms.needs_rate` says so.
    :param used: what other entries have of the limit.
    """
    unit = rated.unit if rated else Unit.HOUR
    rate = rated.effective if rated else None
    quantity = by_day(terms, unit, minutes, same_day)
    worth = _rounded(terms, quantity * rate) if rate is not None else NOUGHT
    line = rated.line if rated else None
    whole = Charge(
        terms.id,
        terms.contract,
        terms.version,
        terms.type,
        terms.currency,
        unit,
        rate,
        (Part(_WITHIN[terms.type], quantity, worth),),
        _words(terms, rated),
        card_id=line.card_id if line else None,
        card=line.card if line else None,
        card_version=line.version if line else None,
        card_row=line.row if line else None,
        by_day=counts_by_day(terms, rated),
    )
    return within_limit(whole, terms, day, used)


def charged_anew(
    before: Charge, terms: Terms, minutes: int, day: date, same_day: SameDay, used: Decimal
) -> Charge:
    """The same hours at the same rate, on a day that has become another.

    :param same_day: the others, as they are now.
    """
    quantity = by_day(terms, before.unit, minutes, same_day)
    worth = _rounded(terms, quantity * before.rate) if before.rate is not None else NOUGHT
    parts = (Part(_WITHIN[terms.type], quantity, worth),)
    whole = replace(
        before,
        terms_id=terms.id,
        version=terms.version,
        parts=parts,
        limit_key=None,
        consumed=NOUGHT,
    )
    return within_limit(whole, terms, day, used)


def unbilled(terms: Terms, minutes: int) -> Charge:
    """Of hours that are not to be billed, whatever the contract would pay for them."""
    part = Part(Billing.NON_BILLABLE, rounding.hours(minutes), NOUGHT)
    return Charge(
        terms.id,
        terms.contract,
        terms.version,
        terms.type,
        terms.currency,
        Unit.HOUR,
        None,
        (part,),
        f"{terms.contract} version {terms.version}: not billable",
    )


def without_limit(charge: Charge, terms: Terms) -> Charge:
    """The same charge, as one of a contract that has no limit any more."""
    quantity = sum((each.quantity for each in charge.parts), NOUGHT)
    worth = sum((each.amount for each in charge.parts), NOUGHT)
    parts = (Part(_WITHIN[terms.type], quantity, worth),)
    return replace(charge, parts=parts, limit_key=None, consumed=NOUGHT)


def within_limit(whole: Charge, terms: Terms, day: date, used: Decimal) -> Charge:
    """The same charge, split at what is left of the limit; asked again, it is split anew.

    Neither its rate nor its worth changes by that.
    """
    limit, key = terms.limit, terms.limit_key(day)
    if limit is None or key is None or not _counts(terms.type):
        return whole
    quantity = sum((each.quantity for each in whole.parts), NOUGHT)
    worth = sum((each.amount for each in whole.parts), NOUGHT)
    size = worth if limit.measure is Measure.AMOUNT else quantity
    room = max(limit.size - used, NOUGHT)
    if size <= room:
        parts: Sequence[Part] = [Part(_WITHIN[terms.type], quantity, worth)]
        return replace(whole, parts=tuple(parts), limit_key=key, consumed=size)
    inside = _inside(terms, limit, quantity, worth, room)
    rest = Part(_BEYOND[limit.beyond], quantity - inside.quantity, worth - inside.amount)
    if limit.beyond is Beyond.OVERAGE and limit.rate is not None:
        rest = replace(rest, amount=_rounded(terms, rest.quantity * limit.rate))
    parts = [each for each in (inside, rest) if each.quantity or each.amount]
    return replace(whole, parts=tuple(parts), limit_key=key, consumed=room)


def _inside(terms: Terms, limit: Limit, quantity: Decimal, worth: Decimal, room: Decimal) -> Part:
    if limit.measure is Measure.HOURS:
        share = room / quantity
        return Part(_WITHIN[terms.type], room, _rounded(terms, worth * share))
    share = room / worth
    return Part(_WITHIN[terms.type], (quantity * share).quantize(_SHOWN).normalize(), room)


_WITHIN = {
    BillingType.TIME_AND_MATERIAL: Billing.BILLED,
    BillingType.NO_CHARGE: Billing.BILLED,
    BillingType.RETAINER: Billing.COVERED,
    BillingType.FIXED_FEE: Billing.COVERED,
    BillingType.NON_BILLABLE: Billing.NON_BILLABLE,
}
_BEYOND = {
    Beyond.HOLD: Billing.HELD,
    Beyond.WAIT: Billing.HELD,
    Beyond.NON_BILLABLE: Billing.NON_BILLABLE,
    Beyond.OVERAGE: Billing.BILLED,
}


def _counts(type_: BillingType) -> bool:
    return type_ in (BillingType.TIME_AND_MATERIAL, BillingType.RETAINER)


def by_day(terms: Terms, unit: Unit, minutes: int, same_day: SameDay) -> Decimal:
    """Units for these minutes: what the day comes to with them, less what it came to without.

    So the entries of a day add up to what the day as a whole comes to, in whatever order they come.
    """
    whole_day = same_day.minutes + minutes
    if unit is Unit.DAY:
        return rounding.days(whole_day) - same_day.quantity
    if terms.time.per is Per.DAY:
        return rounding.hours(terms.time.billed([whole_day])) - same_day.quantity
    return rounding.hours(terms.time.billed([minutes]))


def counts_by_day(terms: Terms, rated: Rated | None) -> bool:
    """Whether the other entries of the day have to be known."""
    return (rated is not None and rated.unit is Unit.DAY) or terms.time.per is Per.DAY


def _rounded(terms: Terms, amount: Decimal) -> Decimal:
    return Money(amount=amount, currency=terms.currency).rounded(_TIES[terms.tie]).amount


def _words(terms: Terms, rated: Rated | None) -> str:
    of = f"{terms.contract} version {terms.version}: {terms.type.lower().replace('_', ' ')}"
    return f"{of}; {rated.explanation}" if rated else of
