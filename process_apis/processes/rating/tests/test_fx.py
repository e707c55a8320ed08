"""Rates of exchange by day, with the rule that was used."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from process_apis.processes.rating.fx import Quote, Wanted, choose
from shared.values import Money

D = Decimal
FRIDAY, SUNDAY = date(2026, 6, 26), date(2026, 6, 28)
QUOTES = [
    Quote("EUR", "USD", date(2026, 6, 25), D("1.0850")),
    Quote("EUR", "USD", FRIDAY, D("1.0920")),
    Quote("USD", "GBP", FRIDAY, D("0.79")),
]


def test_the_day_itself_and_over_a_weekend_the_day_before() -> None:
    thursday = choose(Wanted("EUR", "USD", date(2026, 6, 25)), QUOTES)
    assert thursday is not None
    assert thursday.rate == D("1.0850")
    sunday = choose(Wanted("EUR", "USD", SUNDAY), QUOTES)
    assert sunday is not None
    assert (sunday.rate, sunday.day) == (D("1.0920"), FRIDAY)
    assert sunday.explanation == "spot EUR to USD of 2026-06-26, 2 days before: 1.0920"


@pytest.mark.parametrize(("day", "found"), [(date(2026, 7, 1), True), (date(2026, 7, 2), False)])
def test_a_quote_holds_for_five_days(day: date, found: bool) -> None:
    assert (choose(Wanted("EUR", "USD", day), QUOTES) is not None) == found


def test_no_quote_of_the_future_is_used() -> None:
    assert choose(Wanted("EUR", "USD", date(2026, 6, 24)), QUOTES) is None


def test_the_other_way_round_and_through_a_third_currency() -> None:
    back = choose(Wanted("GBP", "USD", FRIDAY), QUOTES)
    assert back is not None
    assert back.rate == 1 / D("0.79")
    assert back.explanation.endswith("the other way round")
    assert choose(Wanted("EUR", "GBP", FRIDAY), QUOTES) is None
    through = choose(Wanted("EUR", "GBP", FRIDAY, via="USD"), QUOTES)
    assert through is not None
    assert through.rate == D("1.0920") * D("0.79")
    assert through.explanation.startswith("through USD: ")


@pytest.mark.parametrize(
    ("amount", "rate", "worth"),
    [
        ("1200.00", "1.0850", "1302.00"),
        ("900.00", "1.0850", "976.50"),
        ("836.00", "0.79", "660.44"),
    ],
)
def test_amounts_to_the_cent(amount: str, rate: str, worth: str) -> None:
    assert Money(amount=D(amount) * D(rate), currency="USD").rounded().amount == D(worth)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=20), st.integers(0, 60))
def test_it_is_the_latest_that_is_not_too_old(days: list[int], asked: int) -> None:
    def day(number: int) -> date:
        return date.fromordinal(date(2026, 1, 1).toordinal() + number)

    quotes = [Quote("EUR", "USD", day(each), D(each + 1)) for each in days]
    usable = [each for each in days if 0 <= asked - each <= 5]
    found = choose(Wanted("EUR", "USD", day(asked)), quotes)
    assert (found.rate if found else None) == (D(max(usable) + 1) if usable else None)
