"""The most specific rule decides; of several that differ, none does."""

from dataclasses import replace
from datetime import date
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from process_apis.processes.mapping.checking import faults
from process_apis.processes.mapping.rules import (
    Condition,
    Given,
    Hit,
    NoRule,
    Rule,
    Rules,
    Several,
    facts_of,
)

DAY = date(2026, 6, 2)
PROJECT, TASK, TAG, ACTIVITY = Condition
CONTENT = {
    "project": {"external_id": "p-1", "code": "HR-1042", "name": "HR-1042 Ledger"},
    "task": {"external_id": "t-1", "code": None, "name": "Design"},
    "tags": ["Travel", "on site"],
    "activity": "Consulting",
    "work_date": "2026-06-02",
}
FACTS = facts_of(CONTENT)
ANSWERING = {PROJECT: "hr-1042", TASK: "DESIGN", TAG: "travel", ACTIVITY: "consulting "}


def rule(row: int, conditions: dict[Condition, str], task: str = "41") -> Rule:
    return Rule(row, conditions, target_task=task)


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        ({}, True),
        ({PROJECT: "p-1"}, True),
        ({PROJECT: "HR-1042  LEDGER"}, True),
        ({TASK: "design", TAG: "On Site"}, True),
        ({TAG: "remote"}, False),
        ({PROJECT: "p-1", TASK: "Build"}, False),
        ({PROJECT: "p-1", ACTIVITY: "Support"}, False),
    ],
)
def test_a_rule_holds_if_all_that_it_asks_for_is_so(
    asked: dict[Condition, str], holds: bool
) -> None:
    found = Rules([rule(1, asked)]).outcome(FACTS, DAY)
    assert isinstance(found, Hit if holds else NoRule)


@given(st.permutations([set(each) for size in range(5) for each in combinations(Condition, size)]))
def test_whatever_the_order_the_rule_that_asks_for_the_most_decides(
    asked: list[set[Condition]],
) -> None:
    rules = [
        rule(row, {name: ANSWERING[name] for name in names}, str(row))
        for row, names in enumerate(asked, 1)
    ]
    found = Rules(rules).outcome(FACTS, DAY)
    assert isinstance(found, Hit)
    assert len(found.rule.conditions) == 4


def test_equally_specific_rules_are_one_if_they_give_the_same() -> None:
    travel, site = rule(1, {TAG: "travel"}), rule(2, {TAG: "on site"})
    same = Rules([site, travel]).outcome(FACTS, DAY)
    assert same == Hit(travel)
    other = replace(site, billing_code="B-7")
    assert Rules([travel, other]).outcome(FACTS, DAY) == Several((travel, other))


def test_the_day_of_work_chooses() -> None:
    first = replace(rule(1, {TASK: "design"}), valid_to=date(2026, 6, 30))
    later = replace(rule(2, {TASK: "design"}, "42"), valid_from=date(2026, 7, 1))
    rules = Rules([later, first])
    assert rules.outcome(FACTS, date(2026, 6, 30)) == Hit(first)
    assert rules.outcome(FACTS, date(2026, 7, 1)) == Hit(later)
    assert faults([first, later], [], {"41", "42"}) == []


def test_an_entry_without_task_or_tags_is_mapped_by_what_it_has() -> None:
    bare = facts_of({"project": CONTENT["project"], "task": None, "tags": [], "work_date": "x"})
    rules = Rules([rule(1, {PROJECT: "p-1"}), rule(2, {TASK: "Design"}), rule(3, {TAG: "travel"})])
    found = rules.outcome(bare, DAY)
    assert isinstance(found, Hit)
    assert found.rule.row == 1


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"valid_from": DAY, "valid_to": date(2026, 6, 1)}, "valid_to", "is before valid_from"),
        ({"target_task": None}, "target_task", "gives nothing"),
        ({"target_task": "99"}, "target_task", "knows no task 99"),
        ({"conditions": {TASK: " DESIGN"}}, "valid_from", "overlaps with row 1"),
    ],
)
def test_what_makes_no_sense_is_named_by_row_and_field(
    wrong: dict[str, object], field: str, said: str
) -> None:
    sound = rule(1, {TASK: "design"})
    second = replace(rule(2, {TASK: "build"}), **wrong)  # type: ignore[arg-type]
    (fault,) = faults([sound, second], [], {"41"})
    assert (fault.row, fault.field) == (2, field)
    assert said in fault.message


def test_what_is_required_is_given_by_every_rule() -> None:
    found = faults([rule(1, {})], [Given.BILLING_CODE], {"41"})
    assert [(each.row, each.field) for each in found] == [(1, "billing_code")]
