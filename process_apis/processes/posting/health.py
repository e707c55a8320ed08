"""What a call to an ERP tells about the connection, whatever became of its lines. Pure: no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass

from process_apis.processes.connections.rules import Failure
from process_apis.processes.connections.states import FailureKind
from process_apis.upstream.erp import DEADLINE_PASSED, ErpError, ErrorClass, PostingOutcome
from shared.problems import (
    NotFound,
    OutcomeUnknown,
    TimepostProblem,
    TooManyRequests,
    UpstreamRefused,
)

# Whatever line were sent, the answer would be this one.
_OF_THE_CONNECTION = {
    ErrorClass.AUTH: FailureKind.REFUSED,
    ErrorClass.THROTTLED: FailureKind.THROTTLED,
    ErrorClass.UNAVAILABLE: FailureKind.UNREACHABLE,
}


@dataclass(frozen=True)
class Health:
    """What one call tells.

    :param answered: the ERP decided on at least one line, so that the connection works.
    :param failure: why some of it, or all, came to nothing.
    """

    answered: bool
    failure: Failure | None = None

    def together_with(self, other: "Health") -> "Health":
        """What two calls of one batch tell."""
        return Health(self.answered or other.answered, self.failure or other.failure)


def after_problem(problem: TimepostProblem) -> Failure:
    """Why a call came to nothing as a whole."""
    match problem:
        case TooManyRequests():
            kind = FailureKind.THROTTLED
        case UpstreamRefused() | NotFound():
            kind = FailureKind.REFUSED
        case _:
            kind = FailureKind.UNREACHABLE
    return Failure(kind, problem.detail, problem.retry_after)


def after_silence(problem: OutcomeUnknown) -> Health:
    """Sent, and not answered: each line is in doubt, and the connection is as well."""
    return Health(answered=False, failure=Failure(FailureKind.UNREACHABLE, problem.detail))


def after_outcomes(outcomes: Sequence[PostingOutcome]) -> Health:
    """A line that is "not now" for a reason of its own is an answer like any other.

    Of several reasons that concern the connection, the one that waits longest counts. What was
    not begun in time tells nothing.
    """
    answered = False
    failures = []
    for each in outcomes:
        failure = _failure_in(each)
        if failure is not None:
            failures.append(failure)
        elif not was_not_begun(each.error):
            answered = True
    if not outcomes:
        failures.append(Failure(FailureKind.UNREACHABLE, "it said nothing about any line"))
    worst = max(failures, key=_gravity, default=None)
    if worst is not None and answered and worst.kind is not FailureKind.THROTTLED:
        # It takes other lines: this is something between the ERP and those it did not take.
        worst = None
    return Health(answered, worst)


def concerns_the_connection(error: ErpError | None) -> bool:
    """Whether a "not now" would have met any other line as well."""
    return error is not None and error.error_class in _OF_THE_CONNECTION


def was_not_begun(error: ErpError | None) -> bool:
    """The time for the batch was over before it was this line's turn."""
    return error is not None and error.vendor_code == DEADLINE_PASSED


def _failure_in(outcome: PostingOutcome) -> Failure | None:
    error = outcome.error
    if outcome.status == "in_doubt":
        said = error.vendor_message if error else "it did not answer"
        return Failure(FailureKind.UNREACHABLE, said)
    if outcome.status != "retry" or error is None or not concerns_the_connection(error):
        return None
    if was_not_begun(error):
        return None
    kind = _OF_THE_CONNECTION[error.error_class]
    return Failure(kind, error.vendor_message, error.retry_after_seconds)


def _gravity(failure: Failure) -> tuple[bool, bool, int]:
    return (
        failure.kind is FailureKind.REFUSED,
        failure.kind is FailureKind.THROTTLED,
        failure.retry_after or 0,
    )
