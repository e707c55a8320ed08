"""Documents as our app factory makes them keep all rules; each broken rule is named."""

from collections.abc import Callable
from copy import deepcopy
from typing import Annotated, Any

import pytest
from fastapi import APIRouter
from pydantic import BaseModel

from shared.contracts import lint, validate
from shared.identity import Principal, public_route, requires
from shared.problems import Conflict
from shared.web import WebSettings, contract_of, create_api, problem_responses, throttled

PATH = "/v1/sheets/{sheet_id}"


class Sheet(BaseModel):
    lines: list[int]


def document() -> dict[str, Any]:
    router = APIRouter(prefix="/v1", tags=["sheets"])

    @router.put(
        "/sheets/{sheet_id}",
        operation_id="replace_sheet",
        summary="Replace a sheet",
        description="All of its lines.",
        responses=problem_responses(Conflict),
    )
    @throttled("10/minute")
    async def replace_sheet(
        sheet_id: str, sheet: Sheet, caller: Annotated[Principal, requires("sheets:write")]
    ) -> Sheet:
        return sheet

    @router.get(
        "/sheets",
        operation_id="list_sheets",
        summary="List sheets",
        description="In order.",
        dependencies=[public_route("test")],
    )
    @throttled("10/minute")
    async def list_sheets(limit: int = 10) -> list[Sheet]:
        return []

    app = create_api(
        title="Sheets", version="1", description="Test.", routers=[router], settings=WebSettings()
    )
    return contract_of(app, tag="sheets")


def test_a_document_of_the_app_factory_is_valid_and_keeps_all_rules() -> None:
    made = document()
    assert lint(made) == []
    assert validate(made) == []


def _at(made: dict[str, Any]) -> Any:
    return made["paths"][PATH]["put"]


@pytest.mark.parametrize(
    ("break_it", "finding"),
    [
        (lambda d: _at(d).pop("operationId"), "operationId '' is not snake_case"),
        (lambda d: _at(d).update(operationId="ReplaceSheet"), "'ReplaceSheet' is not snake_case"),
        (lambda d: _at(d).update(operationId="list_sheets"), "'list_sheets' stands at GET"),
        (lambda d: _at(d).pop("summary"), "no summary"),
        (lambda d: _at(d).pop("description"), "no description"),
        (lambda d: _at(d).pop("security"), "nobody decided who may call it"),
        (lambda d: _at(d)["responses"].pop("401"), "no response 401"),
        (lambda d: _at(d)["responses"].pop("429"), "no response 429"),
        (lambda d: _at(d)["responses"].pop("200"), "no successful response"),
        (lambda d: _at(d)["responses"]["409"].pop("content"), "response 409 is not an"),
        (lambda d: _at(d)["responses"]["409"].pop("description"), "409 has no description"),
        (lambda d: d["info"].pop("description"), "info: no description"),
        (lambda d: d["components"]["schemas"].update(HTTPValidationError={}), "framework's"),
        (lambda d: d["paths"].clear(), "describes no operation"),
    ],
)
def test_each_broken_rule_is_named(break_it: Callable[[dict[str, Any]], Any], finding: str) -> None:
    broken = deepcopy(document())
    break_it(broken)
    assert any(finding in one for one in lint(broken)), lint(broken)


def test_a_broken_document_is_located() -> None:
    broken = document()
    broken["paths"][PATH]["put"]["parameters"][0].pop("in")
    assert any(PATH in finding for finding in validate(broken))


def test_another_version_of_openapi_is_refused() -> None:
    assert validate({"openapi": "3.0.3"}) == ["openapi: '3.0.3' is not 3.1"]
