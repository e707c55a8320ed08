"""What a changed entry means for the postings that it has."""

from typing import Any
from uuid import UUID

import pytest

from process_apis.processes.posting.planning import Plan, plan
from process_apis.processes.posting.states import IN_FLIGHT, UNSENT, PostingKind, PostingState

ONE, TWO, BACK = UUID(int=1), UUID(int=2), UUID(int=9)
GROUP = UUID(int=77)
POSTED, PENDING, REVERSED = (
    PostingState.POSTED,
    PostingState.REVERSAL_PENDING,
    PostingState.REVERSED,
)


def entry(state: str = "APPROVED", version: int = 1, approved: int | None = 1) -> dict[str, object]:
    return {"state": state, "version": version, "approved_version": approved}


def posting(
    state: PostingState, version: int = 1, identity: UUID = ONE, **more: Any
) -> dict[str, object]:
    return {
        "id": identity,
        "version": version,
        "state": state,
        "kind": PostingKind.ORIGINAL,
        "round": 0,
        "serves_version": None,
        "correction_group": None,
        "reverses_id": None,
        **more,
    }


def reversal(state: PostingState, serves: int | None, **more: Any) -> dict[str, object]:
    facts: dict[str, Any] = {
        "kind": PostingKind.REVERSAL,
        "serves_version": serves,
        "reverses_id": ONE,
        "correction_group": GROUP,
    }
    return posting(state, 1, BACK, **{**facts, **more})


def replacement(state: PostingState, version: int = 2, **more: Any) -> dict[str, object]:
    kind = {"kind": PostingKind.REPLACEMENT, "correction_group": GROUP}
    return posting(state, version, TWO, **{**kind, **more})


def test_an_approved_version_is_received_once() -> None:
    made = plan(entry(), []).receive
    assert made is not None
    assert (made.kind, made.round) == (PostingKind.ORIGINAL, 0)
    for state in set(PostingState) - {REVERSED}:
        assert plan(entry(), [posting(state)]).receive is None


def test_what_was_taken_back_and_is_approved_once_more_is_another_posting() -> None:
    made = plan(entry(), [posting(REVERSED), reversal(POSTED, None)]).receive
    assert made is not None
    assert (made.kind, made.round) == (PostingKind.ORIGINAL, 1)


@pytest.mark.parametrize("state", sorted(UNSENT))
def test_what_was_not_sent_gives_way(state: PostingState) -> None:
    assert plan(entry("REOPENED"), [posting(state)]).supersede == (ONE,)
    assert plan(entry("DELETED"), [posting(state)]).supersede == (ONE,)
    made = plan(entry(version=2, approved=2), [posting(state)])
    assert made.receive is not None
    assert made.supersede == (ONE,)
    assert made.correct is None


@pytest.mark.parametrize("state", sorted(IN_FLIGHT))
def test_what_is_on_its_way_is_left_alone(state: PostingState) -> None:
    assert plan(entry("REOPENED"), [posting(state)]) == Plan()
    assert plan(entry("DELETED"), [posting(state)]) == Plan()
    assert plan(entry("REJECTED"), [posting(state)]) == Plan()
    made = plan(entry(version=2, approved=2), [posting(state)])
    assert made.receive is not None
    assert (made.supersede, made.correct) == ((), None)


@pytest.mark.parametrize("state", [POSTED, PostingState.MISPOSTED])
def test_what_stands_is_corrected_when_the_next_version_is_approved(state: PostingState) -> None:
    for open_again in ("REOPENED", "DRAFT", "SUBMITTED"):
        assert plan(entry(open_again, version=2), [posting(state)]) == Plan()
    made = plan(entry(version=2, approved=2), [posting(state)])
    assert made.correct is not None
    assert (made.correct.standing["id"], made.correct.serves) == (ONE, 2)
    assert made.receive is not None
    assert made.receive.kind is PostingKind.REPLACEMENT


@pytest.mark.parametrize("state", ["DELETED", "REJECTED"])
def test_what_does_not_count_any_more_is_taken_back(state: str) -> None:
    made = plan(entry(state), [posting(POSTED)])
    assert made.receive is None
    assert made.correct is not None
    assert made.correct.serves is None
    going_on = [posting(PENDING), reversal(PostingState.READY, None)]
    assert plan(entry(state), going_on) == Plan()


@pytest.mark.parametrize("state", sorted(UNSENT))
def test_a_correction_under_way_is_planned_once(state: PostingState) -> None:
    rows = [posting(PENDING), reversal(state, 2), replacement(PostingState.PARKED)]
    assert plan(entry(version=2, approved=2), rows) == Plan()


