"""The table of moves: deterministic, connected, and closed to whoever may not."""

import pytest

from process_apis.processes.posting.states import PostingState
from process_apis.processes.posting.transitions import (
    MOVES,
    TRANSITIONS,
    Actor,
    Event,
    TransitionRefused,
    after,
    allows,
    sources,
)


def test_an_event_in_a_state_leads_to_one_state_only() -> None:
    assert len({(each.source, each.event) for each in TRANSITIONS}) == len(TRANSITIONS)
    assert {each.event for each in TRANSITIONS} == set(Event)


def test_every_state_can_be_reached_and_only_these_four_are_final() -> None:
    assert {target for _, target in MOVES} == set(PostingState)
    final = set(PostingState) - {source for source, _ in MOVES}
    assert final == {PostingState.REVERSED, PostingState.WAIVED}
    # They go on only for a correction, or when their very version is approved once more.
    assert [(each.event, each.target) for each in TRANSITIONS if each.source == "POSTED"] == [
        (Event.CORRECTED, PostingState.REVERSAL_PENDING)
    ]
    assert [each.event for each in TRANSITIONS if each.source == "SUPERSEDED"] == [Event.REVIVED]


@pytest.mark.parametrize("state", sorted(PostingState))
def test_nothing_in_flight_or_in_the_erp_is_superseded_or_waived(state: PostingState) -> None:
    standing = {"SENDING", "IN_DOUBT", "POSTED", "MISPOSTED", "REVERSAL_PENDING", "REVERSED"}
    if state in standing:
        assert not allows(state, PostingState.SUPERSEDED)
        assert not allows(state, PostingState.WAIVED)


def test_only_what_was_claimed_comes_to_stand_by_sending() -> None:
    assert sources(Event.ACKNOWLEDGED) == [PostingState.SENDING, PostingState.IN_DOUBT]
    assert sources(Event.CLAIMED) == [PostingState.READY]


def test_who_may_not_is_refused() -> None:
    with pytest.raises(TransitionRefused):
        after(PostingState.BLOCKED, Event.WAIVED, Actor.FINANCE)
    assert after(PostingState.BLOCKED, Event.WAIVED, Actor.CONTROLLERS) is PostingState.WAIVED
    with pytest.raises(TransitionRefused):
        after(PostingState.READY, Event.HELD, Actor.SYSTEM)
    with pytest.raises(TransitionRefused):
        after(PostingState.POSTED, Event.CLAIMED)
