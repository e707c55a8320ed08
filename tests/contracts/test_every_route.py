"""Every route of every tier: somebody decided who may call it and how often, and it has a name.

Default deny cannot be seen in one route. So all are walked, and the walk itself is shown routes
on which somebody forgot to decide.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import APIRouter, FastAPI, Response
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from fastapi.staticfiles import StaticFiles

from shared.identity import Principal, public_route, requires, scope_rule_of
from shared.web import WebSettings, create_api, limit_of, throttled

# Files of the documentation pages, the same for everybody.
_STATIC_FILES = {"/docs-files"}
_OWN_ROUTES = {
    "system_apis": "/v1/connections",
    "process_apis": "/v1/events",
    "experience_apis": "/workbench/v1/cases",
}


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Enough settings to build each tier; nothing is called while it is built."""
    connections = tmp_path / "connections.toml"
    connections.write_text("connections = []\n", encoding="utf-8")
    for tier in ("SYSTEM", "PROCESS", "EXPERIENCE"):
        monkeypatch.setenv(f"TIMEPOST_{tier}_IDENTITY__ISSUER", "https://login.example.com")
        monkeypatch.setenv(f"TIMEPOST_{tier}_IDENTITY__AUDIENCE", f"timepost-{tier.lower()}")
        monkeypatch.setenv(f"TIMEPOST_{tier}_IDENTITY__CLIENT_SECRET", "made-up")
    monkeypatch.setenv("TIMEPOST_SYSTEM_CONNECTIONS_FILE", str(connections))
    monkeypatch.setenv("TIMEPOST_SYSTEM_PROCESS_URL", "http://process.example.com")
    monkeypatch.setenv("TIMEPOST_PROCESS_SYSTEM_URL", "http://system.example.com")
    monkeypatch.setenv("TIMEPOST_PROCESS_DATABASE_URL", "postgresql://nobody@db.example.com/none")
    monkeypatch.setenv("TIMEPOST_EXPERIENCE_PROCESS_URL", "http://process.example.com")


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize(("tier", "own_route"), _OWN_ROUTES.items())
def test_every_route_is_decided_upon(tier: str, own_route: str) -> None:
    app: FastAPI = import_module(f"{tier}.app").create_app()
    assert own_route in {context.path for context in iter_route_contexts(app.routes)}
    assert list(_undecided(app)) == []


def test_the_walk_finds_what_somebody_forgot() -> None:
    bad = APIRouter()

    @bad.get("/no-rule", operation_id="no_rule")
    @throttled("1/minute")
    async def no_rule() -> None: ...

    @bad.get("/no-limit", operation_id="no_limit")
    async def no_limit(caller: Annotated[Principal, requires("cases:read")]) -> None: ...

    @bad.get("/no-name", dependencies=[requires("cases:read")])
    @throttled("1/minute")
    async def no_name() -> None: ...

    @bad.get("/two-rules", operation_id="two_rules", dependencies=[public_route("a mistake")])
    @throttled("1/minute")
    async def two_rules(caller: Annotated[Principal, requires("cases:read")]) -> None: ...

    @bad.get("/one-name", operation_id="shared_name", dependencies=[requires("cases:read")])
    @throttled("1/minute")
    async def one_name() -> None: ...

    @bad.get("/same-name", operation_id="shared_name", dependencies=[requires("cases:read")])
    @throttled("1/minute")
    async def same_name() -> None: ...

    @bad.get("/good", operation_id="good", dependencies=[requires("cases:read")])
    @throttled("1/minute")
    async def good() -> None: ...

    outer = APIRouter(prefix="/outer")
    outer.include_router(bad)
    app = create_api(
        title="t", version="1", description="d", routers=[outer], settings=WebSettings()
    )
    app.add_route("/raw", _raw)
    app.mount("/files", StaticFiles(directory=Path(__file__).parent))

    assert list(_undecided(app)) == [
        "/outer/no-rule: nobody decided who may call it",
        "/outer/no-limit: it is not throttled",
        "/outer/no-name: it has no operation id",
        "/outer/two-rules has 2 access rules",
        "/outer/same-name: the operation id shared_name is taken",
        "/raw: it is no API route, so nothing guards it",
        "/files: it is no API route, so nothing guards it",
    ]


def _undecided(app: FastAPI) -> Iterator[str]:
    """What is missing, by path."""
    names: set[str] = set()
    for context in iter_route_contexts(app.routes):
        if context.path in _STATIC_FILES:
            continue
        if not isinstance(context.original_route, APIRoute):
            yield f"{context.path}: it is no API route, so nothing guards it"
            continue
        yield from _undecided_of(context)
        if context.operation_id in names:
            yield f"{context.path}: the operation id {context.operation_id} is taken"
        names.add(context.operation_id or "")


def _undecided_of(context: RouteContext) -> Iterator[str]:
    try:
        if scope_rule_of(context) is None:
            yield f"{context.path}: nobody decided who may call it"
    except ValueError as error:
        yield str(error)
    if limit_of(context) is None:
        yield f"{context.path}: it is not throttled"
    if not context.operation_id:
        yield f"{context.path}: it has no operation id"


async def _raw(request: object) -> Response:
    return Response()
