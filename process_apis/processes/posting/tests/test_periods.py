"""Which day of the ledger work counts for, in calendars of every kind."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from process_apis.processes.posting.periods import Period, accounting_date, is_open
from process_apis.upstream.erp import PeriodStatus

OPEN, SOFT, CLOSED, LOCKED, FUTURE = (
    PeriodStatus.OPEN,
    PeriodStatus.SOFT_CLOSED,
    PeriodStatus.CLOSED,
    PeriodStatus.LOCKED,
    PeriodStatus.FUTURE,
)
DAY = date(2026, 4, 28)


def months(*statuses: PeriodStatus) -> list[Period]:
    """April 2026, May, June, ..."""
    first = [date(2026, 4 + number, 1) for number in range(len(statuses) + 1)]
    return [
        Period(first[number], first[number + 1] - timedelta(days=1), status)
        for number, status in enumerate(statuses)
    ]


@pytest.mark.parametrize(
    ("statuses", "let_in", "booked"),
    [
        ((OPEN, OPEN), False, DAY),
        ((CLOSED, OPEN), False, date(2026, 5, 1)),
        ((LOCKED, CLOSED, OPEN), False, date(2026, 6, 1)),
        ((CLOSED, FUTURE), False, None),
        ((FUTURE, OPEN), False, date(2026, 5, 1)),
        ((SOFT, OPEN), False, date(2026, 5, 1)),
        ((SOFT, OPEN), True, DAY),
        ((CLOSED, SOFT, OPEN), True, date(2026, 6, 1)),
        ((SOFT,), False, None),
    ],
)
def test_the_day_itself_or_the_first_of_the_next_open_period(
    statuses: tuple[PeriodStatus, ...], let_in: bool, booked: date | None
) -> None:
    assert accounting_date(DAY, months(*statuses), let_in=let_in) == booked
    assert is_open(DAY, months(*statuses), let_in=let_in) is (booked == DAY)


def test_a_quarter_of_four_four_and_five_weeks_and_a_fiscal_year_from_july() -> None:
    """Calendars are told by the ERP, not computed from months."""
    weeks = [
        Period(date(2025, 12, 28), date(2026, 1, 24), CLOSED),
        Period(date(2026, 1, 25), date(2026, 2, 21), CLOSED),
        Period(date(2026, 2, 22), date(2026, 3, 28), OPEN),
    ]
    assert accounting_date(date(2026, 1, 24), weeks) == date(2026, 2, 22)
    assert accounting_date(date(2026, 3, 28), weeks) == date(2026, 3, 28)
    years = [
        Period(date(2025, 7, 1), date(2026, 6, 30), CLOSED),
        Period(date(2026, 7, 1), date(2027, 6, 30), OPEN),
    ]
    # Sydney, 1 July at eight: still 30 June in UTC, and yet the new fiscal year.
    assert accounting_date(date(2026, 7, 1), years) == date(2026, 7, 1)
    assert accounting_date(date(2026, 6, 30), years) == date(2026, 7, 1)


@given(
    statuses=st.lists(st.sampled_from(PeriodStatus), min_size=1, max_size=8),
    offset=st.integers(min_value=-40, max_value=300),
    let_in=st.booleans(),
)
def test_it_lies_in_a_period_that_takes_it_and_never_before_the_work(
    statuses: list[PeriodStatus], offset: int, let_in: bool
) -> None:
    day = date(2026, 4, 1) + timedelta(days=offset)
    calendar = months(*statuses)
    booked = accounting_date(day, calendar, let_in=let_in)
    if booked is None:
        return
    assert booked >= day
    (period,) = [each for each in calendar if each.start_date <= booked <= each.end_date]
    assert period.status is OPEN or (period.status is SOFT and let_in and booked == day)
