"""The short way to an endpoint keeps what every other way promises, and refuses what it cannot."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request
from pydantic import BaseModel

from shared.identity import public_route, requires
from shared.problems import Conflict
from shared.web import DirectRoute, WebSettings, create_api, throttled
from shared.web.tests.sheets import client_of

_PUBLIC = public_route("test")


class Taken(BaseModel):
    name: str
    size: int


@throttled("2/minute")
async def take(name: str, request: Request) -> Taken:
    if name == "taken":
        raise Conflict("It is there already.")
    return Taken(name=name, size=len(await request.body()))


def api_with(endpoint: Callable[..., Awaitable[Any]], *, rule: Any = _PUBLIC) -> FastAPI:
    router = APIRouter()
    router.add_api_route(
        "/v1/{name}",
        endpoint,
        methods=["POST"],
        route_class_override=DirectRoute,
        operation_id="take",
        status_code=202,
        dependencies=[rule],
    )
    settings = WebSettings(max_body_bytes=1000)
    return create_api(title="t", version="1", description="d", routers=[router], settings=settings)


async def test_it_answers_with_the_endpoints_model_and_every_header() -> None:
    async with client_of(api_with(take)) as client:
        answer = await client.post("/v1/a", content=b"12345")
    assert (answer.status_code, answer.json()) == (202, {"name": "a", "size": 5})
    assert answer.headers["ratelimit-policy"] == '"default";q=2;w=60'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == "application/json"


async def test_problems_limits_and_the_size_of_bodies_hold() -> None:
    async with client_of(api_with(take)) as client:
        conflict = await client.post("/v1/taken")
        large = await client.post("/v1/b", content=b"x" * 1001)
        await client.post("/v1/c")
        refused = await client.post("/v1/d")
    assert conflict.json()["status"] == 409
    assert large.json()["status"] == 413
    assert refused.json()["status"] == 429


def test_the_contract_is_described_as_ever() -> None:
    operation = api_with(take).openapi()["paths"]["/v1/{name}"]["post"]
    assert operation["responses"]["202"]["content"]["application/json"]["schema"]["$ref"]
    assert "name" in [each["name"] for each in operation["parameters"]]


def test_a_route_that_asks_for_a_token_is_refused_at_start() -> None:
    with pytest.raises(TypeError, match="not public"):
        api_with(take, rule=requires("sheets:write"))


@throttled("2/minute")
async def take_model(name: str, given: Taken, request: Request) -> Taken:
    raise NotImplementedError


@throttled("2/minute")
async def take_query(name: str, page: Annotated[int, Query()], request: Request) -> Taken:
    raise NotImplementedError


@throttled("2/minute")
async def take_header(name: str, x_own: Annotated[str, Header()], request: Request) -> Taken:
    raise NotImplementedError


async def something() -> int:
    return 1


@throttled("2/minute")
async def take_dependency(
    name: str, given: Annotated[int, Depends(something)], request: Request
) -> Taken:
    raise NotImplementedError


@pytest.mark.parametrize("endpoint", [take_model, take_query, take_header, take_dependency])
def test_an_endpoint_that_wants_more_is_refused_at_start(
    endpoint: Callable[..., Awaitable[Any]],
) -> None:
    with pytest.raises(TypeError, match="more than"):
        api_with(endpoint)
