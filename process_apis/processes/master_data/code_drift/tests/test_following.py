"""Which record hours go to when others came in the place of theirs."""

from datetime import date
from uuid import UUID

import pytest

from process_apis.processes.master_data.code_drift.following import (
    Succession,
    When,
    follow,
    leads_back,
)

A, B, C, D = (UUID(int=number) for number in range(1, 5))
FROM = date(2026, 6, 10)
BEFORE, AFTER, TODAY = date(2026, 6, 9), FROM, date(2026, 6, 20)


def saying(*said: Succession) -> dict[UUID, Succession]:
    return {each.record_id: each for each in said}


MERGED = saying(Succession(A, FROM, C), Succession(B, FROM, C))
SPLIT = saying(Succession(A, FROM, by_task={"design": B, "build": C, "t-1": B}))


@pytest.mark.parametrize(
    ("when", "record", "into"),
    [
        (When(BEFORE, TODAY), A, A),
        (When(AFTER, TODAY), A, C),
        (When(AFTER, TODAY), B, C),
        (When(AFTER, TODAY), C, C),
        (When(BEFORE, TODAY, correction=True), A, C),
        (When(BEFORE, BEFORE, correction=True), A, A),
        (When(AFTER, BEFORE, correction=True), A, C),
    ],
)
def test_the_day_of_work_decides_and_of_a_correction_today(
    when: When, record: UUID, into: UUID
) -> None:
    assert follow(MERGED, record, when) == ("one", into)


@pytest.mark.parametrize(
    ("task", "found"),
    [
        ({"design"}, ("one", B)),
        ({"t-1", "design"}, ("one", B)),
        ({"build"}, ("one", C)),
        ({"design", "build"}, ("several", None)),
        ({"other"}, ("several", None)),
        ((), ("several", None)),
    ],
)
def test_of_a_split_the_rule_for_the_task_decides(
    task: set[str], found: tuple[str, UUID | None]
) -> None:
    assert follow(SPLIT, A, When(AFTER, TODAY, task)) == found


def test_it_is_followed_step_by_step_and_never_in_a_circle() -> None:
    later = date(2026, 6, 15)
    said = saying(Succession(A, FROM, B), Succession(B, later, C))
    assert follow(said, A, When(FROM, TODAY)) == ("one", B)
    assert follow(said, A, When(later, TODAY)) == ("one", C)
    assert leads_back(said, A, A)
    assert leads_back(said, B, A)
    assert leads_back(said, C, A)
    assert not leads_back(said, D, A)
    assert leads_back(SPLIT, C, A)
    circle = saying(Succession(A, FROM, B), Succession(B, FROM, A))
    assert follow(circle, A, When(FROM, TODAY)) == ("one", B)
