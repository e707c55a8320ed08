"""The verdict notices everything that could be wrong."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from deploy.local.scenario.firm import read_firm
from deploy.local.scenario.make_plan import FIRST_DAY, make_plan
from deploy.local.scenario.plan import Fate, Later
from deploy.local.scenario.verdict import (
    Case,
    Decisions,
    Expectation,
    Line,
    all_of,
    differences,
    mark_differences,
)


def lived() -> Expectation:
    """The expectation after everything that the plan holds has happened."""
    expectation = Expectation()
    for number, (week, entry) in enumerate(make_plan(read_firm(FIRST_DAY)).entries()):
        expectation.note(f"e{number}", week, entry)
        if entry.later:
            shorter = entry.minutes - 30 if entry.later is Later.EDIT else 0
            expectation.note_later(f"e{number}", shorter)
    return expectation


EXPECTED = lived()
LINES = list(EXPECTED.lines.values())
CASES = [Case(entry_id, code) for entry_id, code in EXPECTED.cases.items()]
ELSEWHERE = Line("a@b.example", FIRST_DAY, "HR-1 Elsewhere", "Talk", 60)


def test_all_as_expected_is_no_difference_in_whatever_order() -> None:
    assert differences(EXPECTED, reversed(LINES), reversed(CASES)) == []


def test_what_was_not_approved_is_not_expected_in_the_erp() -> None:
    plan = make_plan(read_firm(FIRST_DAY))
    approved = sum(len(w.entries) for w in plan.weeks if w.fate is Fate.APPROVED)
    assert EXPECTED.approved == approved < len(EXPECTED.known)
    deleted = 1
    assert len(EXPECTED.lines) + len(EXPECTED.cases) + deleted == approved


def test_a_line_follows_an_entry_that_is_changed_or_deleted_after_posting() -> None:
    expectation = Expectation(lines={"kept": ELSEWHERE, "gone": ELSEWHERE})
    expectation.note_later("kept", 30)
    expectation.note_later("gone", 0)
    assert expectation.lines == {"kept": replace(ELSEWHERE, minutes=30)}


def test_a_missing_line_is_a_difference() -> None:
    told = differences(EXPECTED, LINES[1:], CASES)
    assert len(told) == 2
    assert told[0] == f"missing in the ERP (1 x): {LINES[0]}"
    assert "minutes stand in the ERP" in told[1]


def test_a_double_line_is_a_difference() -> None:
    told = differences(EXPECTED, [*LINES, LINES[5]], CASES)
    assert told[0] == f"2 times in the ERP instead of 1: {LINES[5]}"


def test_a_line_from_nowhere_is_a_difference() -> None:
    told = differences(EXPECTED, [*LINES, ELSEWHERE], CASES)
    assert told[0].startswith("in the ERP, but nobody entered and approved it (1 x): 2026-10-26")


def other_minutes(line: Line) -> Line:
    return replace(line, minutes=line.minutes + 1)


def other_day(line: Line) -> Line:
    return replace(line, date=line.date + timedelta(days=1))


def other_worker(line: Line) -> Line:
    return replace(line, email="somebody.else@haldenridge.example")


def other_project(line: Line) -> Line:
    return replace(line, project="HR-1 Elsewhere")


def other_task(line: Line) -> Line:
    return replace(line, task="Talk")


@pytest.mark.parametrize(
    "wrong", [other_minutes, other_day, other_worker, other_project, other_task]
)
def test_a_wrong_line_is_two_differences(wrong: Callable[[Line], Line]) -> None:
    told = differences(EXPECTED, [wrong(LINES[0]), *LINES[1:]], CASES)
    assert told[0].startswith("missing")
    assert told[1].startswith("in the ERP, but nobody entered")


def test_two_wrong_lines_that_even_out_are_still_differences() -> None:
    first, second = LINES[0], LINES[1]
    shifted = [
        replace(first, minutes=first.minutes + 1),
        replace(second, minutes=second.minutes - 1),
    ]
    assert len(differences(EXPECTED, [*shifted, *LINES[2:]], CASES)) == 4


def test_a_missing_case_is_a_difference() -> None:
    told = differences(EXPECTED, LINES, CASES[1:])
    assert told == [f"no open case {CASES[0].code} for {EXPECTED.known[CASES[0].entry_id]}"]


def test_a_case_with_another_code_is_two_differences() -> None:
    told = differences(EXPECTED, LINES, [replace(CASES[0], code="EX_REJECTED"), *CASES[1:]])
    assert [line.split(" for ")[0] for line in told] == [
        f"no open case {CASES[0].code}",
        "unexpected open case EX_REJECTED",
    ]


def test_a_case_at_an_unknown_entry_is_a_difference() -> None:
    told = differences(EXPECTED, LINES, [*CASES, Case("e9999", "TM_LIMIT")])
    assert told == ["unexpected open case TM_LIMIT for an entry e9999 that nobody entered"]


def test_two_equal_cases_on_one_entry_are_a_difference() -> None:
    assert len(differences(EXPECTED, LINES, [*CASES, CASES[0]])) == 1


def test_two_trackers_are_judged_together() -> None:
    second = Expectation()
    second.note_line("ada:1", ELSEWHERE, approved=True, case=None)
    second.note_line("ada:2", ELSEWHERE, approved=True, case="TM_LIMIT")
    second.note_line("ada:3", ELSEWHERE, approved=False, case=None)
    together = all_of([EXPECTED, second])
    assert differences(together, [*LINES, ELSEWHERE], [*CASES, Case("ada:2", "TM_LIMIT")]) == []
    assert together.approved == EXPECTED.approved + 2
    assert len(differences(together, LINES, CASES)) == 3


def test_people_who_are_not_told_in_their_tracker_are_a_difference() -> None:
    trackers = {"Clockify": EXPECTED}
    assert mark_differences(trackers, {"Clockify": len(LINES)}) == []
    told = mark_differences(trackers, {"Clockify": 3})
    assert told == [f"3 entries are marked as posted in Clockify instead of {len(LINES)}"]


def test_a_decision_too_few_or_too_many_is_a_difference() -> None:
    decisions = Decisions(Counter({"Approved by ines.": 2}), Counter({"Approved by ada.": 1}))
    assert decisions.differences() == [
        "decided in Timepost 1 times instead of 0: Approved by ada.",
        "decided in Timepost 0 times instead of 2: Approved by ines.",
    ]
