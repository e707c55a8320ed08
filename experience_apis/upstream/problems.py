"""Problems of the process tier, passed on to the caller as if they were ours."""

from pydantic import ValidationError

from shared.http_client import Response
from shared.problems import (
    Conflict,
    Forbidden,
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    OutcomeUnknown,
    PayloadTooLarge,
    PreconditionFailed,
    ProblemDocument,
    Retryable,
    TimepostProblem,
    TooManyRequests,
    Unauthenticated,
    UnsupportedMediaType,
    UpstreamRefused,
    UpstreamUnavailable,
    ValidationFailed,
)

PROCESS_TIER = "the process tier"

_SAME_AS_THERE = {
    (problem.status, problem.kind): problem
    for problem in (
        InvalidRequest,
        ValidationFailed,
        Forbidden,
        NotFound,
        MethodNotAllowed,
        Conflict,
        PreconditionFailed,
        PayloadTooLarge,
        UnsupportedMediaType,
        TooManyRequests,
        Retryable,
        UpstreamUnavailable,
        UpstreamRefused,
        InternalError,
        OutcomeUnknown,
    )
}
_GATEWAY_GAVE_UP_WAITING = (502, 504)


def problem_of(response: Response, *, unsafe: bool) -> TimepostProblem:
    """The problem that an answer other than 2xx stands for.

    Status, code, detail, action, errors and Retry-After stay as they are. The request id is
    not passed on: the caller gets ours, and the trace connects both.

    :param unsafe: whether the request would change something. Then an answer that is not the
        process tier's own (of a proxy between us) may hide that it was carried out.
    """
    try:
        document = ProblemDocument.model_validate_json(response.content)
    except ValidationError:
        return _not_their_words(response, unsafe=unsafe)
    if document.status == 401:
        return Unauthenticated(document.detail, action=document.action, code=document.code)
    same = _SAME_AS_THERE.get((document.status, document.kind))
    if same is None:
        return UpstreamRefused(document.detail, action=document.action, code=document.code)
    return same(
        document.detail,
        action=document.action,
        errors=document.errors,
        code=document.code,
        headers=_retry_after(response),
    )


def contract_broken(*, unsafe: bool) -> TimepostProblem:
    """For a 2xx that is not what the contract promises. The answer itself is not quoted."""
    action = "Check that both tiers run the same release."
    if unsafe:
        return OutcomeUnknown(
            "The process tier has probably carried it out, but its answer is not understood.",
            action=f"Read it again before repeating it. {action}",
            code="upstream_contract_broken",
        )
    return UpstreamRefused(
        "The process tier's answer is not understood.",
        action=action,
        code="upstream_contract_broken",
    )


def _not_their_words(response: Response, *, unsafe: bool) -> TimepostProblem:
    status = response.status_code
    if unsafe and (status in _GATEWAY_GAVE_UP_WAITING or status == 500):
        return OutcomeUnknown(
            f"Between here and {PROCESS_TIER}, {status} was answered: perhaps it was carried out.",
            action="Read it again before repeating it.",
        )
    if status >= 500 or status == 429:
        return UpstreamUnavailable(
            f"Between here and {PROCESS_TIER}, {status} was answered.",
            headers=_retry_after(response),
        )
    return UpstreamRefused(
        f"What answers at the process tier's address is not the process tier ({status}).",
        action="Check TIMEPOST_EXPERIENCE_PROCESS_URL.",
    )


def _retry_after(response: Response) -> dict[str, str]:
    value = response.headers.get("Retry-After")
    return {} if value is None else {"Retry-After": value}
