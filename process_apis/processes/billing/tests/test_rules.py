"""What hours come to under the terms of a contract, to the cent, with worked examples."""

from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from process_apis.processes.billing.rules import (
    Beyond,
    Billing,
    BillingType,
    Charge,
    Limit,
    LimitPer,
    Measure,
    SameDay,
    Terms,
    charge,
    counts_by_day,
    unbilled,
    within_limit,
    without_limit,
)
from process_apis.processes.rating.rounding import Direction, Per, TimeRounding
from process_apis.processes.rating.rules import Level, Rated, RateLine, Unit

DAY = date(2026, 6, 25)
ID = UUID(int=1)
AMOUNT, HOURS = Measure.AMOUNT, Measure.HOURS


def terms(
    type_: BillingType = BillingType.TIME_AND_MATERIAL,
    limit: Limit | None = None,
    currency: str = "USD",
    time: TimeRounding | None = None,
) -> Terms:
    return Terms(ID, "SOW-114", 2, type_, currency, None, limit, time or TimeRounding())


def rated(amount: str, unit: Unit = Unit.HOUR) -> Rated:
    rate = Decimal(amount)
    line = RateLine(uuid4(), "STD", 3, 1, {"role": "Senior"}, rate, "USD", unit, date(2026, 1, 1))
    return Rated(Level.GLOBAL_ROLE, rate, rate, "USD", unit, line, None, "rule 13: role Senior")


def parts(found: Charge) -> list[tuple[str, Decimal, Decimal]]:
    return [(each.billing.value, each.quantity, each.amount) for each in found.parts]


def test_eight_hours_at_250_are_2000_and_say_where_the_rate_is_from() -> None:
    found = charge(terms(), 480, DAY, rated("250"))
    assert parts(found) == [("BILLED", Decimal(8), Decimal("2000.00"))]
    assert (found.card, found.card_version, found.card_row) == ("STD", 3, 1)
    assert found.explanation == "SOW-114 version 2: time and material; rule 13: role Senior"
    assert (found.limit_key, found.consumed) == (None, Decimal(0))


def test_at_the_limit_three_hours_are_billed_and_five_are_held() -> None:
    limit = Limit(AMOUNT, Decimal(50_000))
    found = charge(terms(limit=limit), 480, DAY, rated("200"), used=Decimal(49_400))
    assert parts(found) == [
        ("BILLED", Decimal(3), Decimal("600")),
        ("HELD", Decimal(5), Decimal("1000.00")),
    ]
    assert (found.limit_key, found.consumed) == ("SOW-114", Decimal(600))


def test_a_limit_is_met_by_amount_and_the_quantity_follows() -> None:
    """655.00 and 3.275 hours; never 3.28 hours, which would be 656."""
    limit = Limit(AMOUNT, Decimal(50_000))
    found = charge(terms(limit=limit), 480, DAY, rated("200"), used=Decimal(49_345))
    assert parts(found)[0] == ("BILLED", Decimal("3.275"), Decimal(655))
    assert parts(found)[1] == ("HELD", Decimal("4.725"), Decimal("945.00"))


def test_a_limit_in_hours_is_met_by_hours() -> None:
    limit = Limit(HOURS, Decimal(10))
    found = charge(terms(limit=limit), 180, DAY, rated("100.05"), used=Decimal(8))
    assert parts(found) == [
        ("BILLED", Decimal(2), Decimal("200.10")),
        ("HELD", Decimal(1), Decimal("100.05")),
    ]


@pytest.mark.parametrize(
    ("beyond", "rate", "part"),
    [
        (Beyond.HOLD, None, ("HELD", Decimal(5), Decimal(1000))),
        (Beyond.WAIT, None, ("HELD", Decimal(5), Decimal(1000))),
        (Beyond.NON_BILLABLE, None, ("NON_BILLABLE", Decimal(5), Decimal(1000))),
        (Beyond.OVERAGE, None, ("BILLED", Decimal(5), Decimal(1000))),
        (Beyond.OVERAGE, Decimal(150), ("BILLED", Decimal(5), Decimal(750))),
    ],
)
def test_what_is_beyond_a_limit_goes_the_way_that_was_agreed(
    beyond: Beyond, rate: Decimal | None, part: tuple[str, Decimal, Decimal]
) -> None:
    limit = Limit(AMOUNT, Decimal(600), beyond=beyond, rate=rate)
    found = charge(terms(limit=limit), 480, DAY, rated("200"))
    assert parts(found) == [("BILLED", Decimal(3), Decimal(600)), part]


def test_a_used_up_limit_leaves_nothing_within() -> None:
    limit = Limit(AMOUNT, Decimal(600))
    found = charge(terms(limit=limit), 60, DAY, rated("200"), used=Decimal(700))
    assert parts(found) == [("HELD", Decimal(1), Decimal(200))]
    assert found.consumed == 0


