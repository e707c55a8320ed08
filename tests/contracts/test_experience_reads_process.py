"""The workbench's own models of the process tier, held against the contract that it committed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from experience_apis.exception_workbench import labels
from experience_apis.exception_workbench.decisions.schemas import NewChoice, NewWaiver
from experience_apis.exception_workbench.schemas import (
    CaseFilters,
    NewAssignee,
    NewComment,
    NewConfirmation,
)
from experience_apis.upstream.cases import (
    CaseDetail,
    CasePage,
    ChoiceResult,
    Comment,
    ConfirmationResult,
    RetryResult,
)
from shared.contracts import assert_reads, assert_sends, read

_OPENAPI = Path(__file__).parents[2] / "openapi"
_CONTRACT = "process/exceptions.v1.json"
_Document = Mapping[str, Any]


@pytest.fixture(scope="module")
def contract() -> _Document:
    try:
        return read(_OPENAPI, _CONTRACT)
    except FileNotFoundError:
        pytest.fail(f"openapi/{_CONTRACT} is not committed: run `make contracts`")


@pytest.mark.parametrize(
    ("model", "method", "path", "status"),
    [
        (CasePage, "get", "/v1/cases", "200"),
        (CaseDetail, "get", "/v1/cases/{case_id}", "200"),
        (RetryResult, "post", "/v1/cases/{case_id}/retry", "200"),
        (Comment, "post", "/v1/cases/{case_id}/comments", "201"),
        (ConfirmationResult, "post", "/v1/cases/{case_id}/confirmation", "200"),
        (ChoiceResult, "post", "/v1/cases/{case_id}/choice", "200"),
    ],
)
def test_every_answer_is_understood(
    contract: _Document, model: type[BaseModel], method: str, path: str, status: str
) -> None:
    response = contract["paths"][path][method]["responses"][status]
    assert_reads(model, contract, _schema_name(response))


def test_an_assignment_is_answered_by_the_case(contract: _Document) -> None:
    response = _operation(contract, "put", "/assignee")["responses"]["200"]
    listed = contract["components"]["schemas"]["CasePage"]["properties"]["cases"]["items"]
    assert _schema_name(response) == _name_of(listed)


@pytest.mark.parametrize(
    ("model", "method", "path"),
    [
        (NewAssignee, "put", "/assignee"),
        (NewComment, "post", "/comments"),
        (NewConfirmation, "post", "/confirmation"),
        (NewChoice, "post", "/choice"),
        (NewWaiver, "post", "/waiver"),
    ],
)
def test_every_body_is_accepted(
    contract: _Document, model: type[BaseModel], method: str, path: str
) -> None:
    name = _schema_name(_operation(contract, method, path)["requestBody"])
    assert_sends(model, contract, name)
    accepted = contract["components"]["schemas"][name]["properties"]
    for field, schema in model.model_json_schema()["properties"].items():
        assert _longest(schema) <= _longest(accepted[field]), field


def test_every_filter_is_known_with_all_its_values(contract: _Document) -> None:
    operation = contract["paths"]["/v1/cases"]["get"]
    theirs = {each["name"]: each["schema"] for each in operation["parameters"]}
    sent = CaseFilters.model_json_schema()
    assert set(sent["properties"]) <= set(theirs)
    for name, schema in sent["properties"].items():
        assert _values(schema, sent) == _values(theirs[name], contract), name
        assert _longest(schema) <= _longest(theirs[name]), name
    assert sent["properties"]["limit"]["maximum"] <= theirs["limit"]["maximum"]


@pytest.mark.parametrize(
    ("field", "words"),
    [("severity", labels.SEVERITIES), ("owner", labels.OWNERS), ("state", labels.STATES)],
)
def test_there_are_words_for_every_code(
    contract: _Document, field: str, words: Mapping[str, str]
) -> None:
    case = contract["components"]["schemas"]["Case"]["properties"][field]
    assert _values(case, contract) == set(words)


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("get", "", "cases:read"),
        ("post", "/retry", "cases:write"),
        ("put", "/assignee", "cases:write"),
        ("post", "/comments", "cases:write"),
        ("post", "/confirmation", "cases:write"),
    ],
)
def test_the_scope_that_is_asked_for_is_enough(
    contract: _Document, method: str, path: str, scope: str
) -> None:
    demanded = _operation(contract, method, path)["security"]
    assert [scopes for rule in demanded for scopes in rule.values()] == [[scope]]


@pytest.mark.parametrize(
    ("method", "path", "header"),
    [
        ("put", "/assignee", "if-match"),
        ("post", "/comments", "idempotency-key"),
        ("post", "/confirmation", "if-match"),
        ("post", "/confirmation", "idempotency-key"),
    ],
)
def test_every_header_is_read(contract: _Document, method: str, path: str, header: str) -> None:
    parameters = _operation(contract, method, path)["parameters"]
    assert header in {each["name"].lower() for each in parameters if each["in"] == "header"}


def _operation(contract: _Document, method: str, path: str) -> dict[str, Any]:
    operation: dict[str, Any] = contract["paths"]["/v1/cases/{case_id}" + path][method]
    return operation


def _schema_name(carrier: Mapping[str, Any]) -> str:
    """Of a request body or a response."""
    return _name_of(carrier["content"]["application/json"]["schema"])


def _name_of(schema: Mapping[str, Any]) -> str:
    return str(schema["$ref"]).rsplit("/", 1)[-1]


def _values(schema: Any, document: Any) -> set[str]:
    """Every enumeration value anywhere below the schema."""
    if isinstance(schema, list):
        return {value for each in schema for value in _values(each, document)}
    if not isinstance(schema, Mapping):
        return set()
    if "$ref" in schema:
        found: Any = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return _values(found, document)
    inner = [value for key, value in schema.items() if key in {"items", "anyOf", "allOf"}]
    return set(schema.get("enum", ())) | _values(inner, document)


def _longest(schema: Mapping[str, Any]) -> float:
    """The longest text that the schema admits."""
    lengths = [
        each["maxLength"] for each in (schema, *schema.get("anyOf", ())) if "maxLength" in each
    ]
    return max(lengths, default=float("inf"))