def test_a_correction_follows_the_newest_version() -> None:
    rows = [posting(PENDING), reversal(PostingState.READY, 2), replacement(PostingState.PARKED)]
    made = plan(entry(version=3, approved=3), rows)
    assert made.supersede == (TWO,)
    assert made.receive is not None
    assert made.correct is not None
    assert made.correct.reversal is not None
    assert (made.correct.reversal["id"], made.correct.serves) == (BACK, 3)


def test_a_correction_that_is_not_wanted_any_more_is_given_up() -> None:
    rows = [posting(PENDING), reversal(PostingState.READY, 2), replacement(PostingState.PARKED)]
    made = plan(entry("REOPENED", version=2, approved=2), rows)
    assert made.supersede == (TWO, BACK)
    assert made.keep is not None
    assert made.keep["id"] == ONE
    # The same version approved again: both are taken up again.
    rows = [
        posting(POSTED),
        reversal(PostingState.SUPERSEDED, 2),
        replacement(PostingState.SUPERSEDED),
    ]
    made = plan(entry(version=2, approved=2), rows)
    assert made.correct is not None
    assert (made.correct.reversal, made.correct.round) == (None, 1)
    assert made.correct.replacement is not None
    assert made.correct.replacement["id"] == TWO


@pytest.mark.parametrize("state", [*sorted(IN_FLIGHT), PostingState.MISPOSTED])
def test_a_reversal_on_its_way_decides_first(state: PostingState) -> None:
    rows = [posting(PENDING), reversal(state, 2), replacement(PostingState.PARKED)]
    made = plan(entry(version=3, approved=3), rows)
    assert (made.supersede, made.correct) == ((TWO,), None)
    assert made.receive is not None
    assert (made.receive.kind, made.receive.group) == (PostingKind.REPLACEMENT, GROUP)
    assert plan(entry("REOPENED", version=3, approved=2), rows).supersede == (TWO,)


def test_half_a_correction_stays_one_whichever_version_completes_it() -> None:
    rows = [posting(REVERSED), reversal(POSTED, 2), replacement(PostingState.BLOCKED)]
    assert plan(entry(version=2, approved=2), rows) == Plan()
    made = plan(entry(version=3, approved=3), rows)
    assert made.supersede == (TWO,)
    assert made.receive is not None
    assert (made.receive.kind, made.receive.group) == (PostingKind.REPLACEMENT, GROUP)


def test_what_was_posted_before_is_put_back_and_corrected_once_that_is_possible() -> None:
    again = posting(
        PostingState.READY, 1, UUID(int=3), round=1, serves_version=2, kind=PostingKind.REPLACEMENT
    )
    rows = [posting(REVERSED), reversal(POSTED, 2), replacement(PostingState.BLOCKED), again]
    assert plan(entry(version=2, approved=2), rows) == Plan()
    rows[-1] = {**again, "state": POSTED}
    made = plan(entry(version=2, approved=2), rows)
    assert made.correct is not None
    assert (made.correct.standing["id"], made.correct.round) == (UUID(int=3), 1)
    assert made.correct.replacement is not None
    assert made.correct.replacement["id"] == TWO


def test_what_stands_for_a_version_that_posts_the_same_is_left_alone() -> None:
    rows = [
        posting(POSTED, serves_version=2),
        reversal(PostingState.SUPERSEDED, 2),
        replacement(PostingState.SUPERSEDED),
    ]
    assert plan(entry(version=2, approved=2), rows) == Plan()


def test_what_two_people_decided_is_not_begun_again() -> None:
    waived = [posting(POSTED), reversal(PostingState.WAIVED, None)]
    assert plan(entry("DELETED"), waived) == Plan()
    rows = [
        posting(POSTED),
        reversal(PostingState.SUPERSEDED, 2),
        replacement(PostingState.WAIVED),
    ]
    assert plan(entry(version=2, approved=2), rows) == Plan()
    assert plan(entry(version=3, approved=3), rows).correct is not None


def test_the_very_version_that_was_given_up_is_taken_up_again() -> None:
    assert plan(entry(), [posting(PostingState.SUPERSEDED)]).again == (ONE,)
    assert plan(entry("REOPENED"), [posting(PostingState.SUPERSEDED)]).again == ()


def test_what_waited_for_an_earlier_version_goes_on_when_that_is_given_up() -> None:
    waits = posting(PostingState.PARKED, 2, TWO)
    made = plan(entry(version=2, approved=2), [posting(PostingState.READY), waits])
    assert (made.supersede, made.again) == ((ONE,), (TWO,))


def test_while_a_line_is_rewritten_nothing_else_is_planned() -> None:
    rows = [
        posting(PENDING),
        reversal(PostingState.PARKED, 2),
        replacement(PostingState.SENDING),
    ]
    made = plan(entry(version=3, approved=3), rows)
    assert (made.supersede, made.correct) == ((), None)
    assert made.receive is not None
    assert made.receive.kind is PostingKind.REPLACEMENT
