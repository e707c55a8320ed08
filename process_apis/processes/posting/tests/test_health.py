"""What a call tells of the connection, whatever became of its lines."""

from typing import Any

import pytest

from process_apis.processes.connections.states import FailureKind
from process_apis.processes.posting.health import Health, after_outcomes, after_problem
from process_apis.upstream.erp import PostingOutcome
from shared.problems import (
    NotFound,
    TimepostProblem,
    TooManyRequests,
    UpstreamRefused,
    UpstreamUnavailable,
)


def _outcome(status: str, error_class: str = "", **error: Any) -> PostingOutcome:
    told = {"error_class": error_class, "vendor_message": "no", "retriable": True, **error}
    return PostingOutcome.model_validate(
        {"posting_key": "k", "status": status, "error": told if error_class else None}
    )


POSTED = _outcome("posted")
REFUSED = _outcome("rejected", "project_closed")
BUSY = _outcome("retry", "stale_version")
AWAY = _outcome("retry", "unavailable")
THROTTLED = _outcome("retry", "throttled", retry_after_seconds=30)
LATE = _outcome("retry", "unavailable", vendor_code="deadline_passed")
DOUBT = _outcome("in_doubt")


@pytest.mark.parametrize(
    ("outcomes", "answered", "kind"),
    [
        ([POSTED], True, None),
        ([REFUSED], True, None),
        ([BUSY], True, None),
        ([POSTED, AWAY, DOUBT], True, None),
        ([POSTED, THROTTLED], True, FailureKind.THROTTLED),
        ([POSTED, LATE], True, None),
        ([LATE, LATE], False, None),
        ([AWAY, LATE], False, FailureKind.UNREACHABLE),
        ([DOUBT, DOUBT], False, FailureKind.UNREACHABLE),
        ([AWAY, THROTTLED], False, FailureKind.THROTTLED),
        ([_outcome("retry", "auth"), THROTTLED], False, FailureKind.REFUSED),
        ([], False, FailureKind.UNREACHABLE),
    ],
)
def test_one_line_that_was_decided_on_shows_that_the_connection_works(
    outcomes: list[PostingOutcome], answered: bool, kind: FailureKind | None
) -> None:
    health = after_outcomes(outcomes)
    assert health.answered is answered
    assert (health.failure.kind if health.failure else None) is kind


def test_the_longest_wait_of_a_batch_counts() -> None:
    longer = _outcome("retry", "throttled", retry_after_seconds=90)
    failure = after_outcomes([THROTTLED, longer, THROTTLED]).failure
    assert failure is not None
    assert failure.retry_after == 90


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        (UpstreamUnavailable("away", retry_after=7), FailureKind.UNREACHABLE),
        (TooManyRequests("slowly", retry_after=7), FailureKind.THROTTLED),
        (UpstreamRefused("wrong password"), FailureKind.REFUSED),
        (NotFound("no such connection"), FailureKind.REFUSED),
    ],
)
def test_a_problem_says_why_and_how_long_to_wait(
    problem: TimepostProblem, kind: FailureKind
) -> None:
    failure = after_problem(problem)
    assert (failure.kind, failure.said) == (kind, problem.detail)
    assert failure.retry_after == problem.retry_after


def test_what_two_halves_of_a_batch_tell_counts_together() -> None:
    throttled = after_outcomes([THROTTLED])
    assert Health(answered=True).together_with(throttled) == Health(
        answered=True, failure=throttled.failure
    )
