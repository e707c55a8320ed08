"""Starts what a benchmark needs: the tiers, workers, PostgreSQL, and a stand-in of the ERP."""

import json
import sys
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from secrets import token_bytes
from string import Template
from typing import Any

import httpx2
import psutil
import psycopg

from deploy.local.addresses import free_addresses
from deploy.local.postgres import PostgresServer
from deploy.local.processes import Program, free_ports
from deploy.local.programs import Programs
from deploy.local.run_secrets import keep_secret, make_secrets
from deploy.local.supervisor import Supervisor
from tests.benchmarks.entries import masters

TRACKER, ERP = "bench-tracker", "bench-erp"
ERP_DELAY_MS = 20
OURS = ("system", "process", "worker")
READY_SECONDS = 60.0

HERE = Path(__file__).parent


class Rig:
    """The tiers and what surrounds them; the supervisor ends everything.

    :param workers: how many worker processes.
    :param batched: whether the ERP takes fifty lines in one call.
    """

    def __init__(self, supervisor: Supervisor, workers: int, *, batched: bool) -> None:
        self.directory: Path = supervisor.directory.resolve()
        self._supervisor = supervisor
        self._database = ""
        self._workers = workers
        self._batched = batched
        self.addresses = free_addresses()
        self.secrets = make_secrets(self.directory / "secrets")
        self.webhook_secret = "whsec_" + b64encode(token_bytes(32)).decode()
        self.postgres = PostgresServer(self.directory / "postgres")
        (erp_port,) = free_ports(1)
        self.erp_url = f"http://127.0.0.1:{erp_port}"

    @property
    def webhooks_url(self) -> str:
        """Where deliveries go."""
        return f"{self.addresses.url('system')}/time-tracking/v1/{TRACKER}/webhooks"

    def start(self) -> None:
        """Start everything, and return when the masters are read."""
        self.postgres.start()
        self._supervisor.adopt("postgres", self.postgres.process)
        settings = {
            # The load comes from one address; what is measured is work, not throttling.
            "TIMEPOST_SYSTEM_WEB__THROTTLE_FACTOR": "1000",
            "TIMEPOST_PROCESS_WEB__THROTTLE_FACTOR": "1000",
        }
        self._database = database = self.postgres.create_database("timepost")
        programs = Programs(self.directory, self.addresses, self.secrets, database, settings)
        self._start_erp()
        self._start_tier("identity", programs, "/jwks.json")
        migration = self._supervisor.start(programs.migrate())
        self._wait("migrate", lambda: migration.is_done)
        self._write_connections()
        self._start_tier("process", programs, "/ready")
        self._start_tier("system", programs, "/ready")
        for number in range(1, self._workers + 1):
            self._supervisor.start(programs.worker(number))
        self._read_masters()

    def pids(self) -> dict[str, int]:
        """Process ids of our own processes, and of PostgreSQL, by name."""
        names = ["system", "process", *(f"worker-{n}" for n in range(1, self._workers + 1))]
        found = {name: self._pid(name) for name in names}
        return {**found, "postgres": self._postmaster()}

    def operator_token(self) -> str:
        """A token that may read the status."""
        answer = httpx2.post(
            f"{self.addresses.url('identity')}/token",
            data={"grant_type": "client_credentials", "audience": "timepost-process"},
            auth=("timepost-operator", self.secrets.clients["timepost-operator"]),
        )
        return str(answer.raise_for_status().json()["access_token"])

    def status(self, token: str) -> dict[str, Any]:
        """The process tier's counts."""
        url = f"{self.addresses.url('process')}/v1/status"
        answer = httpx2.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        return dict(answer.raise_for_status().json())

    def posting_keys(self, run: str) -> dict[str, str]:
        """Posting key by the tracker's entry id, as the sub-ledger has them."""
        with psycopg.connect(self._database) as connection:
            rows = connection.execute(
                "SELECT entry.external_id, posting.posting_key FROM posting"
                " JOIN time_entry AS entry ON entry.id = posting.time_entry_id"
                " WHERE entry.external_id LIKE %s AND posting.posting_key IS NOT NULL",
                (f"{run}-%",),
            )
            return dict(rows.fetchall())

    def erp_lines(self) -> list[dict[str, Any]]:
        """What stands in the ERP."""
        return list(httpx2.get(f"{self.erp_url}/_sandbox/lines", timeout=60).json())

    def erp_summary(self) -> dict[str, Any]:
        """Counts of the ERP."""
        return dict(httpx2.get(f"{self.erp_url}/_sandbox/summary", timeout=30).json())

    def reset_erp(self) -> None:
        """Forget all lines; keep the delay."""
        httpx2.post(f"{self.erp_url}/_sandbox/reset", timeout=30).raise_for_status()
        behaviour = {"delay_ms": ERP_DELAY_MS}
        httpx2.put(f"{self.erp_url}/_sandbox/behaviour", json=behaviour).raise_for_status()

    def check(self) -> None:
        """:raises ProcessDied: something ended."""
        self._supervisor.check()

    def _start_erp(self) -> None:
        port = self.erp_url.rpartition(":")[2]
        arguments = ["-m", "deploy.sandboxes.http_json_erp", "--port", port]
        self._supervisor.start(Program("erp", [sys.executable, *arguments], {}))
        self._wait("erp", lambda: self._answers(self.erp_url, "/_sandbox/summary"))
        httpx2.put(f"{self.erp_url}/_sandbox/masters", json=masters()).raise_for_status()
        self.reset_erp()

    def _start_tier(self, name: str, programs: Programs, path: str) -> None:
        self._supervisor.start(getattr(programs, name)())
        url = self.addresses.url(name)
        self._wait(name, lambda: self._answers(url, path))

    def _read_masters(self) -> None:
        token = self.operator_token()
        headers = {"Authorization": f"Bearer {token}"}
        url = self.addresses.url("process")

        def are_read() -> bool:
            answer = httpx2.get(f"{url}/v1/masters/task", headers=headers, timeout=10)
            return bool(answer.is_success and answer.json()["records"])

        self._wait("masters", are_read)

    def _write_connections(self) -> None:
        keep_secret(self.directory / "secrets" / "webhook", self.webhook_secret)
        text = Template((HERE / "connections.toml").read_text()).substitute(
            tracker=TRACKER, erp=ERP, erp_url=self.erp_url
        )
        if self._batched:
            text += (HERE / "batch.toml").read_text()
        (self.directory / "connections.toml").write_text(text, encoding="utf-8")

    def _wait(self, name: str, is_ready: Callable[[], bool]) -> None:
        began = time.monotonic()
        self._supervisor.wait_until(name, is_ready, READY_SECONDS)
        print(f"{name} ready after {time.monotonic() - began:.1f} s", flush=True)

    def _answers(self, url: str, path: str) -> bool:
        try:
            return httpx2.get(url + path, timeout=5).is_success
        except httpx2.HTTPError:
            return False

    def _pid(self, name: str) -> int:
        record = json.loads((self.directory / f"{name}.running").read_text())
        return int(record["pid"])

    def _postmaster(self) -> int:
        first = (self.directory / "postgres" / "data" / "postmaster.pid").read_text().split()[0]
        return psutil.Process(int(first)).pid
