"""The house's rules for OpenAPI documents, beyond being valid."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_OPERATION_ID = re.compile(r"[a-z][a-z0-9_]*")
_PROBLEM_MEDIA_TYPE = "application/problem+json"
_PROBLEM_SCHEMA = "#/components/schemas/ProblemDocument"
# Any operation can be throttled, meet a defect, or be called while its tier starts.
_ALWAYS_POSSIBLE = ("429", "500", "503")
_WITH_TOKEN = ("401", "403")


def lint(document: Mapping[str, Any]) -> list[str]:
    """Every broken rule, as a sentence with its place; empty when there is none."""
    return [*_broken_in_document(document), *_broken_in_operations(document)]


def operations_of(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """``POST /v1/events`` and its operation object, for each operation."""
    for path, item in document.get("paths", {}).items():
        for method in _METHODS:
            if method in item:
                yield f"{method.upper()} {path}", item[method]


def _broken_in_document(document: Mapping[str, Any]) -> Iterator[str]:
    info = document.get("info", {})
    for field in ("title", "version", "description"):
        if not info.get(field):
            yield f"info: no {field}"
    if not document.get("paths"):
        yield "paths: the document describes no operation"
    if "HTTPValidationError" in document.get("components", {}).get("schemas", {}):
        yield "components: the framework's HTTPValidationError is not what we send"


def _broken_in_operations(document: Mapping[str, Any]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for place, operation in operations_of(document):
        name = operation.get("operationId", "")
        if not _OPERATION_ID.fullmatch(name):
            yield f"{place}: operationId {name!r} is not snake_case"
        elif name in seen:
            yield f"{place}: operationId {name!r} stands at {seen[name]} too"
        seen[name] = place
        for field in ("summary", "description"):
            if not operation.get(field):
                yield f"{place}: no {field}"
        yield from (f"{place}: {finding}" for finding in _broken_security(operation))
        yield from (f"{place}: {finding}" for finding in _broken_responses(operation))


def _broken_security(operation: Mapping[str, Any]) -> Iterator[str]:
    """An empty list says "public on purpose"; a missing one that nobody decided."""
    if "security" not in operation:
        yield "nobody decided who may call it (no security)"


def _broken_responses(operation: Mapping[str, Any]) -> Iterator[str]:
    responses = operation.get("responses", {})
    expected = _ALWAYS_POSSIBLE + (_WITH_TOKEN if operation.get("security") else ())
    for status in expected:
        if status not in responses:
            yield f"no response {status}"
    if not any(status.startswith(("2", "3")) for status in responses):
        yield "no successful response"
    for status, response in responses.items():
        if not response.get("description"):
            yield f"response {status} has no description"
        if status.startswith(("4", "5")) and not _is_problem(response):
            yield f"response {status} is not an {_PROBLEM_MEDIA_TYPE} of ProblemDocument"


def _is_problem(response: Mapping[str, Any]) -> bool:
    content = response.get("content", {})
    schema = content.get(_PROBLEM_MEDIA_TYPE, {}).get("schema", {})
    return list(content) == [_PROBLEM_MEDIA_TYPE] and schema.get("$ref") == _PROBLEM_SCHEMA
