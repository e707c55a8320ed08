"""The app as a whole: what keeps it from starting, when it is ready, how it stops."""

import asyncio
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI

from deploy.identity.in_thread import RunningIdentityServer
from shared.http_client import ASGITransport
from shared.problems import ConfigurationError
from system_apis.app import create_app
from system_apis.settings import SystemSettings, read_settings
from system_apis.tests.conftest import (
    Api,
    ProcessTierStandIn,
    process_tier_stand_in,
    settings_for,
    wait_for,
)
from system_apis.tests.connectors.hours import signature

BODY = b'{"events": [{"entry": "17"}]}'
PATH = "/time-tracking/v1/hours-de/webhooks"
SIGNED = {"X-Hours-Signature": signature("hours-secret", BODY)}


async def test_it_is_ready_with_the_tiers_around_it(api: Api) -> None:
    answer = await api.get("/ready")

    assert answer.json() == {"status": "ready", "checks": ["identity", "process tier"]}


async def test_it_is_not_ready_without_them_and_says_which(settings: SystemSettings) -> None:
    identity = settings.identity.model_copy(update={"issuer": "http://127.0.0.1:9"})
    nowhere = {"identity": identity, "process_url": "http://127.0.0.1:9"}
    app = create_app(settings.model_copy(update=nowhere))

    async with client_of(app) as api, app.router.lifespan_context(app):
        answer = await api.get("/ready", headers={})

    assert answer.status_code == 503
    missing = {each["field"] for each in answer.json()["errors"]}
    assert {"identity", "process tier"} <= missing


async def test_before_it_is_started_a_tracker_is_told_to_come_again(
    settings: SystemSettings,
) -> None:
    app = create_app(settings)

    async with client_of(app) as api:
        answer = await api.post(PATH, content=BODY, headers=SIGNED, idempotent=False)

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


async def test_stopping_finishes_the_deliveries_that_were_taken(
    identity: RunningIdentityServer, connections_file: Path, tmp_path: Path
) -> None:
    with process_tier_stand_in(identity.issuer, tmp_path, seconds_before_commit=0.5) as tier:
        app = create_app(settings_for(identity, tier.url, connections_file))
        config = uvicorn.Config(app, port=0, log_config=None, access_log=False)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        await asyncio.to_thread(wait_for, lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        async with Api(f"http://127.0.0.1:{port}", name="system tier") as api:
            deliveries = [
                asyncio.create_task(api.post(PATH, content=BODY, headers=SIGNED, idempotent=False))
                for _ in range(20)
            ]
            await asyncio.sleep(0.3)
            server.should_exit = True
            answers = await asyncio.gather(*deliveries)
            await serving

        assert {answer.status_code for answer in answers} == {202}
        assert len(tier.events) == 20


def test_a_wrong_connections_file_keeps_it_from_starting(
    settings: SystemSettings, connections_file: Path
) -> None:
    connections_file.write_text(
        connections_file.read_text().replace('{ file = "ledger-key" }', '"literal-key"')
    )

    with pytest.raises(ConfigurationError) as caught:
        create_app(settings)

    assert "connections[1].options.api_key" in caught.value.detail
    assert "literal-key" not in caught.value.detail


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "CONNECTIONS_FILE": "/etc/timepost/connections.toml",
        "PROCESS_URL": "http://process:8200",
        "IDENTITY__ISSUER": "https://login.example.com",
        "IDENTITY__CLIENT_SECRET": "s3cret-value",
        "HAND_UP__IN_FLIGHT": "4",
        "WEB__THROTTLE_FACTOR": "2",
    }.items():
        monkeypatch.setenv(f"TIMEPOST_SYSTEM_{name}", value)

    settings = read_settings(SystemSettings)

    assert settings.identity.audience == settings.identity.client_id == "timepost-system"
    assert settings.hand_up.in_flight == 4
    assert settings.web.throttle_factor == 2
    assert settings.web.max_body_bytes == 4_194_304
    assert "s3cret-value" not in repr(settings)


def test_wrong_settings_are_told_by_variable_and_never_by_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TIMEPOST_SYSTEM_PROCESS_URL", "s3cret-value")
    monkeypatch.setenv("TIMEPOST_SYSTEM_IDENTITY__ISSUER", "https://login.example.com")

    with pytest.raises(ConfigurationError) as caught:
        read_settings(SystemSettings)

    assert {each.field for each in caught.value.errors} == {
        "TIMEPOST_SYSTEM_CONNECTIONS_FILE",
        "TIMEPOST_SYSTEM_PROCESS_URL",
        "TIMEPOST_SYSTEM_IDENTITY__CLIENT_SECRET",
    }
    assert "s3cret-value" not in caught.value.detail


def test_production_takes_no_plain_http_issuer(
    settings: SystemSettings, process_tier: ProcessTierStandIn
) -> None:
    with pytest.raises(ValueError, match="https:// in production"):
        SystemSettings(
            environment="production",
            connections_file=settings.connections_file,
            process_url=process_tier.url,
            identity=settings.identity,
        )


def client_of(app: FastAPI) -> Api:
    return Api("http://system", name="system tier", transport=ASGITransport(app=app))
