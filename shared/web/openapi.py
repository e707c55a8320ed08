"""OpenAPI documents: one per API, with every failure declared as a problem.

Included routers are wrappers inside ``app.routes``, so operations are chosen from the flattened
route contexts, and the framework then describes just these.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from shared.identity import PublicRule, scope_rule_of
from shared.problems import (
    Forbidden,
    InternalError,
    InvalidRequest,
    NotFound,
    NotReady,
    PayloadTooLarge,
    ProblemDocument,
    TimepostProblem,
    TooManyRequests,
    Unauthenticated,
    ValidationFailed,
)
from shared.web.problem_answers import PROBLEM_MEDIA_TYPE, problem_responses

_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
_REFERENCE = "#/components/schemas/{model}"
_PROBLEM_CONTENT = {
    PROBLEM_MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(model="ProblemDocument")}}
}
_RETRY_AFTER = {
    "Retry-After": {
        "description": "Seconds until trying again makes sense.",
        "schema": {"type": "integer", "minimum": 0},
    }
}


def contract_of(
    app: FastAPI,
    *,
    title: str | None = None,
    version: str | None = None,
    description: str | None = None,
    prefix: str | None = None,
    tag: str | None = None,
    router: APIRouter | None = None,
) -> dict[str, Any]:
    """The OpenAPI 3.1 document of one API: the operations that match all the given criteria.

    :param prefix: of the path.
    :param tag: one of the operation's tags.
    :param router: the operations of this router, wherever it is included.
    :raises ValueError: an operation has no explicit operationId, or shares it.
    """
    chosen = list(_chosen(app, prefix=prefix, tag=tag, router=router))
    _refuse_unnamed(chosen)
    document = get_openapi(
        title=title or app.title,
        version=version or app.version,
        description=description or app.description,
        routes=chosen,
        separate_input_output_schemas=False,
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for context in chosen:
        for operation in _operations_of(context, document):
            _complete(operation, context)
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = ProblemDocument.model_json_schema(ref_template=_REFERENCE, mode="serialization")
    schemas.update(problem.pop("$defs", {}))
    schemas["ProblemDocument"] = problem
    document["paths"] = dict(sorted(document["paths"].items()))
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    return document


def _chosen(
    app: FastAPI, *, prefix: str | None, tag: str | None, router: APIRouter | None
) -> Iterator[RouteContext]:
    own = None if router is None else _routes_of(router)
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if not isinstance(route, APIRoute) or not context.include_in_schema:
            continue
        if prefix is not None and not (context.path or "").startswith(prefix):
            continue
        if tag is not None and tag not in context.tags:
            continue
        if own is None or id(route) in own:
            yield context


def _routes_of(router: APIRouter) -> set[int]:
    return {id(context.original_route) for context in iter_route_contexts(router.routes)}


def _refuse_unnamed(chosen: Iterable[RouteContext]) -> None:
    seen: set[str] = set()
    for context in chosen:
        name = context.operation_id
        if not name:
            raise ValueError(f"{context.methods} {context.path} has no explicit operation_id")
        if name in seen:
            raise ValueError(f"operation_id {name} stands at two routes")
        seen.add(name)


def _operations_of(context: RouteContext, document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    methods = {method.lower() for method in context.methods or ()}
    for method, operation in document["paths"][context.path_format].items():
        if method in methods & _METHODS:
            yield operation


def _complete(operation: dict[str, Any], context: RouteContext) -> None:
    if isinstance(scope_rule_of(context), PublicRule):
        operation["security"] = []
    responses = operation["responses"]
    # The framework's own 422 contradicts what is sent.
    if PROBLEM_MEDIA_TYPE not in responses.get("422", {}).get("content", {}):
        responses.pop("422", None)
    for status, usual in problem_responses(*_usual_problems(operation)).items():
        response = responses.setdefault(str(status), {"description": ""})
        if usual["description"] not in response["description"]:
            response["description"] = f"{response['description']} {usual['description']}".lstrip()
    for status, response in responses.items():
        if status >= "400":
            response["content"] = _PROBLEM_CONTENT
        if status in {"429", "503"}:
            response["headers"] = _RETRY_AFTER
    operation["responses"] = dict(sorted(responses.items()))


def _usual_problems(operation: dict[str, Any]) -> Iterator[type[TimepostProblem]]:
    """What any operation of this form can end in."""
    parameters = operation.get("parameters", [])
    if "requestBody" in operation:
        yield from (InvalidRequest, PayloadTooLarge)
    if "requestBody" in operation or parameters:
        yield ValidationFailed
    if operation.get("security"):
        yield from (Unauthenticated, Forbidden)
    if any(parameter["in"] == "path" for parameter in parameters):
        yield NotFound
    yield from (TooManyRequests, InternalError, NotReady)
