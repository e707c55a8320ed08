"""Each caller has an allowance for each operation, wherever the route was included."""

from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, Request
from fastapi.routing import APIRoute, iter_route_contexts
from limits.storage import MemoryStorage
from pydantic import SecretStr, ValidationError

from shared.http_client import HttpClient, Response
from shared.identity import public_route, routes_without_rule
from shared.problems import ConfigurationError
from shared.web import WebSettings, create_api, limit_of, throttled
from shared.web.tests.sheets import client_of, make_api


async def add(client: HttpClient, who: str) -> Response:
    headers = {"Authorization": f"Bearer {who}"}
    return await client.post("/v1/sheets", json={"lines": []}, headers=headers)


async def test_the_allowance_ends_in_429_with_the_time_to_wait() -> None:
    async with client_of(make_api()) as client:
        statuses = [(await add(client, "a")).status_code for _ in range(3)]
        refused = await add(client, "a")
    assert statuses == [201, 201, 201]
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert 1 <= int(refused.headers["retry-after"]) <= 61
    assert refused.json()["kind"] == "retryable"


async def test_every_answer_tells_what_is_left() -> None:
    async with client_of(make_api()) as client:
        first = await add(client, "a")
        await add(client, "a")
        await add(client, "a")
        refused = await add(client, "a")
    assert first.headers["ratelimit-policy"] == '"default";q=3;w=60'
    assert first.headers["ratelimit"].startswith('"default";r=2;t=')
    assert refused.headers["ratelimit"].startswith('"default";r=0;t=')
    assert "retry-after" not in first.headers


async def test_callers_are_counted_apart() -> None:
    async with client_of(make_api()) as client:
        for _ in range(4):
            last = await add(client, "a")
        assert last.status_code == 429
        assert (await add(client, "b")).status_code == 201


async def test_an_address_is_counted_once_whatever_identifier_is_in_the_path() -> None:
    async with client_of(make_api()) as client:
        statuses = [(await client.get(f"/v1/sheets/{n}")).status_code for n in range(7)]
    assert statuses == [200] * 5 + [429] * 2


async def test_two_apps_in_one_process_count_apart() -> None:
    async with client_of(make_api()) as first, client_of(make_api()) as second:
        for _ in range(4):
            last = await add(first, "a")
        assert last.status_code == 429
        assert (await add(second, "a")).status_code == 201


async def test_settings_scale_and_replace_limits() -> None:
    settings = WebSettings(throttle_factor=2, throttle_overrides={"read_sheet": "1/minute"})
    async with client_of(make_api(settings)) as client:
        added = await add(client, "a")
        read = await client.get("/v1/sheets/1")
        again = await client.get("/v1/sheets/1")
    assert added.headers["ratelimit-policy"] == '"default";q=6;w=60'
    assert read.headers["ratelimit-policy"] == '"default";q=1;w=60'
    assert again.status_code == 429


class UnreachableStorage(MemoryStorage):
    """A store that was there at start and is away now."""

    STORAGE_SCHEME = ["unreachable"]  # noqa: RUF012  the parent declares it so

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        raise ConnectionError("redis://user:hidden@cache")


async def test_without_its_store_the_process_counts_for_itself() -> None:
    settings = WebSettings(throttle_storage=SecretStr("unreachable://"))
    async with client_of(make_api(settings)) as client:
        statuses = [(await add(client, "a")).status_code for _ in range(4)]
    assert statuses == [201, 201, 201, 429]


@pytest.mark.parametrize("storage", ["nonsense://user:hidden@x", "no-address"])
def test_an_unknown_store_is_refused_at_start(storage: str) -> None:
    with pytest.raises(ConfigurationError, match=r"web\.throttle_storage") as caught:
        make_api(WebSettings(throttle_storage=SecretStr(storage)))
    assert "hidden" not in caught.value.detail


def test_an_override_that_is_no_rate_is_refused() -> None:
    with pytest.raises(ValidationError):
        WebSettings(throttle_overrides={"read_sheet": "often"})


def test_an_override_of_no_operation_is_refused_at_start() -> None:
    with pytest.raises(ConfigurationError, match="reed_sheet"):
        make_api(WebSettings(throttle_overrides={"reed_sheet": "1/minute"}))


def test_a_limit_that_is_no_rate_is_refused_at_import() -> None:
    with pytest.raises(ValueError, match="often"):
        throttled("often")


def test_every_route_of_an_app_has_a_limit_and_an_access_rule() -> None:
    app = make_api()
    routes = [c for c in iter_route_contexts(app.routes) if isinstance(c.original_route, APIRoute)]
    assert len(routes) == 9
    assert [route.path for route in routes if limit_of(route) is None] == []
    assert routes_without_rule(app) == ["* /docs-files"]


def test_a_route_without_the_mark_is_found() -> None:
    app = FastAPI()

    @app.get("/")
    async def unlimited() -> None:
        """Has no mark."""

    assert limit_of(app.routes[-1]) is None


async def test_closures_of_one_name_are_counted_apart() -> None:
    def routes(name: str) -> APIRouter:
        router = APIRouter(dependencies=[public_route("test")])

        @router.get(f"/{name}", operation_id=name)
        @throttled("1/minute")
        async def endpoint(request: Request) -> dict[str, Any]:
            return {"path": request.url.path}

        return router

    app = create_api(
        title="t",
        version="1",
        description="d",
        routers=[routes("one"), routes("two")],
        settings=WebSettings(),
    )
    async with client_of(app) as client:
        assert (await client.get("/one")).json() == {"path": "/one"}
        assert (await client.get("/two")).status_code == 200
        assert (await client.get("/one")).status_code == 429
