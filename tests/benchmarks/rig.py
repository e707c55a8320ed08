"""Starts what a benchmark needs: the tiers, workers, PostgreSQL, and an ERP."""

import json
import shutil
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_bytes
from string import Template
from typing import Any

import httpx2
import psutil
import psycopg

from deploy.local.addresses import free_addresses
from deploy.local.postgres import PostgresServer
from deploy.local.programs import Programs
from deploy.local.run_secrets import keep_secret, make_secrets
from deploy.local.supervisor import Supervisor
from tests.benchmarks.erps import Erp

STATE = Path(".local") / "bench"
TRACKER = "bench-tracker"
READY_SECONDS = 60.0
# The load comes from one address; what is measured is work, not throttling.
SETTINGS = {
    "TIMEPOST_SYSTEM_WEB__THROTTLE_FACTOR": "1000",
    "TIMEPOST_PROCESS_WEB__THROTTLE_FACTOR": "1000",
}

HERE = Path(__file__).parent


class TierRig:
    """An ERP, the identity server, and the ground on which tiers are started.

    :param erp: started here, ended by the supervisor like everything else.
    """

    def __init__(self, supervisor: Supervisor, erp: Erp) -> None:
        self.directory: Path = supervisor.directory.resolve()
        self.erp = erp
        self.supervisor = supervisor
        self.addresses = free_addresses()
        self.secrets = make_secrets(self.directory / "secrets")
        self.webhook_secret = "whsec_" + b64encode(token_bytes(32)).decode()

    @property
    def webhooks_url(self) -> str:
        """Where deliveries go."""
        return f"{self.addresses.url('system')}/time-tracking/v1/{TRACKER}/webhooks"

    def start_ground(self, database: str) -> Programs:
        """Start the ERP and the identity server; gives the programs of the tiers."""
        programs = Programs(self.directory, self.addresses, self.secrets, database, SETTINGS)
        self.erp.start(self.supervisor)
        self._write_connections()
        self.start_tier("identity", programs, "/jwks.json")
        return programs

    def start_tier(self, name: str, programs: Programs, path: str = "/ready") -> None:
        """Start a tier and wait until it is ready."""
        self.supervisor.start(getattr(programs, name)())
        url = self.addresses.url(name)
        self.wait(name, lambda: answers(url + path))

    def token(self, client: str, audience: str) -> str:
        """A token of one of the run's own clients."""
        answer = httpx2.post(
            f"{self.addresses.url('identity')}/token",
            data={"grant_type": "client_credentials", "audience": audience},
            auth=(client, self.secrets.clients[client]),
        )
        return str(answer.raise_for_status().json()["access_token"])

    def check(self) -> None:
        """:raises ProcessDied: something ended."""
        self.supervisor.check()

    def pid(self, name: str) -> int:
        """Process id of a program."""
        record = json.loads((self.directory / f"{name}.running").read_text())
        return int(record["pid"])

    def wait(self, name: str, is_ready: Callable[[], bool]) -> None:
        """Wait for something of the run, watching everything."""
        began = time.monotonic()
        self.supervisor.wait_until(name, is_ready, READY_SECONDS)
        print(f"{name} ready after {time.monotonic() - began:.1f} s", flush=True)

    def _write_connections(self) -> None:
        keep_secret(self.directory / "secrets" / "webhook", self.webhook_secret)
        text = Template((HERE / "tracker.toml").read_text()).substitute(tracker=TRACKER)
        text += self.erp.connection()
        (self.directory / "connections.toml").write_text(text, encoding="utf-8")


class Rig(TierRig):
    """The whole product.

    :param workers: how many worker processes.
    """

    def __init__(self, supervisor: Supervisor, erp: Erp, workers: int) -> None:
        super().__init__(supervisor, erp)
        self.database = ""
        self._workers = workers
        self.postgres = PostgresServer(self.directory / "postgres")

    def start(self) -> None:
        """Start everything, and return when the masters are read."""
        self.postgres.start()
        self.supervisor.adopt("postgres", self.postgres.process)
        self.database = self.postgres.create_database("timepost")
        programs = self.start_ground(self.database)
        migration = self.supervisor.start(programs.migrate())
        self.wait("migrate", lambda: migration.is_done)
        self.start_tier("process", programs)
        self.start_tier("system", programs)
        for number in range(1, self._workers + 1):
            self.supervisor.start(programs.worker(number))
        self._read_masters()

    def pids(self) -> dict[str, int]:
        """Process ids of our own processes, and of PostgreSQL, by name."""
        names = ["system", "process", *self._worker_names()]
        return {**{name: self.pid(name) for name in names}, "postgres": self._postmaster()}

    @contextmanager
    def workers_held(self) -> Iterator[None]:
        """Have the workers stand still, so that a backlog grows."""
        workers = [psutil.Process(self.pid(name)) for name in self._worker_names()]
        for each in workers:
            each.suspend()
        try:
            yield
        finally:
            for each in workers:
                each.resume()

    def status(self, token: str) -> dict[str, Any]:
        """The process tier's counts."""
        url = f"{self.addresses.url('process')}/v1/status"
        answer = httpx2.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        return dict(answer.raise_for_status().json())

    def posting_keys(self, run: str) -> dict[str, str]:
        """Posting key by the tracker's entry id, as the sub-ledger has them."""
        with psycopg.connect(self.database) as connection:
            rows = connection.execute(
                "SELECT entry.external_id, posting.posting_key FROM posting"
                " JOIN time_entry AS entry ON entry.id = posting.time_entry_id"
                " WHERE entry.external_id LIKE %s AND posting.posting_key IS NOT NULL",
                (f"{run}-%",),
            )
            return dict(rows.fetchall())

    def _worker_names(self) -> list[str]:
        return [f"worker-{number}" for number in range(1, self._workers + 1)]

    def _read_masters(self) -> None:
        token = self.token("timepost-operator", "timepost-process")
        headers = {"Authorization": f"Bearer {token}"}
        url = self.addresses.url("process")

        def are_read() -> bool:
            answer = httpx2.get(f"{url}/v1/masters/task", headers=headers, timeout=10)
            return bool(answer.is_success and answer.json()["records"])

        self.wait("masters", are_read)

    def _postmaster(self) -> int:
        first = (self.directory / "postgres" / "data" / "postmaster.pid").read_text().split()[0]
        return psutil.Process(int(first)).pid


def answers(url: str) -> bool:
    """Whether there is a success at this address now."""
    try:
        return httpx2.get(url, timeout=5).is_success
    except httpx2.HTTPError:
        return False


@contextmanager
def fresh() -> Iterator[Supervisor]:
    """A supervisor over an empty directory."""
    for _ in range(50):
        shutil.rmtree(STATE, ignore_errors=True)
        if not STATE.exists():
            break
        time.sleep(0.1)
    with Supervisor(STATE, print) as supervisor:
        yield supervisor
