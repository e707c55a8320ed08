"""Thirteen rules in their order, and what is said of the one that holds."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from process_apis.processes.rating.cards import DraftLine, faults, unfit
from process_apis.processes.rating.rules import (
    NAMED_BY,
    NUMBER,
    Ambiguous,
    Level,
    Missing,
    Rated,
    RateLine,
    RateQuestion,
    Unit,
    rate,
)

D = Decimal
FACTS = {
    "worker": "ada",
    "role": "Senior",
    "grade": "G3",
    "task": "T1",
    "project": "P1",
    "engagement": "SOW-114",
    "client": "ACME",
    "practice": "Advisory",
    "legal_entity": "UK01",
}
ASKED = RateQuestion(date(2026, 6, 25), FACTS)


def line(row: int = 1, amount: str = "250", **names: str) -> RateLine:
    return RateLine(
        UUID(int=1),
        "STD",
        3,
        row,
        names,
        D(amount),
        "USD",
        Unit.HOUR,
        date(2026, 1, 1),
        date(2026, 12, 31),
        {"overtime": D("1.5")},
    )


def of_level(level: Level, row: int) -> RateLine:
    return line(row, str(row), **{name: FACTS[name] for name in NAMED_BY[level]})


EVERY = [of_level(level, row) for row, level in enumerate(NAMED_BY, 2)]


@pytest.mark.parametrize("level", list(NAMED_BY))
def test_the_first_rule_that_holds_decides(level: Level) -> None:
    number = NUMBER[level]
    found = rate(ASKED, [each for each in EVERY if each.row >= number])
    assert isinstance(found, Rated)
    assert (found.level, found.base) == (level, D(number))
    assert found.explanation.startswith(f"rule {number}: ")


def test_there_are_thirteen_rules() -> None:
    assert sorted(NUMBER.values()) == list(range(1, 14))


def test_what_was_approved_for_the_entry_goes_before_every_card() -> None:
    found = rate(replace(ASKED, override=(D("199.99"), "EUR")), EVERY)
    assert isinstance(found, Rated)
    assert (found.level, found.effective, found.currency) == (
        Level.ENTRY_OVERRIDE,
        D("199.99"),
        "EUR",
    )


def test_it_says_why() -> None:
    found = rate(ASKED, [line(7, engagement="SOW-114", role="Senior")])
    assert isinstance(found, Rated)
    assert found.explanation == (
        "rule 7: engagement SOW-114, role Senior, valid from 2026-01-01 to 2026-12-31: "
        "250 USD an hour (STD version 3 row 7)"
    )


def test_nothing_is_missing_and_nought_is_a_rate() -> None:
    assert isinstance(rate(ASKED, []), Missing)
    assert isinstance(rate(ASKED, [line(role="Junior")]), Missing)
    found = rate(ASKED, [line(amount="0.00", role="Senior")])
    assert isinstance(found, Rated)
    assert found.effective == 0


def test_two_lines_of_one_rule_are_ambiguous_and_two_rules_are_not() -> None:
    both = [line(1, role="Senior"), line(2, role="Senior")]
    found = rate(ASKED, both)
    assert isinstance(found, Ambiguous)
    assert "row 1" in found.explanation
    assert isinstance(rate(ASKED, [*both, line(3, project="P1", role="Senior")]), Rated)


@pytest.mark.parametrize(
    ("day", "amount"), [(date(2026, 6, 25), 250), (date(2026, 6, 30), 250), (date(2026, 7, 1), 260)]
)
def test_the_day_of_work_decides_and_not_the_day_of_the_correction(day: date, amount: int) -> None:
    before = replace(line(1, "250", role="Senior"), valid_to=date(2026, 6, 30))
    after = replace(line(2, "260", role="Senior"), valid_from=date(2026, 7, 1))
    found = rate(replace(ASKED, work_date=day), [before, after])
    assert isinstance(found, Rated)
    assert found.base == amount


@given(st.sampled_from([*NAMED_BY]), st.integers(1, 5))
def test_asked_again_it_says_the_same_and_multiplies_once(level: Level, times: int) -> None:
    asked = replace(ASKED, time_type="overtime")
    lines = [of_level(level, 4)]
    found = {str(rate(asked, lines)) for _ in range(times + 1)}
    assert len(found) == 1
    rated = rate(asked, lines)
    assert isinstance(rated, Rated)
    assert (rated.base, rated.effective) == (D(4), D("6.0"))


def test_lines_in_another_currency_are_not_asked() -> None:
    assert isinstance(rate(replace(ASKED, currency="EUR"), EVERY), Missing)


def draft(row: int, first: str, last: str | None, **more: object) -> DraftLine:
    names = {"role": "Senior"}
    until = date.fromisoformat(last) if last else None
    made = DraftLine(row, names, D(1), Unit.HOUR, date.fromisoformat(first), until)
    return replace(made, **more)  # type: ignore[arg-type]


def test_lines_that_make_no_sense_are_named_by_row_and_field() -> None:
    wrong = [
        draft(1, "2026-01-01", "2025-12-31"),
        draft(2, "2026-01-01", None, amount=D(-1)),
        draft(3, "2026-01-01", None, names={"grade": "G3"}),
    ]
    assert [(each.row, each.field) for each in faults(wrong)] == [
        (1, "valid_to"),
        (2, "amount"),
        (3, "names"),
    ]


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (draft(2, "2026-07-01", None), []),
        (draft(2, "2026-06-30", None), ["overlaps with row 1"]),
        (
            draft(2, "2026-07-03", None),
            ["leaves a gap after row 1: nothing holds from 2026-07-01 to 2026-07-02"],
        ),
        (draft(2, "2026-07-03", None, names={"role": "Junior"}), []),
    ],
)
def test_overlaps_and_gaps_keep_a_card_from_being_published(
    second: DraftLine, said: list[str]
) -> None:
    first = draft(1, "2026-01-01", "2026-06-30")
    assert [each.message for each in unfit([first, second])] == said
    assert unfit([replace(first, gap_allowed=True), draft(2, "2026-07-03", None)]) == []
