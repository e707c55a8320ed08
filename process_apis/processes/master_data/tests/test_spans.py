"""What is left of a span of days when another takes its place."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from process_apis.processes.master_data.spans import Span

START = date(2026, 6, 1)
DAYS = [START + timedelta(days=number) for number in range(-1, 12)]
ENDS = st.none() | st.integers(0, 10).map(lambda number: START + timedelta(days=number))


@st.composite
def spans(draw: st.DrawFn) -> Span:
    first, last = draw(ENDS), draw(ENDS)
    if first and last and last < first:
        first, last = last, first
    return Span(first, last)


def days(span: Span) -> set[date]:
    return {day for day in DAYS if (span.first or day) <= day <= (span.last or day)}


@given(spans(), spans())
def test_every_day_is_in_just_one_of_what_is_left_and_what_took_its_place(
    span: Span, other: Span
) -> None:
    left = span.without(other)
    assert sorted(day for each in left for day in days(each)) == sorted(days(span) - days(other))
    assert span.overlaps(other) is bool(days(span) & days(other))
