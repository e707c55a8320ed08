"""Starts everything of one run on this machine, in an order that wastes no time.

The ERP's first build takes longer than all the rest together, so it goes on beside it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import psutil

from deploy.local.addresses import Addresses
from deploy.local.postgres import PostgresServer
from deploy.local.processes import ManagedProcess, ProcessDied, is_alive
from deploy.local.programs import Programs
from deploy.local.run_secrets import RunSecrets, keep_secret, make_secrets
from deploy.local.scenario.tracker import found_firm
from deploy.local.steps import Steps
from deploy.local.supervisor import LOCK, Supervisor
from deploy.sandboxes.clockify.firm import Founded
from deploy.tryton.build import Variant
from deploy.tryton.server import TrytonServer

TRACKER = "clockify-demo"
ERP = "tryton-us01"
WORKERS = 2
BUILD_SECONDS = 600.0
READY_SECONDS = 60.0

CONNECTIONS = """\
# The connections of this run, written anew by each.
# Secrets are references to files; the values stand nowhere else.

[[connections]]
name = "{erp}"
connector = "tryton"
legal_entities = ["US01"]

[connections.options]
base_url = "{tryton_url}"
database = "{database}"
user = "{user}"
password = {{ file = "secrets/tryton-password" }}
{tryton_options}

[[connections]]
name = "{tracker}"
connector = "clockify"
legal_entities = ["US01"]

[connections.options]
base_url = "{clockify_url}/api"
workspace_id = "{workspace}"
api_key = {{ file = "secrets/clockify-api-key" }}
webhook_tokens = [
{tokens}
]
"""


@dataclass(frozen=True)
class Arrangement:
    """Where a run listens, and how it differs from the demo: shorter times, other ways to the ERP.

    :param settings: environment variables of Timepost's own programs, before the demo's.
    :param erp_url: where Timepost reaches the ERP, if not at its own address.
    :param erp_options: further options of the ERP's connection.
    """

    addresses: Addresses
    settings: Mapping[str, str] = field(default_factory=dict)
    erp_url: str | None = None
    erp_options: Mapping[str, int | float | str] = field(default_factory=dict)


class WatchedTryton:
    """The ERP as a service of the supervisor."""

    def __init__(self, server: TrytonServer) -> None:
        self._server = server

    def check(self) -> None:
        pid = self._server.pid
        if pid is None or (psutil.pid_exists(pid) and is_alive(psutil.Process(pid))):
            return
        tail = "\n".join(self._server.log_path.read_text(errors="replace").splitlines()[-20:])
        raise ProcessDied(f"tryton ended by itself. The end of {self._server.log_path}:\n{tail}")

    def stop(self) -> None:
        self._server.stop()


class Stack:
    """The demo platforms and Timepost's tiers. `start` once; the supervisor stops everything.

    After the start: `erp` (the real Tryton), `firm` (ids in the tracker), `webhook_tokens`.
    """

    erp: TrytonServer
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
        self._supervisor.start(programs.identity())
        self._supervisor.start(programs.clockify())
        migration = self._supervisor.start(programs.migrate())
        self._steps.tell("identity", "starting")
        self._steps.tell("clockify", "starting the stand-in")
        self._wait_for_answer("identity", "/jwks.json")
        self._wait_for_answer("clockify", "/_sandbox/status")
        self.firm, self.webhook_tokens = found_firm(
            self.addresses.url("clockify"), self.webhooks_url
        )
        self._steps.tell("database", "migrating")
        self._supervisor.wait_until("migrate", lambda: migration.is_done, READY_SECONDS)
        self._steps.done("database", f"PostgreSQL on port {self.postgres.port}")
        self._start_tier("process", programs)
        self._start_tryton(build)
        write_connections(self)
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

    def _start_tryton(self, build: ManagedProcess) -> None:
        def is_built() -> bool:
            if news := [line for line in build.log_tail(3).splitlines() if "Tryton: " in line]:
                self._steps.tell("tryton", news[-1].removeprefix("Tryton: "))
            return build.is_done

        self._supervisor.wait_until("tryton-build", is_built, BUILD_SECONDS)
        self._steps.tell("tryton", "starting")
        erp = TrytonServer(self.directory / "tryton", self._variant, self.addresses.tryton)
        with ThreadPoolExecutor(1) as beside:
            start = beside.submit(erp.start)
            try:
                self._supervisor.wait_until("tryton", lambda: bool(erp.pid) or start.done(), 10)
                self._supervisor.adopt("tryton", WatchedTryton(erp), erp.pid)
                self._supervisor.wait_until("tryton", start.done, READY_SECONDS)
            except BaseException:
                erp.kill()
                raise
            start.result()
        self._steps.done("tryton", f"Tryton 8.2 ({self._variant}) at {erp.base_url}")
        self.erp = erp

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


def write_connections(stack: Stack) -> None:
    """Write the connections file and the secrets that it refers to."""
    secrets = stack.directory / "secrets"
    account = stack.erp.manifest["integration_user"]
    keep_secret(secrets / "tryton-password", account["password"])
    keep_secret(secrets / "clockify-api-key", stack.firm.api_key)
    tokens = stack.webhook_tokens
    names = [f"clockify-webhook-{number}" for number in range(1, len(tokens) + 1)]
    for name, token in zip(names, tokens, strict=True):
        keep_secret(secrets / name, token)
    text = CONNECTIONS.format(
        erp=ERP,
        tracker=TRACKER,
        tryton_url=stack.arrangement.erp_url or stack.erp.base_url,
        tryton_options="\n".join(
            f"{name} = {json.dumps(value)}" for name, value in stack.arrangement.erp_options.items()
        ),
        database=stack.erp.database,
        user=account["login"],
        clockify_url=stack.addresses.url("clockify"),
        workspace=stack.firm.workspace_id,
        tokens="\n".join(f"    {{ file = {json.dumps('secrets/' + name)} }}," for name in names),
    )
    (stack.directory / "connections.toml").write_text(text, encoding="utf-8")
