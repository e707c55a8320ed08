"""What a changed entry means for the postings that it has."""

from uuid import UUID

import pytest

from process_apis.processes.posting.receive import Plan, plan
from process_apis.processes.posting.states import IN_FLIGHT, UNSENT, PostingState

ONE, TWO = UUID(int=1), UUID(int=2)


def entry(state: str = "APPROVED", version: int = 1, approved: int | None = 1) -> dict[str, object]:
    return {"state": state, "version": version, "approved_version": approved}


def posting(
    state: PostingState, version: int = 1, identity: UUID = ONE, waiting: tuple[str, ...] = ()
) -> dict[str, object]:
    return {"id": identity, "version": version, "state": state, "waiting_for": list(waiting)}


def _nothing(made: Plan) -> bool:
    return not (made.receive or made.revive or made.supersede or made.finding)


def test_an_approved_version_is_received_once() -> None:
    assert plan(entry(), []).receive
    for state in PostingState:
        assert not plan(entry(), [posting(state)]).receive


@pytest.mark.parametrize("state", sorted(UNSENT))
def test_what_was_not_sent_gives_way(state: PostingState) -> None:
    assert plan(entry("REOPENED"), [posting(state)]).supersede == (ONE,)
    assert plan(entry("DELETED"), [posting(state)]).supersede == (ONE,)
    made = plan(entry(version=2, approved=2), [posting(state)])
    assert (made.receive, made.supersede) == (True, (ONE,))


@pytest.mark.parametrize("state", sorted(IN_FLIGHT))
def test_what_is_on_its_way_is_left_alone(state: PostingState) -> None:
    assert _nothing(plan(entry("REOPENED"), [posting(state)]))
    assert _nothing(plan(entry("DELETED"), [posting(state)]))
    made = plan(entry(version=2, approved=2), [posting(state)])
    assert (made.receive, made.supersede) == (True, ())


@pytest.mark.parametrize("state", [PostingState.POSTED, PostingState.MISPOSTED])
def test_what_stands_in_the_erp_is_never_touched(state: PostingState) -> None:
    changed = plan(entry("REOPENED", version=2), [posting(state)])
    deleted = plan(entry("DELETED"), [posting(state)])
    assert (changed.supersede, deleted.supersede) == ((), ())
    assert changed.finding is not None
    assert deleted.finding is not None
    assert changed.finding.code == "CO_CHANGED_AFTER_POSTING"
    assert deleted.finding.code == "CO_DELETED_AFTER_POSTING"
    assert _nothing(plan(entry("REOPENED"), [posting(state)]))


def test_the_very_version_that_was_given_up_is_taken_up_again() -> None:
    assert plan(entry(), [posting(PostingState.SUPERSEDED)]).revive == ONE
    assert plan(entry("REOPENED"), [posting(PostingState.SUPERSEDED)]).revive is None


def test_what_waited_for_an_earlier_version_goes_on_when_that_is_given_up() -> None:
    waits = posting(PostingState.PARKED, 2, TWO, ("lineage:x",))
    made = plan(entry(version=2, approved=2), [posting(PostingState.READY), waits])
    assert (made.supersede, made.revive) == ((ONE,), TWO)
