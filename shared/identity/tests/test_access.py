"""Rules at routes: who gets in, what the refusal says, and that no route goes without one."""

from typing import Annotated

import httpx2
import pytest
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts

from shared.identity import (
    Principal,
    PublicRule,
    ScopeRule,
    TokenVerifier,
    public_route,
    requires,
    routes_without_rule,
    scope_rule_of,
)
from shared.identity.tests.conftest import FakeProvider
from shared.problems import TimepostProblem

FINANCE = {"finance.analyst", "finance.controller"}


@pytest.fixture
def app(verifier: TokenVerifier) -> FastAPI:
    router = APIRouter()

    @router.get("/cases")
    async def list_cases(
        request: Request, caller: Annotated[Principal, requires("cases:read")]
    ) -> dict[str, str]:
        assert request.state.principal is caller
        return {"subject": caller.subject}

    @router.post("/cases/{case}")
    async def decide(
        case: str,
        caller: Annotated[Principal, requires("cases:read", "cases:write", roles=FINANCE)],
    ) -> str:
        return f"{case} by {caller.subject}"

    @router.post("/sweeps", dependencies=[requires("sweeps:run")])
    async def sweep() -> str:
        return "swept"

    app = FastAPI(openapi_url="/openapi.json", docs_url=None, redoc_url=None)
    app.state.token_verifier = verifier
    app.include_router(router, prefix="/v1")

    @app.get("/health", dependencies=[public_route("the platform asks whether we live")])
    async def health() -> str:
        return "alive"

    @app.exception_handler(TimepostProblem)
    async def answer(request: Request, problem: TimepostProblem) -> JSONResponse:
        body = problem.document().model_dump()
        return JSONResponse(body, problem.status, headers=problem.headers)

    return app


async def call(app: FastAPI, method: str, path: str, token: str | None) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.request(method, path, headers=headers)


async def test_the_right_scope_gets_in(app: FastAPI, provider: FakeProvider) -> None:
    response = await call(app, "GET", "/v1/cases", provider.token())

    assert response.json() == {"subject": "maya"}


async def test_no_token_is_401(app: FastAPI) -> None:
    response = await call(app, "GET", "/v1/cases", None)

    assert response.status_code == 401
    assert response.json()["code"] == "token_missing"
    assert response.headers["www-authenticate"].startswith("Bearer")


async def test_a_missing_scope_is_named(app: FastAPI, provider: FakeProvider) -> None:
    response = await call(app, "POST", "/v1/cases/7", provider.token(scope="cases:read"))

    assert response.status_code == 403
    assert response.json()["code"] == "scope_missing"
    assert "cases:write" in response.json()["detail"]
    assert (
        response.headers["www-authenticate"]
        == 'Bearer error="insufficient_scope", scope="cases:read cases:write"'
    )


async def test_a_missing_role_is_named(app: FastAPI, provider: FakeProvider) -> None:
    token = provider.token(roles=["project.manager"])

    response = await call(app, "POST", "/v1/cases/7", token)

    assert response.status_code == 403
    assert response.json()["code"] == "role_missing"
    assert "finance.analyst or finance.controller" in response.json()["detail"]


async def test_one_of_the_roles_is_enough(app: FastAPI, provider: FakeProvider) -> None:
    token = provider.token(roles=["finance.controller", "other"])

    assert (await call(app, "POST", "/v1/cases/7", token)).status_code == 200


async def test_a_rule_beside_the_route_guards_as_well(app: FastAPI, provider: FakeProvider) -> None:
    refused = await call(app, "POST", "/v1/sweeps", provider.token())
    admitted = await call(app, "POST", "/v1/sweeps", provider.token(scope="sweeps:run"))

    assert refused.status_code == 403
    assert admitted.json() == "swept"


async def test_a_public_route_needs_no_token(app: FastAPI) -> None:
    assert (await call(app, "GET", "/health", None)).status_code == 200


async def test_the_document_lists_scopes_per_operation(app: FastAPI) -> None:
    document = app.openapi()

    paths = document["paths"]
    assert paths["/v1/cases"]["get"]["security"] == [{"bearer": ["cases:read"]}]
    assert paths["/v1/cases/{case}"]["post"]["security"] == [
        {"bearer": ["cases:read", "cases:write"]}
    ]
    assert "security" not in paths["/health"]["get"]
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


async def test_every_route_can_be_asked_for_its_rule(app: FastAPI) -> None:
    rules = {context.path: scope_rule_of(context) for context in iter_route_contexts(app.routes)}

    assert rules["/v1/cases"] == ScopeRule(frozenset({"cases:read"}), frozenset())
    assert rules["/v1/cases/{case}"] == ScopeRule(
        frozenset({"cases:read", "cases:write"}), frozenset(FINANCE)
    )
    assert rules["/health"] == PublicRule("the platform asks whether we live")
    assert rules["/openapi.json"] is None


async def test_a_forgotten_rule_is_found_in_included_routers(app: FastAPI) -> None:
    inner = APIRouter()

    @inner.delete("/everything")
    async def forgotten() -> None:
        return None

    outer = APIRouter(prefix="/outer")
    outer.include_router(inner)
    app.include_router(outer)

    assert routes_without_rule(app) == ["GET,HEAD /openapi.json", "DELETE /outer/everything"]


async def test_two_rules_on_one_route_are_refused(app: FastAPI) -> None:
    router = APIRouter(dependencies=[requires("cases:read")])

    @router.get("/twice", dependencies=[public_route("by mistake")])
    async def twice() -> None:
        return None

    app.include_router(router)

    with pytest.raises(ValueError, match="/twice has 2 access rules"):
        routes_without_rule(app)


async def test_a_rule_says_something() -> None:
    with pytest.raises(ValueError, match="at least one scope"):
        requires()
    with pytest.raises(ValueError, match="needs a reason"):
        public_route("  ")
