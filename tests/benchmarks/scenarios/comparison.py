"""What comparing a tracker's entries with what is held costs, by worker and week."""

import asyncio
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import psycopg
from pydantic import SecretStr
from pydantic_core import to_json

from deploy.identity.in_thread import RunningIdentityServer, identity_server_in_thread
from deploy.local.postgres import PostgresServer
from deploy.local.processes import Program, free_ports
from process_apis.database import libpq_url
from process_apis.migrate import migrate
from process_apis.processes.time_entries.comparing import compare
from process_apis.processes.time_entries.rules import content_hash
from process_apis.runtime import Runtime, build
from process_apis.settings import ProcessIdentity, ProcessSettings
from process_apis.upstream.time_tracking import TimeEntry
from tests.benchmarks.entries import Json
from tests.benchmarks.listing_stand_in import CONNECTION, listed_entry
from tests.benchmarks.meters import cpu_seconds
from tests.benchmarks.rig import STATE, fresh
from tests.benchmarks.scenarios import Asked

ENTRIES, SLICE = 100_000, 2000

_HOLD = """
    INSERT INTO time_entry (id, connection, external_id, state, version, content_hash,
        worker_external_id, work_date, minutes, observed_at, posting_due, carrier, created_at,
        updated_at)
    SELECT gen_random_uuid(), %(connection)s, external_id, 'DRAFT', 1, content_hash, worker,
        work_date, 60, %(then)s, false, '{}', %(then)s, %(then)s
    FROM jsonb_to_recordset(%(rows)s::jsonb) AS held (
        external_id text, content_hash text, worker text, work_date date)
"""
# One in a thousand changed without a word, and as many more are not listed any more.
_SPOIL = """
    UPDATE time_entry SET content_hash = 'other' WHERE substr(external_id, 2)::int %% 1000 = 7;
    UPDATE time_entry SET external_id = 'gone-' || external_id
    WHERE substr(external_id, 2)::int %% 1000 = 8;
"""


def run(asked: Asked) -> Json:
    """Once with nothing to find, and once with some."""
    with fresh() as supervisor, ExitStack() as stack:
        folder = Path(STATE)
        count, today = asked.entries or ENTRIES, datetime.now(UTC).date()
        (port,) = free_ports(1)
        command = [sys.executable, "-m", "tests.benchmarks.listing_stand_in"]
        command += ["--port", str(port), "--entries", str(count), "--last-day", str(today)]
        supervisor.start(Program("system", command))
        postgres = stack.enter_context(PostgresServer(folder / "postgres"))
        identity = stack.enter_context(identity_server_in_thread(folder))
        url = postgres.create_database("comparison")
        migrate(SecretStr(url))
        with psycopg.connect(libpq_url(url), autocommit=True) as database:
            _hold(database, count)
            return asyncio.run(_measure(_settings(url, port, identity), database, count))


def _settings(url: str, port: int, identity: RunningIdentityServer) -> ProcessSettings:
    return ProcessSettings(
        environment="development",
        database_url=SecretStr(url),
        system_url=f"http://127.0.0.1:{port}",
        identity=ProcessIdentity(
            issuer=identity.issuer, client_secret=identity.client_secrets["timepost-process"]
        ),
    )


def _hold(database: psycopg.Connection[tuple[object, ...]], count: int) -> None:
    """What the process tier would hold if it had read them all."""
    today, then = datetime.now(UTC).date(), datetime.now(UTC) - timedelta(hours=1)
    for start in range(0, count, SLICE):
        entries = [
            TimeEntry.model_validate(listed_entry(number, today))
            for number in range(start, min(start + SLICE, count))
        ]
        rows = [
            {
                "external_id": each.external_id,
                "content_hash": content_hash(each.model_dump(mode="json")),
                "worker": each.worker.external_id,
                "work_date": each.work_date,
            }
            for each in entries
        ]
        asked = {"connection": CONNECTION, "then": then, "rows": to_json(rows).decode()}
        database.execute(_HOLD, asked)
    database.execute("ANALYZE time_entry")


async def _measure(
    settings: ProcessSettings, database: psycopg.Connection[tuple[object, ...]], count: int
) -> Json:
    runtime = build(settings)
    await runtime.open()
    equal = await _compare(runtime, count)
    for statement in _SPOIL.replace("%%", "%").split(";")[:-1]:
        database.execute(statement.encode())
    spoiled = await _compare(runtime, count)
    await runtime.close()
    return {"entries": count, "equal": equal, "some_differ": spoiled}


async def _compare(runtime: Runtime, count: int) -> Json:
    """CPU is that of this process, which compares; the tracker's side is another one."""
    process = psutil.Process()
    used, began = cpu_seconds(process), time.perf_counter()
    found = await compare(runtime.reader, CONNECTION)
    seconds = time.perf_counter() - began
    print(f"{count} entries compared in {seconds:.1f} s, {found} to read again", flush=True)
    return {
        "seconds": round(seconds, 2),
        "cpu_ms_per_1000_entries": round(1e6 * (cpu_seconds(process) - used) / count, 1),
        "rss_mib": round(process.memory_info().rss / 2**20),
        "to_read_again": found,
    }
