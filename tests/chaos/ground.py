"""The product as real processes between proxies that break things, with two ERPs behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2

from deploy.local.addresses import Addresses, free_addresses
from deploy.local.connections_file import ERP
from deploy.local.postgres import PostgresServer
from deploy.local.processes import ManagedProcess, Program
from deploy.local.programs import Programs
from deploy.local.run_secrets import RunSecrets, keep_secret, make_secrets
from deploy.local.stack import WatchedServer
from deploy.local.supervisor import Supervisor
from deploy.tryton.build import Variant
from deploy.tryton.server import TrytonServer
from shared.stop_points import StopPoint
from tests.journeys.fault_proxy import FaultProxy, fault_proxy
from tests.journeys.own_systems import OWN_ERP, OWN_TRACKER, OwnSystems, own_systems

TRACKER = "chaos-tracker"
WORKERS = ("worker-1", "worker-2")
READY_SECONDS = 60.0

# Short, and still longer than what a busy machine takes: see the order of times in
# docs/architecture.md. Nothing is swept, so that what arrives has arrived by webhook.
SETTINGS = {
    "TIMEPOST_PROCESS_SWEEP_EVERY_SECONDS": "86400",
    "TIMEPOST_PROCESS_COMPARE_EVERY_SECONDS": "86400",
    "TIMEPOST_PROCESS_MASTERS_EVERY_SECONDS": "86400",
    "TIMEPOST_PROCESS_TIMING__CALL": "4",
    "TIMEPOST_PROCESS_TIMING__ANSWER": "5",
    "TIMEPOST_PROCESS_TIMING__LEASE": "6",
    "TIMEPOST_PROCESS_TIMING__READING_LEASE": "5",
    "TIMEPOST_PROCESS_TIMING__RETRY_FIRST": "0.5",
    "TIMEPOST_PROCESS_TIMING__RETRY_MOST": "3",
    "TIMEPOST_PROCESS_TIMING__OUTAGE_PAUSE": "1",
    "TIMEPOST_PROCESS_TIMING__OUTAGE_MOST": "3",
    "TIMEPOST_PROCESS_WEB__THROTTLE_FACTOR": "1000",
    "TIMEPOST_SYSTEM_WEB__THROTTLE_FACTOR": "1000",
}
CONNECTIONS = """\
[[connections]]
name = "{erp}"
connector = "tryton"
legal_entities = ["US01"]
[connections.options]
base_url = "{url}"
database = "{database}"
user = "{user}"
password = {{ file = "secrets/tryton-password" }}
timeout_seconds = 4
settle_seconds = 3

