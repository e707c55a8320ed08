"""The table of a case's moves: everything open can be resolved, and comes back as reopened."""

import pytest

from process_apis.processes.exceptions.schemas import CaseState
from process_apis.processes.exceptions.transitions import (
    OPEN,
    RESOLVED,
    TRANSITIONS,
    Actor,
    allows,
    sources,
)


def test_every_state_is_open_or_resolved_and_can_be_reached() -> None:
    assert {*OPEN, *RESOLVED} == set(CaseState)
    assert {each.target for each in TRANSITIONS} == set(CaseState)
    assert len(set(TRANSITIONS)) == len(TRANSITIONS)


@pytest.mark.parametrize("state", OPEN)
def test_the_ledger_resolves_whatever_people_were_about_to_do(state: CaseState) -> None:
    assert allows(state, CaseState.RESOLVED_AUTO)
    assert not allows(state, CaseState.REOPENED)


@pytest.mark.parametrize("state", RESOLVED)
def test_what_was_resolved_only_comes_back(state: CaseState) -> None:
    assert [each.target for each in TRANSITIONS if each.source is state] == [CaseState.REOPENED]


def test_nothing_is_accepted_without_a_question_and_a_controller() -> None:
    accepting = [each for each in TRANSITIONS if each.target is CaseState.ACCEPTED]
    assert [(each.source, each.actor) for each in accepting] == [
        (CaseState.PENDING_APPROVAL, Actor.CONTROLLER)
    ]
    assert CaseState.PENDING_APPROVAL not in sources(CaseState.REOPENED)
