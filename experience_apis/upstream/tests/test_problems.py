"""Problems are passed on; what is no problem document is judged by what it may hide."""

import pytest

from experience_apis.upstream.problems import problem_of
from shared.http_client import Response
from shared.problems import (
    Forbidden,
    InternalError,
    NotReady,
    OutcomeUnknown,
    TimepostProblem,
    Unauthenticated,
    UpstreamRefused,
    UpstreamUnavailable,
    ValidationFailed,
)

_HTML = b"<html>It works</html>"


@pytest.mark.parametrize(
    "problem",
    [
        Unauthenticated("The token has expired.", code="token_expired"),
        Forbidden("This needs the role data.steward.", code="role_missing"),
        ValidationFailed("1 value outside of the contract."),
        NotReady("Starting.", retry_after=4),
        UpstreamUnavailable("The ERP did not answer.", retry_after=30),
        UpstreamRefused("The ERP refused."),
        InternalError("Something went wrong."),
        OutcomeUnknown("The ERP did not answer."),
    ],
    ids=lambda problem: type(problem).__name__,
)
@pytest.mark.parametrize("unsafe", [True, False])
def test_the_same_status_code_and_words(problem: TimepostProblem, unsafe: bool) -> None:
    theirs = problem.document()
    response = Response(problem.status, content=theirs.model_dump_json(), headers=problem.headers)

    ours = problem_of(response, unsafe=unsafe)

    passed_on = ours.document()
    assert passed_on.model_copy(update={"title": theirs.title}) == theirs
    assert ours.headers.get("Retry-After") == problem.headers.get("Retry-After")


def test_a_status_that_we_have_no_class_for_is_the_operators_business() -> None:
    document = ValidationFailed("Odd.").document().model_copy(update={"status": 418})
    ours = problem_of(Response(418, content=document.model_dump_json()), unsafe=True)
    assert (ours.status, ours.kind, ours.detail) == (502, "needs_operator", "Odd.")


@pytest.mark.parametrize(
    ("status", "unsafe", "expected"),
    [
        (302, False, UpstreamRefused),
        (404, False, UpstreamRefused),
        (404, True, UpstreamRefused),
        (429, True, UpstreamUnavailable),
        (500, False, UpstreamUnavailable),
        (500, True, OutcomeUnknown),
        (502, False, UpstreamUnavailable),
        (502, True, OutcomeUnknown),
        (503, True, UpstreamUnavailable),
        (504, True, OutcomeUnknown),
    ],
)
def test_what_a_proxy_answers(status: int, unsafe: bool, expected: type[TimepostProblem]) -> None:
    ours = problem_of(Response(status, content=_HTML, headers={"Retry-After": "5"}), unsafe=unsafe)
    assert type(ours) is expected
    assert str(status) in ours.detail
    assert "It works" not in ours.detail
