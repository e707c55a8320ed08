"""Starts everything of one run on this machine, in an order that wastes no time.

The ERP's first build takes longer than all the rest together, so it goes on beside it.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import httpx2
import psutil

from deploy.local.addresses import Addresses
from deploy.local.connections_file import TRACKER, Platforms, write_connections
from deploy.local.postgres import PostgresServer
from deploy.local.processes import ManagedProcess, ProcessDied, is_alive
from deploy.local.programs import Programs
from deploy.local.run_secrets import RunSecrets, make_secrets
from deploy.local.scenario.firm import read_firm
from deploy.local.scenario.make_plan import FIRST_DAY
from deploy.local.scenario.tracker import found_firm
from deploy.local.scenario.weekend_plan import weekend_people
from deploy.local.steps import Steps
from deploy.local.supervisor import LOCK, Supervisor
from deploy.sandboxes.clockify.firm import Founded
from deploy.timetagger.server import TimeTaggerServer
from deploy.tryton.build import FIRMS, FirmSize, Variant
from deploy.tryton.server import TrytonServer

WORKERS = 2
BUILD_SECONDS = 600.0
READY_SECONDS = 60.0


@dataclass(frozen=True)
class Arrangement:
    """Where a run listens, and how it differs from the demo: shorter times, other ways to the ERP.

    :param settings: environment variables of Timepost's own programs, before the demo's.
    :param erp_url: where Timepost reaches the ERP, if not at its own address.
    :param erp_options: further options of the ERP's connection.
    :param more_connections: further connections, as they stand in the file.
    :param firm: whose people, projects and companies.
    """

    addresses: Addresses
    settings: Mapping[str, str] = field(default_factory=dict)
    erp_url: str | None = None
    erp_options: Mapping[str, int | float | str] = field(default_factory=dict)
    more_connections: str = ""
    firm: FirmSize = "small"

    @property
    def firm_file(self) -> Path:
        return FIRMS[self.firm]


class Server(Protocol):
    """A platform with a class of its own that starts and stops it."""

    log_path: Path

    @property
    def pid(self) -> int | None: ...

    def start(self) -> object: ...

    def stop(self) -> None: ...

    def kill(self) -> None: ...


class WatchedServer:
    """A platform as a service of the supervisor."""

    def __init__(self, name: str, server: Server) -> None:
        self._name = name
        self._server = server

    def check(self) -> None:
        pid, log = self._server.pid, self._server.log_path
        if pid is None or (psutil.pid_exists(pid) and is_alive(psutil.Process(pid))):
            return
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
        raise ProcessDied(f"{self._name} ended by itself. The end of {log}:\n{tail}")

    def stop(self) -> None:
        self._server.stop()


class Stack:
    """The demo platforms and Timepost's tiers. `start` once; the supervisor stops everything.

    After the start: `erp` (the real Tryton), `timetagger` (the real one), `firm` (ids in the
    Clockify stand-in), `webhook_tokens`.
    """

    erp: TrytonServer
    timetagger: TimeTaggerServer
    firm: Founded
    webhook_tokens: list[str]

    def __init__(
        self,
        supervisor: Supervisor,
        steps: Steps,
        variant: Variant,
        arrangement: Arrangement,
    ) -> None:
        self.directory = supervisor.directory.resolve()
        self.arrangement = arrangement
        self.addresses = arrangement.addresses
        self._supervisor = supervisor
        self._steps = steps
        self._variant = variant
        forget_the_last_run(self.directory)
        self.secrets: RunSecrets = make_secrets(self.directory / "secrets")
        self.people = read_firm(FIRST_DAY, arrangement.firm_file)
        self.timetagger_people = weekend_people(self.people)
        self.postgres = PostgresServer(self.directory / "postgres")

    @property
    def webhooks_url(self) -> str:
        """Where the tracker delivers."""
        return f"{self.addresses.url('system')}/time-tracking/v1/{TRACKER}/webhooks"

    def start(self) -> None:
        """Start all services and return when each says that it is ready.

        :raises ProcessDied: one ended; with the end of its log.
        :raises NotHealthy: one was not ready in time; with the end of its log.
        """
        programs = self._start_database()
        build = self._supervisor.start(programs.build_tryton())
        self._steps.tell("tryton", "building (once, about a minute)")
        tracker_build = self._supervisor.start(programs.build_timetagger())
        self._steps.tell("timetagger", "building (once, about 15 s)")
        self._supervisor.start(programs.identity())
        self._supervisor.start(programs.clockify())
        migration = self._supervisor.start(programs.migrate())
        self._steps.tell("identity", "starting")
        self._steps.tell("clockify", "starting the stand-in")
        self._wait_for_answer("identity", "/jwks.json")
        self._wait_for_answer("clockify", "/_sandbox/status")
        self.firm, self.webhook_tokens = found_firm(
            self.addresses.url("clockify"), self.webhooks_url, self.arrangement.firm_file
        )
        self._steps.tell("database", "migrating")
        self._supervisor.wait_until("migrate", lambda: migration.is_done, READY_SECONDS)
        self._steps.done("database", f"PostgreSQL on port {self.postgres.port}")
        self._start_tier("process", programs)
        self._start_timetagger(tracker_build)
        self._start_tryton(build)
        write_connections(self.directory, self._platforms())
        self._start_tier("system", programs)
        for number in range(1, WORKERS + 1):
            self._supervisor.start(programs.worker(number))
        self._steps.done("workers", f"{WORKERS} processes")
        self._start_tier("experience", programs)

    def _start_database(self) -> Programs:
        self._steps.tell("database", "starting PostgreSQL")
        self.postgres.start()
        self._supervisor.adopt("postgres", self.postgres.process)
        url = self.postgres.create_database("timepost")
        more = self.arrangement.settings
        return Programs(self.directory, self.addresses, self.secrets, url, more)

    def _start_timetagger(self, build: ManagedProcess) -> None:
        self._wait_for_build("timetagger", "TimeTagger: ", build)
        people = [person.email for person in self.timetagger_people]
        directory = self.directory / "timetagger"
        self.timetagger = TimeTaggerServer(directory, people, self.addresses.timetagger)
        self._start_server("timetagger", self.timetagger)
        self._steps.done("timetagger", f"the real TimeTagger at {self.timetagger.base_url}")

    def _start_tryton(self, build: ManagedProcess) -> None:
        self._wait_for_build("tryton", "Tryton: ", build)
        self.erp = TrytonServer(
            self.directory / "tryton",
            self._variant,
            self.addresses.tryton,
            firm=self.arrangement.firm,
        )
        self._start_server("tryton", self.erp)
        self._steps.done("tryton", f"Tryton 8.2 ({self._variant}) at {self.erp.base_url}")

    def _wait_for_build(self, name: str, marked: str, build: ManagedProcess) -> None:
        """:param marked: how a line of the build's log begins that is news for a person."""

        def is_built() -> bool:
            if news := [line for line in build.log_tail(3).splitlines() if marked in line]:
                self._steps.tell(name, news[-1].removeprefix(marked))
            return build.is_done

        self._supervisor.wait_until(build.program.name, is_built, BUILD_SECONDS)
        self._steps.tell(name, "starting")

    def _start_server(self, name: str, server: Server) -> None:
        with ThreadPoolExecutor(1) as beside:
            start = beside.submit(server.start)
            try:
                self._supervisor.wait_until(name, lambda: bool(server.pid) or start.done(), 10)
                self._supervisor.adopt(name, WatchedServer(name, server), server.pid)
                self._supervisor.wait_until(name, start.done, READY_SECONDS)
            except BaseException:
                server.kill()
                raise
            start.result()

    def _platforms(self) -> Platforms:
        return Platforms(
            erp=self.erp,
            erp_url=self.arrangement.erp_url or self.erp.base_url,
            erp_options=self.arrangement.erp_options,
            clockify_url=self.addresses.url("clockify"),
            clockify=self.firm,
            webhook_tokens=self.webhook_tokens,
            timetagger=self.timetagger,
            timetagger_people=self.timetagger_people,
            more=self.arrangement.more_connections,
            entities=self.people.entities,
        )

    def _start_tier(self, name: str, programs: Programs) -> None:
        self._steps.tell(name, "starting")
        self._supervisor.start(getattr(programs, name)())
        self._wait_for_answer(name, "/ready")

    def _wait_for_answer(self, name: str, path: str) -> None:
        url = self.addresses.url(name)
        with httpx2.Client(base_url=url, timeout=5) as http:

            def answers() -> bool:
                try:
                    return http.get(path).is_success
                except httpx2.HTTPError:
                    return False

            self._supervisor.wait_until(name, answers, READY_SECONDS)
        self._steps.done(name, url)


def forget_the_last_run(directory: Path) -> None:
    """Every run begins with empty platforms; what is left is only for looking at afterwards."""
    for path in directory.iterdir() if directory.exists() else ():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != LOCK:
            path.unlink()
