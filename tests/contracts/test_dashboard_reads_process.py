"""The dashboard's own models of the process tier, held against the contract it committed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from experience_apis.manager_dashboard import shaping
from experience_apis.manager_dashboard.schemas import (
    ApprovalFilters,
    ApprovalState,
    NewDelegation,
    NewSubmission,
    Verb,
    View,
)
from experience_apis.upstream.approvals import (
    ApprovalRequest,
    ApprovalRequestDetail,
    ApprovalRequestPage,
    BatchResults,
    Delegation,
    DelegationList,
    SubmissionResult,
)
from shared.contracts import assert_reads, assert_sends, read

_OPENAPI = Path(__file__).parents[2] / "openapi"
_BASE = "/v1/approvals"
_Document = Mapping[str, Any]


@pytest.fixture(scope="module")
def contract() -> _Document:
    return read(_OPENAPI, "process/approvals.v1.json")


@pytest.mark.parametrize(
    ("model", "method", "path"),
    [
        (ApprovalRequestPage, "get", "/requests"),
        (ApprovalRequestDetail, "get", "/requests/{request_id}"),
        (SubmissionResult, "post", "/submissions"),
        (ApprovalRequest, "post", "/requests/{request_id}/withdrawal"),
        (BatchResults, "post", "/decisions"),
        (DelegationList, "get", "/delegations"),
        (Delegation, "post", "/delegations"),
        (Delegation, "delete", "/delegations/{delegation_id}"),
    ],
)
def test_every_answer_is_understood_and_the_scope_is_enough(
    contract: _Document, model: type[BaseModel], method: str, path: str
) -> None:
    operation = contract["paths"][_BASE + path][method]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert_reads(model, contract, schema["$ref"].rsplit("/", 1)[-1])
    scope = "approvals:read" if method == "get" else "approvals:write"
    assert [scopes for rule in operation["security"] for scopes in rule.values()] == [[scope]]


@pytest.mark.parametrize(
    ("model", "name"), [(NewSubmission, "NewSubmission"), (NewDelegation, "NewDelegation")]
)
def test_every_body_is_accepted(contract: _Document, model: type[BaseModel], name: str) -> None:
    assert_sends(model, contract, name)


def test_every_filter_and_verb_is_known(contract: _Document) -> None:
    parameters = contract["paths"][f"{_BASE}/requests"]["get"]["parameters"]
    theirs = {each["name"]: each["schema"] for each in parameters}
    assert set(ApprovalFilters.model_fields) <= set(theirs)
    assert set(theirs["view"]["enum"]) == {each.value for each in View}
    assert theirs["limit"]["maximum"] >= 200
    schemas = contract["components"]["schemas"]
    assert set(schemas["Verb"]["enum"]) == {each.value for each in Verb}
    states = {each.value for each in ApprovalState}
    assert set(schemas["RequestState"]["enum"]) == states
    sent = set(schemas["BatchItem"]["properties"])
    assert sent == {"request_id", "version", "decision", "reason"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("RequestState", shaping.STATES),
        ("CoverState", shaping.ENTRY_STATES),
        ("Capacity", shaping.CAPACITIES),
    ],
)
def test_there_are_words_for_every_code(
    contract: _Document, name: str, words: Mapping[str, str]
) -> None:
    assert set(contract["components"]["schemas"][name]["enum"]) == set(words)