def test_under_a_retainer_hours_are_covered_and_months_are_apart() -> None:
    limit = Limit(HOURS, Decimal(10), LimitPer.MONTH, Beyond.OVERAGE, Decimal(180))
    retainer = terms(BillingType.RETAINER, limit)
    assert not retainer.needs_rate
    found = charge(retainer, 180, DAY, None, used=Decimal(8))
    assert parts(found) == [
        ("COVERED", Decimal(2), Decimal(0)),
        ("BILLED", Decimal(1), Decimal("180.00")),
    ]
    assert (found.limit_key, found.billed) == ("SOW-114/2026-06", Decimal("180.00"))


def test_fixed_fees_free_hours_and_hours_not_billed_need_no_rate() -> None:
    for type_, billing in (
        (BillingType.FIXED_FEE, "COVERED"),
        (BillingType.NO_CHARGE, "BILLED"),
    ):
        of = terms(type_)
        assert not of.needs_rate
        assert parts(charge(of, 90, DAY, None)) == [(billing, Decimal("1.5"), Decimal(0))]
    assert parts(unbilled(terms(), 90)) == [("NON_BILLABLE", Decimal("1.5"), Decimal(0))]


def test_yen_have_no_decimals() -> None:
    found = charge(terms(currency="JPY"), 45, DAY, rated("18350"))
    assert found.billed == Decimal(13_763)


def test_by_the_day_a_second_entry_adds_what_the_day_comes_to_with_it() -> None:
    daily = rated("1800", Unit.DAY)
    assert counts_by_day(terms(), daily)
    first = charge(terms(), 200, DAY, daily)
    second = charge(terms(), 100, DAY, daily, same_day=SameDay(200, Decimal("0.5")))
    third = charge(terms(), 100, DAY, daily, same_day=SameDay(300, Decimal(1)))
    assert [each.billed for each in (first, second, third)] == [900, 900, 0]


def test_time_rounded_by_the_day_comes_to_the_days_whole() -> None:
    """7 + 7 + 7 minutes, to the nearest 15: nothing by line, a quarter of an hour by day."""
    by_day = terms(time=TimeRounding(Direction.NEAREST, 15, Per.DAY))
    quantities, before = [], SameDay()
    for _ in range(3):
        (part,) = charge(by_day, 7, DAY, rated("100"), same_day=before).parts
        quantities.append(part.quantity)
        before = SameDay(before.minutes + 7, before.quantity + part.quantity)
    assert sum(quantities) == Decimal("0.25")
    by_line = terms(time=TimeRounding(Direction.NEAREST, 15))
    assert charge(by_line, 7, DAY, rated("100")).billed == 0


def test_more_room_releases_what_was_held_and_leaves_the_worth_as_it_was() -> None:
    limited = terms(limit=Limit(AMOUNT, Decimal(600)))
    before = charge(limited, 480, DAY, rated("200"))
    raised = terms(limit=Limit(AMOUNT, Decimal(1000)))
    after = within_limit(before, raised, DAY, Decimal(0))
    assert (after.billed, after.held) == (Decimal(1000), Decimal(600))
    freed = without_limit(after, terms())
    assert (freed.billed, freed.held, freed.limit_key) == (Decimal(1600), Decimal(0), None)


_CENTS = st.decimals(0, 5000, places=2)


@given(
    minutes=st.integers(1, 1500),
    rate=_CENTS,
    size=st.decimals("0.01", 20000, places=2),
    used=st.decimals(0, 30000, places=2),
    measure=st.sampled_from(Measure),
    currency=st.sampled_from(["USD", "JPY", "KWD"]),
)
def test_the_parts_add_up_to_the_whole_and_no_limit_is_overrun(
    minutes: int, rate: Decimal, size: Decimal, used: Decimal, measure: Measure, currency: str
) -> None:
    limit = Limit(measure, size)
    whole = charge(terms(currency=currency), minutes, DAY, rated(str(rate)))
    split = charge(terms(limit=limit, currency=currency), minutes, DAY, rated(str(rate)), used=used)
    assert sum(each.amount for each in split.parts) == whole.billed
    assert sum(each.quantity for each in split.parts) == whole.billed_quantity
    assert used + split.consumed <= max(size, used)
    assert all(each.amount >= 0 and each.quantity >= 0 for each in split.parts)
    assert all(each.billing in (Billing.BILLED, Billing.HELD) for each in split.parts)


@given(st.lists(st.integers(1, 480), min_size=1, max_size=6), st.booleans())
def test_the_entries_of_a_day_add_up_in_whatever_order_they_come(
    minutes: list[int], up: bool
) -> None:
    policy = TimeRounding(Direction.UP if up else Direction.NEAREST, 15, Per.DAY)
    of, before = terms(time=policy), SameDay()
    for each in minutes:
        (part,) = charge(of, each, DAY, rated("100"), same_day=before).parts
        before = SameDay(before.minutes + each, before.quantity + part.quantity)
    assert before.quantity == policy.billed([sum(minutes)]) / 60
