"""How long to wait, and what a refusal leads to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from process_apis.processes.posting import refusals
from process_apis.processes.posting.states import PostingState
from process_apis.timing import Timing

TIMING = Timing(retry_first=5, retry_most=900)


@given(attempts=st.integers(min_value=0, max_value=10_000_000))
def test_waits_double_up_to_the_longest_and_never_overflow(attempts: int) -> None:
    ceiling = min(5 * 2 ** min(max(attempts - 1, 0), 30), 900)
    waited = refusals.backoff(attempts, TIMING).total_seconds()
    assert ceiling / 2 <= waited <= ceiling


def test_never_earlier_than_the_other_side_asked_for() -> None:
    assert refusals.backoff(1, TIMING, asked=120).total_seconds() == 120
    assert refusals.backoff(20, TIMING, asked=1).total_seconds() >= 450


@pytest.mark.parametrize(
    ("attempts", "state"),
    [(1, PostingState.READY), (7, PostingState.READY), (8, PostingState.DEAD_LETTER)],
)
def test_the_eighth_time_is_the_last(attempts: int, state: PostingState) -> None:
    step = refusals.after_retry(attempts, None, TIMING)
    assert step.state is state
    assert (step.finding is not None) is (state is PostingState.DEAD_LETTER)


@pytest.mark.parametrize(
    "times", [{"call": 60, "answer": 55}, {"answer": 90}, {"call": 0}, {"retry_first": 0}]
)
def test_times_in_an_order_that_could_post_twice_are_refused(times: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"call must be shorter|greater than 0"):
        Timing.model_validate(times)