[[connections]]
name = "{tracker}"
connector = "signed_events"
legal_entities = ["US01"]
[connections.options]
signing_secrets = [{{ file = "secrets/own-tracker" }}]
"""


@dataclass(frozen=True)
class Proxies:
    """Where calls are struck: before each ERP, and between the tiers in both directions."""

    tryton: FaultProxy
    own_erp: FaultProxy
    system: FaultProxy
    process: FaultProxy

    @property
    def all(self) -> dict[str, FaultProxy]:
        return dict(vars(self))


class Ground:
    """One run of the product. Every process of it can be killed, and armed to stop at a point."""

    def __init__(
        self, supervisor: Supervisor, proxies: Proxies, own: OwnSystems, places: Addresses
    ) -> None:
        self.supervisor = supervisor
        self.proxies = proxies
        self.own = own
        self.addresses = places
        self.directory: Path = supervisor.directory.resolve()
        self.secrets: RunSecrets = make_secrets(self.directory / "secrets")
        self.postgres = PostgresServer(self.directory / "postgres")
        self.tryton: TrytonServer
        self.armed: set[str] = set()
        self._unarmed: dict[str, Program] = {}

    @property
    def trackers(self) -> dict[str, str]:
        """The tracker whose hours go to each ERP."""
        return {ERP: TRACKER, OWN_ERP: OWN_TRACKER}

    def url(self, service: str) -> str:
        return self.addresses.url(service)

    def start(self, variant: Variant) -> None:
        """Start everything; answers when each tier is ready."""
        self.postgres.start()
        self.supervisor.adopt("postgres", self.postgres.process)
        self.tryton = TrytonServer(self.directory / "tryton", variant, port=self.addresses.tryton)
        self.tryton.start()
        self.supervisor.adopt("tryton", WatchedServer("tryton", self.tryton), self.tryton.pid)
        self._write_connections()
        ways = {
            "TIMEPOST_PROCESS_SYSTEM_URL": self.proxies.system.url,
            "TIMEPOST_SYSTEM_PROCESS_URL": self.proxies.process.url,
        }
        database = self.postgres.create_database("timepost")
        programs = Programs(
            self.directory, self.addresses, self.secrets, database, {**SETTINGS, **ways}
        )
        migration = self.supervisor.start(programs.migrate())
        self._start("identity", programs.identity(), "/jwks.json")
        self.supervisor.wait_until("migrate", lambda: migration.is_done, READY_SECONDS)
        self._start("process", programs.process(), "/ready")
        self._start("system", programs.system(), "/ready")
        for number, name in enumerate(WORKERS, start=1):
            self._unarmed[name] = programs.worker(number)
            self.supervisor.start(self._unarmed[name])

    def process(self, name: str) -> ManagedProcess:
        if name == "postgres":
            return self.postgres.process
        return self.supervisor.process(name)

    async def kill(self, name: str) -> None:
        """SIGKILL, as a power cut would."""
        await asyncio.to_thread(self.process(name).kill)

    async def revive(self, name: str, stop: str | None = None) -> None:
        """Start a process that was killed, perhaps armed to stop at a point."""
        if name == "postgres":
            await asyncio.to_thread(self.postgres.start)
            return
        process, program = self.process(name), self._unarmed[name]
        if stop is not None:
            tier = "SYSTEM" if name == "system" else "PROCESS"
            armed = {f"TIMEPOST_{tier}_CHAOS_STOP_AT": stop}
            program = replace(program, environment={**program.environment, **armed})
            self.armed.add(name)
        else:
            self.armed.discard(name)
        process.program = program
        process.start()

    async def restart(self, name: str, stop: str | None = None) -> None:
        await self.kill(name)
        await self.revive(name, stop)

    def died(self) -> set[str]:
        """The processes that ended though nobody killed them."""
        return {name for name in self._unarmed if self.process(name).has_ended}

    def _start(self, name: str, program: Program, path: str) -> None:
        self._unarmed[name] = program
        self.supervisor.start(program)
        self.supervisor.wait_until(name, lambda: answers(self.url(name) + path), READY_SECONDS)

    def _write_connections(self) -> None:
        account = self.tryton.manifest["integration_user"]
        keep_secret(self.directory / "secrets" / "tryton-password", account["password"])
        self.own.keep_secrets(self.directory / "secrets")
        text = CONNECTIONS.format(
            erp=ERP,
            url=self.proxies.tryton.url,
            database=self.tryton.database,
            user=account["login"],
            tracker=TRACKER,
        )
        own = self.own.connections.replace(self.own.url, self.proxies.own_erp.url)
        (self.directory / "connections.toml").write_text(text + own, encoding="utf-8")


def holders(point: StopPoint) -> tuple[str, ...]:
    """The processes that reach a point."""
    if point in SYSTEM_POINTS:
        return ("system",)
    return ("process",) if point is StopPoint.INBOX_COMMITTED else WORKERS


SYSTEM_POINTS = frozenset(
    {
        StopPoint.HANDING_UP,
        StopPoint.HANDED_UP,
        StopPoint.ERP_ASKED,
        StopPoint.ERP_REPLIED,
        StopPoint.ERP_ANSWERED,
        StopPoint.ERP_LOOKED_UP,
    }
)


def answers(url: str) -> bool:
    try:
        return httpx2.get(url, timeout=5).is_success
    except httpx2.HTTPError:
        return False


@contextmanager
def running_ground(directory: Path, variant: Variant) -> Iterator[Ground]:
    """Everything started; all of it ends with the block."""
    places = free_addresses()
    with (
        own_systems() as own,
        fault_proxy(places.tryton) as tryton,
        fault_proxy(int(own.url.rpartition(":")[2])) as own_erp,
        fault_proxy(places.system) as system,
        fault_proxy(places.process) as process,
        Supervisor(directory, print) as supervisor,
    ):
        ground = Ground(supervisor, Proxies(tryton, own_erp, system, process), own, places)
        ground.start(variant)
        yield ground
