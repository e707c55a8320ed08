"""A process tier on a real PostgreSQL, real tokens, and a stand-in below it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from deploy.identity.in_thread import RunningIdentityServer, identity_server_in_thread
from deploy.local.postgres import PostgresServer
from deploy.local.pytest_plugin import fresh_database
from process_apis.app import create_app
from process_apis.doorbell import Stage
from process_apis.migrate import migrate
from process_apis.runtime import Runtime, build
from process_apis.settings import ProcessIdentity, ProcessSettings
from process_apis.tests import firm
from process_apis.tests.system_stand_in import ERP, TRACKER, StandIn, served
from process_apis.timing import Timing
from process_apis.worker import Worker
from shared.http_client import ASGITransport, HttpClient
from shared.identity import IdentitySettings, ServiceTokens
from shared.web import wait_until_started

TEMPLATE = "template_migrated"


@pytest.fixture(scope="session")
def migrated(postgres: PostgresServer) -> str:
    """Name of a database with the whole schema, to be copied."""
    migrate(SecretStr(postgres.create_database(TEMPLATE)))
    return TEMPLATE


@pytest.fixture
def ledger_url(postgres: PostgresServer, migrated: str) -> Iterator[str]:
    """URL of a migrated database of this test's own."""
    with fresh_database(postgres, template=migrated) as url:
        yield url


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIdentityServer]:
    """The development identity server, over HTTP."""
    with identity_server_in_thread(Path(tmp_path_factory.mktemp("identity"))) as running:
        yield running


@pytest.fixture
def system() -> Iterator[StandIn]:
    """The tier below, with the firm's masters in its ERP."""
    stand_in = StandIn(masters=firm.masters())
    with served(stand_in):
        yield stand_in


@pytest.fixture
def settings(ledger_url: str, system: StandIn, identity: RunningIdentityServer) -> ProcessSettings:
    """Settings of a tier in the middle of all that."""
    return ProcessSettings(
        environment="development",
        database_url=SecretStr(ledger_url),
        system_url=system.url,
        identity=ProcessIdentity(
            issuer=identity.issuer,
            client_secret=identity.client_secrets["timepost-process"],
        ),
    )


@dataclass
class Tier:
    """The tier under test: its worker, its API, and what surrounds it."""

    runtime: Runtime
    worker: Worker
    system: StandIn
    http: HttpClient
    operator: str

    async def hint(self, *subjects: str, kind: str = "time_entry") -> dict[str, Any]:
        """What the system tier hands up when webhooks arrive."""
        events = [
            {
                "specversion": "1.0",
                "id": f"{kind}-{subject}",
                "source": f"/connections/{TRACKER}",
                "type": f"timepost.{kind}.changed.v1",
                "subject": subject,
                "time": "2026-06-08T09:00:00Z",
                "data": {"change": "CHANGED", "entry": None} if kind == "time_entry" else {},
            }
            for subject in subjects
        ]
        answer = await self.call("POST", "/v1/events", json=events)
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    async def call(self, method: str, path: str, **more: Any) -> Any:
        """A call as the integration operator."""
        headers = {"Authorization": f"Bearer {self.operator}", **more.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **more)

    async def settle(self) -> None:
        """Do what workers would do, until nothing is left to do right now."""
        for stage, name in (
            (Stage.READ_APPROVALS, TRACKER),
            (Stage.READ_ENTRIES, TRACKER),
            (Stage.READ_APPROVALS, TRACKER),
            (Stage.VALIDATE, ""),
            (Stage.SEND, ERP),
            (Stage.VALIDATE, ""),
            (Stage.FEEDBACK, TRACKER),
        ):
            await self.worker.work(stage, name)

    async def read_masters(self) -> None:
        """Read the ERP's masters, as on schedule."""
        await self.worker.work(Stage.MASTERS, ERP)

    async def approve(self, *entry_ids: str, approval: str = "a1", **decision: Any) -> None:
        """Have the tracker approve entries, and let everything follow."""
        firm.decide(self.system, approval, list(entry_ids), **decision)
        await self.hint(approval, kind="approval")
        await self.settle()

    async def status(self) -> dict[str, Any]:
        """The counts."""
        return dict((await self.call("GET", "/v1/status")).json())

    async def cases(self, **query: str) -> list[dict[str, Any]]:
        """Open cases."""
        answer = await self.call("GET", "/v1/cases", params=query)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["cases"])


@pytest.fixture
async def tier(
    settings: ProcessSettings, system: StandIn, identity: RunningIdentityServer
) -> AsyncIterator[Tier]:
    """The tier with the masters read."""
    timing = Timing(retry_first=0, outage_pause=0, answer=2, lease=3, call=1)
    runtime = build(settings, timing=timing)
    app = create_app(settings)
    provider = HttpClient(name="identity")
    operator = IdentitySettings(
        issuer=identity.issuer,
        audience="timepost-process",
        client_id="timepost-operator",
        client_secret=identity.client_secrets["timepost-operator"],
    )
    token = await ServiceTokens(operator, provider.library_client).token("timepost-process")
    await runtime.open()
    async with app.router.lifespan_context(app):
        await wait_until_started(app)
        http = HttpClient("http://process", name="process", transport=ASGITransport(app=app))
        under_test = Tier(runtime, Worker(runtime), system, http, token)
        await under_test.read_masters()
        yield under_test
        await http.aclose()
    await runtime.close()
    await provider.aclose()
