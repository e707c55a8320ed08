"""The system tier between a real identity server and a process tier that can be killed."""

import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from deploy.identity.in_thread import RunningIdentityServer, identity_server_in_thread
from shared.http_client import ASGITransport, HttpClient
from shared.identity import IdentitySettings, ServiceTokens
from shared.web import WebSettings, wait_until_started
from system_apis.app import create_app
from system_apis.hand_up import HandUpSettings
from system_apis.settings import SystemIdentity, SystemSettings

CONNECTIONS = """
[[connections]]
name = "hours-de"
connector = "hours"
legal_entities = ["HRC-DE"]
[connections.options]
base_url = "http://127.0.0.1:9"
webhook_secret = { file = "webhook-secret" }

[[connections]]
name = "ledger-de"
connector = "ledger"
legal_entities = ["HRC-DE", "HRC-AT"]
[connections.options]
api_key = { file = "ledger-key" }
"""

Api = HttpClient
Token = Callable[..., Awaitable[str]]


@dataclass
class ProcessTierStandIn:
    """A running stand-in; `batches` is what it has committed."""

    url: str
    journal: Path
    process: "subprocess.Popen[str]"

    @property
    def batches(self) -> list[list[dict[str, Any]]]:
        if not self.journal.exists():
            return []
        lines = self.journal.read_text(encoding="utf-8").split("\n")[:-1]
        return [json.loads(line) for line in lines]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for batch in self.batches for event in batch]

    def forget(self) -> None:
        self.journal.unlink(missing_ok=True)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=10)


@contextmanager
def process_tier_stand_in(
    issuer: str, folder: Path, seconds_before_commit: float = 0.0
) -> Iterator[ProcessTierStandIn]:
    journal = folder / "journal.jsonl"
    module = "system_apis.tests.process_stand_in"
    command = [sys.executable, "-m", module, issuer, str(journal), str(seconds_before_commit)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            assert url.startswith("http://"), "the stand-in did not start"
            yield ProcessTierStandIn(url, journal, process)
        finally:
            process.kill()


def wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIdentityServer]:
    with identity_server_in_thread(tmp_path_factory.mktemp("identity")) as server:
        yield server


@pytest.fixture(scope="session")
def shared_process_tier(
    identity: RunningIdentityServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ProcessTierStandIn]:
    folder = tmp_path_factory.mktemp("process")
    with process_tier_stand_in(identity.issuer, folder, seconds_before_commit=0.05) as tier:
        yield tier


@pytest.fixture
def process_tier(shared_process_tier: ProcessTierStandIn) -> ProcessTierStandIn:
    shared_process_tier.forget()
    return shared_process_tier


@pytest.fixture
def connections_file(tmp_path: Path) -> Path:
    (tmp_path / "webhook-secret").write_text("hours-secret")
    (tmp_path / "ledger-key").write_text("good-key")
    file = tmp_path / "connections.toml"
    file.write_text(CONNECTIONS, encoding="utf-8")
    return file


@pytest.fixture
def settings(
    identity: RunningIdentityServer, process_tier: ProcessTierStandIn, connections_file: Path
) -> SystemSettings:
    return settings_for(identity, process_tier.url, connections_file)


def settings_for(
    identity: RunningIdentityServer, process_url: str, connections_file: Path
) -> SystemSettings:
    return SystemSettings(
        environment="development",
        connections_file=connections_file,
        connector_packages=("system_apis.tests.connectors",),
        process_url=process_url,
        identity=SystemIdentity(
            issuer=identity.issuer, client_secret=identity.client_secrets["timepost-system"]
        ),
        hand_up=HandUpSettings(timeout_seconds=5.0),
        web=WebSettings(access_log=False, max_body_bytes=4_194_304),
        webhook_max_bytes=100_000,
    )


@pytest.fixture
async def app(settings: SystemSettings) -> AsyncIterator[FastAPI]:
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        await wait_until_started(app)
        yield app


@pytest.fixture
async def api(app: FastAPI) -> AsyncIterator[Api]:
    transport = ASGITransport(app=app)
    async with HttpClient("http://system", name="system tier", transport=transport) as client:
        yield client


@pytest.fixture
async def token(identity: RunningIdentityServer) -> AsyncIterator[Token]:
    """Gives a token of the process tier, with all its scopes unless some are named."""
    own = IdentitySettings(
        issuer=identity.issuer,
        audience="timepost-process",
        client_id="timepost-process",
        client_secret=identity.client_secrets["timepost-process"],
    )
    async with HttpClient(name="identity server") as http:
        tokens = ServiceTokens(own, http.library_client)

        async def issue(*scopes: str) -> str:
            return await tokens.token("timepost-system", scopes)

        yield issue


@pytest.fixture
async def authorised(token: Token) -> dict[str, str]:
    return {"Authorization": f"Bearer {await token()}"}
