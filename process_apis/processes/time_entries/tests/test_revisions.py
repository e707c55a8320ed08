"""The tracker's own numbers decide what is newer, in whatever order its versions arrive."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from process_apis.processes.time_entries.rules import Decision, Head, Observation, Outcome, apply

START = datetime(2026, 6, 8, 9, 0, tzinfo=UTC)


def content(minutes: int) -> dict[str, Any]:
    return {"worker": {"external_id": "u"}, "work_date": "2026-06-02", "minutes": minutes}


def pushed(number: int | None, minutes: int, at: int = 0) -> Observation:
    """A version that was pushed; ``at`` is the minute that the tracker names."""
    return Observation(
        "e1",
        START + timedelta(minutes=at),
        "webhook",
        content(minutes),
        Decision("APPROVED"),
        final=True,
        pushed=True,
        revision=number,
    )


def after(*history: Observation) -> tuple[Head, list[Outcome]]:
    head: Head | None = None
    outcomes = []
    for each in history:
        outcomes.append(apply(head, each))
        head = outcomes[-1].head
    assert head is not None
    return head, outcomes


def test_an_older_number_changes_nothing_however_new_its_instant() -> None:
    head, outcomes = after(pushed(2, 60, at=0), pushed(1, 90, at=5))
    assert [each.effect for each in outcomes] == ["changed", "stale"]
    assert (head.minutes, head.revision) == (60, 2)


def test_a_newer_number_counts_however_old_its_instant() -> None:
    """The tracker's clock went back; ours does not."""
    head, _ = after(pushed(1, 60, at=5), pushed(2, 90, at=0))
    assert (head.minutes, head.revision, head.version) == (90, 2, 2)
    assert head.observed_at == START + timedelta(minutes=5)


def test_the_same_number_again_is_no_change_or_is_refused() -> None:
    _, outcomes = after(pushed(1, 60), pushed(1, 60), pushed(1, 90))
    assert [each.effect for each in outcomes] == ["changed", "unchanged", "refused"]
    assert outcomes[-1].steps == ("refused: revision 1 came again and says something else",)


def test_an_approval_needs_a_number_of_its_own() -> None:
    draft = replace(pushed(1, 60), decision=Decision("OPEN"))
    assert after(draft, pushed(1, 60, at=1))[1][-1].effect == "refused"
    assert after(draft, pushed(2, 60, at=1))[0].state == "APPROVED"


def test_numbers_that_were_passed_over_are_named() -> None:
    _, outcomes = after(pushed(4, 60), pushed(5, 70, at=1), pushed(8, 90, at=2))
    assert [each.passed_over for each in outcomes] == [None, None, (6, 7)]
    assert outcomes[-1].steps[-1] == "revisions 6 to 7 were not seen"


def test_numbers_are_passed_over_by_what_changes_nothing_else_too() -> None:
    assert after(pushed(1, 60), pushed(3, 60, at=1))[1][-1].passed_over == (2, 2)


def test_after_a_deletion_the_instant_decides() -> None:
    """It has no number: what was on its way when it came must not bring the entry back."""
    gone = replace(pushed(None, 0, at=5), content=None, decision=None)
    assert after(pushed(1, 60), gone, pushed(2, 90, at=4))[0].state == "DELETED"
    assert after(pushed(1, 60), gone, pushed(3, 90, at=6))[0].minutes == 90


def test_without_numbers_the_instants_decide() -> None:
    head, outcomes = after(pushed(None, 60, at=5), pushed(None, 90, at=4), pushed(1, 70, at=6))
    assert [each.effect for each in outcomes] == ["changed", "stale", "changed"]
    assert (head.minutes, head.revision) == (70, 1)


@given(st.lists(st.integers(1, 6), min_size=1, max_size=15))
def test_whatever_the_order_and_however_often_the_highest_number_stands(
    numbers: list[int],
) -> None:
    head, outcomes = after(*(pushed(number, 10 * number) for number in numbers))
    assert (head.minutes, head.revision) == (10 * max(numbers), max(numbers))
    highest = 0
    for number, outcome in zip(numbers, outcomes, strict=True):
        assert (outcome.effect == "changed") is (number > highest)
        highest = max(highest, number)
