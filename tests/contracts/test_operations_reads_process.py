"""The operations pages' own models of the process tier, held against the contract it committed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from experience_apis.operations import shaping
from experience_apis.operations.schemas import NewSwitch, Verb
from experience_apis.upstream.connections import Connection, ConnectionDetail, ConnectionList
from shared.contracts import assert_reads, assert_sends, read

_OPENAPI = Path(__file__).parents[2] / "openapi"
_ONE = "/v1/connections/{connection}"
_Document = Mapping[str, Any]


@pytest.fixture(scope="module")
def contract() -> _Document:
    return read(_OPENAPI, "process/connections.v1.json")


@pytest.mark.parametrize(
    ("model", "method", "path"),
    [
        (ConnectionList, "get", "/v1/connections"),
        (ConnectionDetail, "get", _ONE),
        *((Connection, "post", f"{_ONE}/{verb}") for verb in Verb),
    ],
)
def test_every_answer_is_understood_and_the_scope_is_enough(
    contract: _Document, model: type[BaseModel], method: str, path: str
) -> None:
    operation = contract["paths"][path][method]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert_reads(model, contract, schema["$ref"].rsplit("/", 1)[-1])
    scope = "masters:read" if method == "get" else "connections:operate"
    assert [scopes for rule in operation["security"] for scopes in rule.values()] == [[scope]]


def test_every_reason_is_accepted(contract: _Document) -> None:
    assert_sends(NewSwitch, contract, "Switch")


def test_there_are_words_and_offers_for_every_code(contract: _Document) -> None:
    flow, view = (contract["components"]["schemas"][name] for name in ("Mode", "ConnectionView"))
    assert set(flow["enum"]) == set(shaping.OFFERS)
    assert set(view["properties"]["capability"]["enum"]) == set(shaping.CAPABILITIES)
