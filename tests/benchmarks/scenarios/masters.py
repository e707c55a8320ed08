"""What a first reading of many masters costs, and one of which one row in a hundred changed."""

import asyncio
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread

import psutil
import psycopg
from pydantic import SecretStr
from pydantic_core import to_json

from deploy.identity.in_thread import identity_server_in_thread
from deploy.local.postgres import PostgresServer
from deploy.local.processes import Program, free_ports
from process_apis.database import libpq_url
from process_apis.migrate import migrate
from process_apis.processes.master_data.steps import refresh
from process_apis.runtime import Runtime, build
from process_apis.settings import ProcessIdentity, ProcessSettings
from tests.benchmarks.entries import Json
from tests.benchmarks.masters_stand_in import ERP, ONE_IN, hcm, project, worker
from tests.benchmarks.rig import STATE, fresh
from tests.benchmarks.scenarios import Asked

WORKERS, PROJECTS_SHARE, SMALL = 100_000, 5, 10
_RUNS = """
    SELECT created, changed FROM master_data_run
    WHERE status = 'DONE' AND vanished = 0 AND refused = 0 ORDER BY started_at
"""


def run(asked: Asked) -> Json:
    """First a tenth of the workers alone, for how memory grows; then all, and the projects."""
    count = asked.entries or WORKERS
    projects, small = count // PROJECTS_SHARE, count // SMALL
    with fresh() as supervisor, ExitStack() as stack:
        folder = Path(STATE)
        (port,) = free_ports(1)
        command = [sys.executable, "-m", "tests.benchmarks.masters_stand_in", "--port", str(port)]
        command += ["--projects", str(projects), "--workers", str(small), "--workers", str(count)]
        supervisor.start(Program("system", command))
        postgres = stack.enter_context(PostgresServer(folder / "postgres"))
        identity = stack.enter_context(identity_server_in_thread(folder))
        url = postgres.create_database("masters")
        migrate(SecretStr(url))
        settings = ProcessSettings(
            environment="development",
            database_url=SecretStr(url),
            system_url=f"http://127.0.0.1:{port}",
            identity=ProcessIdentity(
                issuer=identity.issuer, client_secret=identity.client_secrets["timepost-process"]
            ),
        )
        with psycopg.connect(libpq_url(url), autocommit=True) as database:
            bare_per_s = _copied_per_s(database, count, projects)
            measured = asyncio.run(_measure(build(settings), count, small))
            runs = database.execute(_RUNS).fetchall()
    changed = [(0, len(range(7, total, ONE_IN))) for total in (count, projects)]
    expected = [(small, 0), (count, 0), (projects + 1, 0), *changed]
    if runs != expected:
        raise RuntimeError(f"created and changed should be {expected}, and are {runs}")
    rows = count + projects
    rows_per_s = rows / measured["full_s"]
    return {
        "workers": count,
        "projects": projects,
        "rows_per_s": round(rows_per_s),
        "of_bare_copy": round(rows_per_s / bare_per_s, 3),
        "delta_share": round(measured["delta_s"] / measured["full_s"], 3),
        **measured,
    }


async def _measure(runtime: Runtime, count: int, small: int) -> Json:
    await runtime.open()
    with _Peak() as little:
        await _timed(runtime, hcm(small))
    with _Peak() as much:
        full = await _timed(runtime, hcm(count)) + await _timed(runtime, ERP)
    delta = await _timed(runtime, hcm(count)) + await _timed(runtime, ERP)
    await runtime.close()
    return {
        "full_s": round(full, 1),
        "delta_s": round(delta, 1),
        "peak_rss_mib": much.mib,
        "peak_rss_mib_of_a_tenth": little.mib,
    }


async def _timed(runtime: Runtime, connection: str) -> float:
    began = time.perf_counter()
    await refresh(runtime.librarian, connection)
    seconds = time.perf_counter() - began
    print(f"{connection} read and taken over in {seconds:.1f} s", flush=True)
    return seconds


class _Peak:
    """The largest resident set of this process, which does the reading, seen meanwhile."""

    def __init__(self) -> None:
        self.mib = 0
        self._over = Event()
        self._thread = Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "_Peak":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        process = psutil.Process()
        while not self._over.wait(0.05):
            self.mib = max(self.mib, round(process.memory_info().rss / 2**20))


def _copied_per_s(
    database: psycopg.Connection[tuple[object, ...]], workers: int, projects: int
) -> float:
    """The ceiling: the same rows as JSON, made and copied into a table without anything."""
    database.execute("CREATE TABLE bare (facts jsonb)")
    began = time.perf_counter()
    with database.cursor() as cursor, cursor.copy("COPY bare (facts) FROM STDIN") as copy:
        for number in range(workers):
            copy.write_row([to_json(worker(number)).decode()])
        for number in range(projects):
            copy.write_row([to_json(project(number)).decode()])
    seconds = time.perf_counter() - began
    database.execute("DROP TABLE bare")
    return (workers + projects) / seconds
