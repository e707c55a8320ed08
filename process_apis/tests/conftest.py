"""A process tier on a real PostgreSQL, real tokens, and a stand-in below it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
from process_apis.processes.time_entries.steps import read_approvals
from process_apis.runtime import Runtime, build
from process_apis.settings import ProcessIdentity, ProcessSettings
from process_apis.tests import firm
from process_apis.tests.signing_in import token_of
from process_apis.tests.system_stand_in import ERP, TRACKER, StandIn, served
from process_apis.tests.watched_transitions import watch_transitions
from process_apis.timing import Timing
from process_apis.worker import Worker
from shared.http_client import ASGITransport, HttpClient
from shared.identity import IdentitySettings, ServiceTokens
from shared.web import wait_until_started

TEMPLATE = "template_migrated"
LEASE = 30.0
WAIT = 1.0


@pytest.fixture(scope="session")
def with_masters(postgres: PostgresServer, identity: RunningIdentityServer) -> str:
    """Name of a database with the whole schema and the firm's masters, to be copied."""
    return template_with_masters(postgres, identity, TEMPLATE)


def template_with_masters(
    postgres: PostgresServer, identity: RunningIdentityServer, name: str
) -> str:
    """The same under a name: other folders whose tests need one have fixtures of their own."""
    url = postgres.create_database(name)
    migrate(SecretStr(url))
    watch_transitions(url)

    async def read_masters(system: StandIn) -> None:
        runtime = build(settings_of(url, system, identity))
        await runtime.open()
        await Worker(runtime).work(Stage.MASTERS, ERP)
        await runtime.close()

    with served(StandIn(masters=firm.masters())) as system:
        asyncio.run(read_masters(system))
    return name


@pytest.fixture
def ledger_url(postgres: PostgresServer, with_masters: str) -> Iterator[str]:
    """URL of a database of this test's own, with the firm's masters read."""
    with fresh_database(postgres, template=with_masters) as url:
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
    return settings_of(ledger_url, system, identity)


def settings_of(url: str, system: StandIn, identity: RunningIdentityServer) -> ProcessSettings:
    """Settings with short waits between tries."""
    return ProcessSettings(
        environment="development",
        database_url=SecretStr(url),
        system_url=system.url,
        worker_gap_seconds=0,
        timing=Timing(
            retry_first=1,
            retry_most=1,
            outage_pause=1,
            outage_most=1,
            call=10,
            answer=20,
            lease=LEASE,
        ),
        identity=ProcessIdentity(
            issuer=identity.issuer,
            client_secret=identity.client_secrets["timepost-process"],
        ),
    )


@dataclass
class MovableClock:
    """The real time, and what tests add to it where a lease or a wait must pass.

    :param stalls: how long the process is suspended before each look at the clock.
    """

    ahead: timedelta = timedelta()
    stalls: float = 0

    def now(self) -> datetime:
        self.move(self.stalls)
        return datetime.now(UTC) + self.ahead

    def move(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


@dataclass
class Tier:
    """The tier under test: its worker, its API, and what surrounds it."""

    clock: MovableClock
    runtime: Runtime
    worker: Worker
    system: StandIn
    http: HttpClient
    operator: str
    token: Callable[[str | None], Awaitable[str]]

    async def hint(
        self, *subjects: str, kind: str = "time_entry", traceparent: str | None = None
    ) -> dict[str, Any]:
        """What the system tier hands up when webhooks arrive."""
        trace = {"traceparent": traceparent} if traceparent else {}
        events = [
            {
                "specversion": "1.0",
                "id": f"{kind}-{subject}",
                "source": f"/connections/{TRACKER}",
                "type": f"timepost.{kind}.changed.v1",
                "subject": subject,
                "time": "2026-06-08T09:00:00Z",
                "data": {"change": "CHANGED", "entry": None} if kind == "time_entry" else {},
                **trace,
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
        """Let the wait before another try pass, and do what workers do, until nothing is due."""
        self.clock.move(WAIT)
        for stage, name in (
            (Stage.READ_APPROVALS, TRACKER),
            (Stage.READ_ENTRIES, TRACKER),
            (Stage.READ_APPROVALS, TRACKER),
            (Stage.VALIDATE, ""),
            (Stage.PROBE, ERP),
            (Stage.CORRECT, ERP),
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

    async def see(self, *entry_ids: str) -> None:
        """Have the tracker's entries read again, and let everything follow."""
        await self.hint(*entry_ids)
        await self.settle()

    async def take_in_approvals_only(self) -> None:
        """What a worker has done that stops before the ledger looks at the change."""
        while await read_approvals(self.runtime.reader, TRACKER):
            pass

    async def bind(self, kind: str, external_id: str, owner_id: str) -> dict[str, Any]:
        """Bind a tracker's id to the record that the ERP knows under an id of its own."""
        listed = await self.call("GET", f"/v1/masters/{kind}")
        (record,) = [
            each for each in listed.json()["records"] if each["owner_external_id"] == owner_id
        ]
        wanted = {"connection": TRACKER, "kind": kind, "external_id": external_id}
        body = {**wanted, "canonical_id": record["id"]}
        answer = await self.call("PUT", "/v1/bindings", json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def look_up(self, after: float = 0) -> None:
        """Let time pass, look up what is in doubt, and let everything follow."""
        self.clock.move(after)
        await self.worker.work(Stage.LOOK_UP, ERP)
        await self.settle()

    async def postings(self, **query: str) -> list[dict[str, Any]]:
        """Postings, the last version of an entry first."""
        answer = await self.call("GET", "/v1/postings", params=query)
        assert answer.status_code == 200, answer.text
        return sorted(answer.json()["postings"], key=lambda each: -each["version"])

    async def posting(self) -> dict[str, Any]:
        """The only posting there is."""
        (posting,) = await self.postings()
        return posting

    async def case(self) -> dict[str, Any]:
        """The only open case there is."""
        (case,) = await self.cases()
        return case

    async def lineage(self, external_id: str = "e1") -> list[dict[str, Any]]:
        """All steps of an entry."""
        listed = await self.call("GET", "/v1/time-entries", params={"external_id": external_id})
        (entry,) = listed.json()["entries"]
        detail = await self.call("GET", f"/v1/time-entries/{entry['id']}")
        return list(detail.json()["lineage"])

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
    """The tier, with an API, a worker without a queue, and a clock that tests move."""
    async with running_tier(settings, system, identity) as under_test:
        yield under_test


@asynccontextmanager
async def running_tier(
    settings: ProcessSettings, system: StandIn, identity: RunningIdentityServer
) -> AsyncIterator[Tier]:
    """The same for tests that keep one for many examples."""
    clock = MovableClock()
    runtime = build(settings, clock)
    app = create_app(settings)
    provider = HttpClient(name="identity")
    operator = IdentitySettings(
        issuer=identity.issuer,
        audience="timepost-process",
        client_id="timepost-operator",
        client_secret=identity.client_secrets["timepost-operator"],
    )
    tokens = ServiceTokens(operator, provider.library_client)
    token = await tokens.token("timepost-process")
    await runtime.open()
    async with app.router.lifespan_context(app):
        await wait_until_started(app)
        http = HttpClient("http://process", name="process", transport=ASGITransport(app=app))

        async def token_as(who: str | None) -> str:
            """A token of a user of the development server; without a name, the operator's."""
            if who is None:
                return await tokens.token("timepost-process")
            return await token_of(identity, who, "cases:read", "cases:write")

        under_test = Tier(clock, runtime, Worker(runtime), system, http, token, token_as)
        yield under_test
        await http.aclose()
    await runtime.close()
    await provider.aclose()
