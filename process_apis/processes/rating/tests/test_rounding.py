"""Billed time and amounts, to the minute and to the cent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from process_apis.processes.rating.rounding import (
    Direction,
    Per,
    Tie,
    TimeRounding,
    amounts,
    days,
    hours,
)

D = Decimal


@pytest.mark.parametrize(
    ("direction", "minutes", "per_line", "per_day"),
    [
        (Direction.NEAREST, (7, 7, 7), "0", "0.25"),
        (Direction.UP, (7, 8, 22), "1.00", "0.75"),
        (Direction.NEAREST, (7, 8, 22), "0.50", "0.50"),
        (Direction.DOWN, (14, 29), "0.25", "0.50"),
        (Direction.NONE, (7, 8), "0.25", "0.25"),
    ],
)
def test_quarters_of_an_hour_by_line_and_by_day(
    direction: Direction, minutes: tuple[int, ...], per_line: str, per_day: str
) -> None:
    by_line = TimeRounding(direction, 15, Per.LINE).billed(minutes)
    by_day = TimeRounding(direction, 15, Per.DAY).billed(minutes)
    assert (hours(by_line), hours(by_day)) == (D(per_line), D(per_day))


@pytest.mark.parametrize(("tie", "billed"), [(Tie.HALF_UP, 45), (Tie.HALF_EVEN, 30)])
def test_exactly_between_two_steps(tie: Tie, billed: int) -> None:
    policy = TimeRounding(Direction.NEAREST, 15, Per.LINE, tie)
    assert policy.billed([D("37.5")]) == billed


@pytest.mark.parametrize(
    ("quantity", "rate", "currency", "tie", "amount"),
    [
        ("0.5", "187.45", "USD", Tie.HALF_UP, "93.73"),
        ("0.5", "187.45", "USD", Tie.HALF_EVEN, "93.72"),
        ("0.75", "18350", "JPY", Tie.HALF_UP, "13763"),
        ("0.75", "18350", "JPY", Tie.HALF_EVEN, "13762"),
        ("8", "200", "USD", Tie.HALF_UP, "1600.00"),
        ("8", "0", "USD", Tie.HALF_UP, "0.00"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(
    quantity: str, rate: str, currency: str, tie: Tie, amount: str
) -> None:
    (money,) = amounts([D(quantity)], D(rate), currency, per=Per.LINE, tie=tie)
    assert str(money.amount) == amount


@pytest.mark.parametrize(("per", "total"), [(Per.LINE, "99.06"), (Per.INVOICE, "99.05")])
def test_the_lines_of_an_invoice_add_up_to_its_total(per: Per, total: str) -> None:
    lines = amounts([D("0.33")] * 3, D("100.05"), "USD", per=per, tie=Tie.HALF_UP)
    assert sum(each.amount for each in lines) == D(total)


@given(
    st.lists(st.integers(1, 1440), min_size=1, max_size=30),
    st.decimals(0, 1000, places=2),
    st.sampled_from(("USD", "JPY", "KWD")),
    st.sampled_from(list(Tie)),
)
def test_whatever_is_billed_the_shown_lines_are_the_rounded_total(
    minutes: list[int], rate: Decimal, currency: str, tie: Tie
) -> None:
    quantities = [hours(each) for each in minutes]
    shown = amounts(quantities, rate, currency, per=Per.INVOICE, tie=tie)
    exact = sum((quantity * rate for quantity in quantities), D(0))
    (whole,) = amounts([exact], D(1), currency, per=Per.LINE, tie=tie)
    assert sum(each.amount for each in shown) == whole.amount
    smallest = D(1).scaleb(whole.amount.as_tuple().exponent)  # type: ignore[arg-type]
    for quantity, each in zip(quantities, shown, strict=True):
        assert abs(each.amount - quantity * rate) <= smallest


@pytest.mark.parametrize(
    ("minutes", "billed"), [(0, "0"), (1, "0.5"), (240, "0.5"), (241, "1"), (900, "1")]
)
def test_days_are_counted_by_person_and_day(minutes: int, billed: str) -> None:
    assert days(minutes) == D(billed)


def test_another_entry_of_the_day_rates_the_first_one_anew() -> None:
    assert (days(200), days(200 + 100)) == (D("0.5"), D(1))
