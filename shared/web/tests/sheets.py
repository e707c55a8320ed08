"""A small API with every kind of operation, reached through ASGI."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Body, FastAPI, Query, Request
from pydantic import BaseModel, Field

from shared.http_client import ASGITransport, HttpClient
from shared.identity import Principal, public_route, requires
from shared.problems import Conflict, Unauthenticated
from shared.web import (
    Lifespan,
    ReadinessCheck,
    WebSettings,
    create_api,
    problem_responses,
    throttled,
)


class Line(BaseModel):
    minutes: int = Field(gt=0)


class Sheet(BaseModel):
    lines: list[Line]


class AnybodyVerifier:
    """Takes the token for the client's name."""

    async def verify(self, token: str) -> Principal:
        if token == "bad":
            raise Unauthenticated("The token does not hold.")
        return Principal(
            subject=token,
            client_id=token,
            scopes=frozenset({"sheets:write"}),
            roles=frozenset(),
            actors=(),
            expires_at=datetime(2030, 1, 1, tzinfo=UTC),
            token=token,
        )


def sheet_routes() -> APIRouter:
    router = APIRouter(prefix="/v1/sheets", tags=["sheets"])

    @router.post(
        "",
        operation_id="add_sheet",
        summary="Add a sheet",
        description="Counts its lines.",
        status_code=201,
        responses=problem_responses(Conflict),
    )
    @throttled("3/minute")
    async def add_sheet(
        sheet: Annotated[Sheet, Body()],
        caller: Annotated[Principal, requires("sheets:write")],
    ) -> dict[str, int]:
        return {"lines": len(sheet.lines)}

    @router.get(
        "/{sheet_id}",
        operation_id="read_sheet",
        summary="Read a sheet",
        description="Its number.",
        dependencies=[public_route("test")],
    )
    @throttled("5/minute")
    async def read_sheet(
        sheet_id: int, limit: Annotated[int, Query(ge=1, le=100)] = 10
    ) -> dict[str, int]:
        return {"sheet": sheet_id, "limit": limit}

    @router.post(
        "/raw",
        operation_id="take_raw",
        summary="Take raw bytes",
        description="Gives their number.",
        dependencies=[public_route("test")],
    )
    @throttled("100/minute")
    async def take_raw(request: Request) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    @router.delete(
        "/{sheet_id}",
        operation_id="drop_sheet",
        summary="Drop a sheet",
        description="Is broken.",
        dependencies=[public_route("test")],
    )
    @throttled("100/minute")
    async def drop_sheet(sheet_id: int) -> dict[str, int]:
        raise RuntimeError(f"password=hidden for {sheet_id}")

    return router


def make_api(
    settings: WebSettings | None = None,
    *,
    lifespan: Lifespan | None = None,
    readiness: Sequence[ReadinessCheck] = (),
) -> FastAPI:
    app = create_api(
        title="Sheets",
        version="1.0.0",
        description="For tests.",
        routers=[sheet_routes()],
        settings=settings or WebSettings(max_body_bytes=1000),
        lifespan=lifespan,
        readiness=readiness,
    )
    app.state.token_verifier = AnybodyVerifier()
    return app


@asynccontextmanager
async def client_of(app: FastAPI) -> AsyncIterator[HttpClient]:
    """Reaches the app as it is: its lifespan is not run."""
    async with HttpClient("http://api", name="api", transport=ASGITransport(app=app)) as client:
        yield client
