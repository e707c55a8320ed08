"""From its first moment on a tier answers, and says what it still waits for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI

from shared.http_client import HttpClient
from shared.problems import ConfigurationError, UpstreamUnavailable
from shared.web import ReadinessCheck, WebSettings, wait_until_started
from shared.web.tests.sheets import client_of, make_api


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[HttpClient]:
    async with app.router.lifespan_context(app), client_of(app) as client:
        yield client


class Database:
    """A lifespan under the test's control."""

    def __init__(self, failures: list[Exception] | None = None) -> None:
        self.up = asyncio.Event()
        self.events: list[str] = []
        self._failures = failures or []

    @asynccontextmanager
    async def lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        self.events.append("opening")
        if self._failures:
            raise self._failures.pop(0)
        await self.up.wait()
        task = asyncio.current_task()
        yield
        # Task groups inside of a lifespan break when another task leaves them.
        assert asyncio.current_task() is task
        self.events.append("closed")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/sheets/1"), ("POST", "/nowhere"), ("GET", "/docs")]
)
async def test_while_starting_every_route_is_503_and_never_404(method: str, path: str) -> None:
    async with running(make_api(lifespan=Database().lifespan)) as client:
        response = await client.request(method, path, idempotent=False)
    assert response.status_code == 503
    assert response.headers["retry-after"] == "2"
    assert response.json()["code"] == "not_ready"
    assert response.headers["x-request-id"]


async def test_while_starting_it_is_alive_but_not_ready_and_says_why() -> None:
    async def no_answer() -> None:
        raise UpstreamUnavailable("The identity provider does not answer.")

    app = make_api(lifespan=Database().lifespan, readiness=[ReadinessCheck("identity", no_answer)])
    async with running(app) as client:
        await asyncio.sleep(0)
        assert (await client.get("/health")).status_code == 200
        answer = await client.request("GET", "/ready", idempotent=False)
    assert answer.status_code == 503
    assert {error["field"]: error["message"] for error in answer.json()["errors"]} == {
        "start-up": "Start-up is under way.",
        "identity": "The identity provider does not answer.",
    }


async def test_once_started_it_serves_and_at_the_end_it_closes() -> None:
    database = Database()
    app = make_api(lifespan=database.lifespan)
    async with running(app) as client:
        database.up.set()
        await wait_until_started(app)
        assert (await client.get("/v1/sheets/1")).status_code == 200
        assert (await client.get("/ready")).json() == {"status": "ready", "checks": []}
    assert database.events == ["opening", "closed"]
    async with client_of(app) as client:
        assert (await client.request("GET", "/v1/sheets/1", idempotent=False)).status_code == 503


async def test_a_start_up_that_fails_is_tried_again() -> None:
    database = Database([OSError("user=hidden"), UpstreamUnavailable("The provider is away.")])
    database.up.set()
    app = make_api(lifespan=database.lifespan)
    async with running(app) as client:
        await asyncio.sleep(0.05)
        first = await client.request("GET", "/ready", idempotent=False)
        await asyncio.wait_for(wait_until_started(app), 5)
        assert (await client.get("/v1/sheets/1")).status_code == 200
    assert first.json()["errors"] == [{"field": "start-up", "message": "OSError."}]
    assert database.events == ["opening", "opening", "opening", "closed"]


async def test_a_wrong_configuration_is_final_and_fails_the_liveness_probe() -> None:
    database = Database([ConfigurationError("identity.issuer is missing.")])
    app = make_api(lifespan=database.lifespan)
    async with running(app) as client:
        with pytest.raises(ConfigurationError):
            await wait_until_started(app)
        health = await client.request("GET", "/health", idempotent=False)
        ready = await client.request("GET", "/ready", idempotent=False)
    assert (health.status_code, health.json()["code"]) == (500, "configuration_error")
    assert ready.json()["errors"][0]["message"] == "identity.issuer is missing."
    assert database.events == ["opening"]


async def test_stopping_before_the_start_up_is_through_does_not_hang() -> None:
    database = Database()
    async with asyncio.timeout(2), running(make_api(lifespan=database.lifespan)):
        await asyncio.sleep(0)
    assert database.events == ["opening"]


@pytest.mark.parametrize("checks", [1, 3])
async def test_readiness_checks_run_side_by_side_within_their_time(checks: int) -> None:
    async def hang() -> None:
        await asyncio.sleep(60)

    async def refuse() -> None:
        raise ConnectionError("password=hidden")

    async def agree() -> None:
        await asyncio.sleep(0)

    app = make_api(
        WebSettings(readiness_timeout_seconds=0.1),
        readiness=[
            ReadinessCheck("database", refuse),
            ReadinessCheck("clock", agree),
            *(ReadinessCheck(f"broker-{n}", hang) for n in range(checks)),
        ],
    )
    async with asyncio.timeout(1), client_of(app) as client:
        answer = await client.request("GET", "/ready", idempotent=False)
    found = {error["field"]: error["message"] for error in answer.json()["errors"]}
    assert found["database"] == "ConnectionError."
    assert found["broker-0"] == "No answer within 0.1 seconds."
    assert "clock" not in found
    assert answer.headers["retry-after"] == "2"
