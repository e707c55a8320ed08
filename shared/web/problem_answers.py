"""Every failure leaves a tier as an RFC 9457 problem document."""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from http.client import responses
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from shared.problems import (
    Conflict,
    FieldError,
    Forbidden,
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    NeedsCorrection,
    NotFound,
    PayloadTooLarge,
    PreconditionFailed,
    Retryable,
    TimepostProblem,
    UnsupportedMediaType,
    ValidationFailed,
)

PROBLEM_MEDIA_TYPE = "application/problem+json"
# A body of 500 broken entries would otherwise be answered by a body many times its size.
_MOST_FIELD_ERRORS = 50

_FOR_STATUS: dict[int, type[NeedsCorrection]] = {
    problem.status: problem
    for problem in (
        InvalidRequest,
        Forbidden,
        NotFound,
        MethodNotAllowed,
        Conflict,
        PreconditionFailed,
        PayloadTooLarge,
        UnsupportedMediaType,
        ValidationFailed,
    )
}

_log = structlog.get_logger("timepost.web")


def problem_answer(
    problem: TimepostProblem, scope: Scope, *, status: int | None = None
) -> Response:
    """The answer to a request that ended in ``problem``."""
    document = problem.document(instance=scope.get("state", {}).get("request_id"))
    if status is not None:
        document.status = status
    return Response(
        document.model_dump_json(exclude_none=True),
        status_code=document.status,
        headers=problem.headers,
        media_type=PROBLEM_MEDIA_TYPE,
    )


def answer_with_problems(app: FastAPI) -> None:
    """Register the handlers; anything else is caught by the unexpected-error middleware."""
    app.add_exception_handler(TimepostProblem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)


async def _on_problem(request: Request, error: Exception) -> Response:
    if not isinstance(error, TimepostProblem):
        raise error
    if error.status >= 500:
        _log.warning("problem", code=error.code, kind=error.kind, detail=error.detail)
    return problem_answer(error, request.scope)


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    found = error.errors()
    for one in found:
        if one["type"] == "json_invalid":
            reason = one.get("ctx", {}).get("error", "it does not parse")
            return problem_answer(InvalidRequest(f"The body is not JSON: {reason}."), request.scope)
    wrong = [FieldError(field=_place(one["loc"]), message=one["msg"]) for one in found]
    detail = f"{len(wrong)} value{'s' if len(wrong) > 1 else ''} outside of the contract."
    return problem_answer(
        ValidationFailed(detail, errors=wrong[:_MOST_FIELD_ERRORS]), request.scope
    )


async def _on_http_exception(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    status = error.status_code
    headers = dict(error.headers or {})
    if status < HTTPStatus.BAD_REQUEST:
        return Response(status_code=status, headers=headers)
    if status == MethodNotAllowed.status:
        headers["Allow"] = ", ".join(sorted(_methods_at(request)))
    known = _FOR_STATUS.get(status)
    problem = (known or _general(status))(
        _detail_of(error, request), headers=headers, code=None if known else f"http_{status}"
    )
    return problem_answer(problem, request.scope, status=status)


def _general(status: int) -> type[TimepostProblem]:
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return NeedsCorrection
    return InternalError if status == HTTPStatus.INTERNAL_SERVER_ERROR else Retryable


def _methods_at(request: Request) -> set[str]:
    """All methods of a path; the framework names those of the first route it meets only."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    return {
        method
        for context in iter_route_contexts(request.app.routes)
        if isinstance(context.original_route, APIRoute) and context.path_regex.match(path)
        for method in context.methods or ()
    }


def _detail_of(error: HTTPException, request: Request) -> str:
    """The framework's own words are only the status again; say what it is about."""
    phrase = responses.get(error.status_code, "Refused")
    if error.detail and error.detail != phrase:
        return str(error.detail)
    if error.status_code == HTTPStatus.NOT_FOUND:
        return f"Nothing is served at {request.url.path}."
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return f"{request.method} is not offered at {request.url.path}."
    return f"{phrase}."


def _place(location: Sequence[Any]) -> str:
    """``("body", "entries", 0, "minutes")`` -> ``$.entries[0].minutes``; ``query.limit``."""
    source, *path = location
    if source == "body":
        return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return ".".join(str(step) for step in location)


def problem_responses(*problems: type[TimepostProblem]) -> dict[int | str, dict[str, Any]]:
    """For a route's ``responses``: the failures that this operation adds to the usual ones."""
    return {status: {"description": text} for status, text in _descriptions(problems)}


def _descriptions(problems: Iterable[type[TimepostProblem]]) -> Iterable[tuple[int, str]]:
    texts: dict[int, list[str]] = {}
    for problem in problems:
        texts.setdefault(problem.status, []).append(f"{problem.title} (`{problem.default_code}`).")
    return ((status, " ".join(lines)) for status, lines in texts.items())
