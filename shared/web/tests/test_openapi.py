"""One document for each API, in which every failure is a problem."""

import json

import pytest
from fastapi import APIRouter

from shared.web import WebSettings, contract_of, create_api, throttled
from shared.web.tests.sheets import client_of, make_api, sheet_routes

SHEETS = {"/v1/sheets", "/v1/sheets/raw", "/v1/sheets/{sheet_id}"}


def test_operations_are_chosen_by_prefix_or_tag() -> None:
    app = make_api()
    assert set(contract_of(app, prefix="/v1/sheets")["paths"]) == SHEETS
    assert set(contract_of(app, tag="sheets")["paths"]) == SHEETS
    assert set(contract_of(app, tag="probes")["paths"]) == {"/health", "/ready", "/metrics"}


def test_operations_are_chosen_by_router_wherever_it_is_included() -> None:
    inner, outer = sheet_routes(), APIRouter(prefix="/erp")
    outer.include_router(inner)
    app = create_api(
        title="t", version="1", description="d", routers=[outer], settings=WebSettings()
    )
    assert set(contract_of(app, router=inner)["paths"]) == {f"/erp{path}" for path in SHEETS}


def test_only_the_chosen_operations_schemas_are_listed() -> None:
    document = contract_of(make_api(), tag="probes")
    assert set(document["components"]["schemas"]) == {
        "Alive",
        "FieldError",
        "ProblemDocument",
        "Ready",
    }


def test_every_failure_is_declared_as_a_problem() -> None:
    operation = contract_of(make_api(), tag="sheets")["paths"]["/v1/sheets"]["post"]
    failures = {status for status in operation["responses"] if status >= "400"}
    assert failures == {"400", "401", "403", "409", "413", "422", "429", "500", "503"}
    for status in failures:
        assert list(operation["responses"][status]["content"]) == ["application/problem+json"]
    assert "Retry-After" in operation["responses"]["429"]["headers"]


def test_the_frameworks_own_422_is_gone() -> None:
    assert "HTTPValidationError" not in json.dumps(make_api().openapi())


def test_scopes_and_public_operations_are_told_apart() -> None:
    paths = contract_of(make_api(), tag="sheets")["paths"]
    assert paths["/v1/sheets"]["post"]["security"] == [{"bearer": ["sheets:write"]}]
    assert paths["/v1/sheets/raw"]["post"]["security"] == []


def test_the_document_is_the_same_each_time() -> None:
    first, second = (json.dumps(contract_of(make_api(), tag="sheets")) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("names", "complaint"), [((None,), "no explicit operation_id"), (("a", "a"), "stands at two")]
)
def test_operations_without_a_name_of_their_own_are_refused(
    names: tuple[str | None, ...], complaint: str
) -> None:
    router = APIRouter()
    for number, name in enumerate(names):

        @router.get(f"/{number}", operation_id=name)
        @throttled("1/minute")
        async def endpoint() -> None:
            """Does nothing."""

    app = create_api(
        title="t", version="1", description="d", routers=[router], settings=WebSettings()
    )
    with pytest.raises(ValueError, match=complaint):
        contract_of(app)


async def test_the_whole_document_is_served() -> None:
    app = make_api()
    async with client_of(app) as client:
        served = (await client.get("/openapi.json")).json()
    assert served == json.loads(json.dumps(app.openapi()))
    assert set(served["paths"]) > SHEETS
