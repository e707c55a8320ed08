"""Replays whose API or worker is killed at the worst moment: carried out once, nothing twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import psycopg

from deploy.local.processes import free_ports
from process_apis.settings import ProcessSettings
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.programs import kill, running, until
from process_apis.tests.system_stand_in import ERP

SCOPE = {"kind": "connection", "connection": ERP}


async def refused(tier: Tier, total: int) -> None:
    """As many entries whose lines the ERP refused."""
    names = [f"e{number:03}" for number in range(total)]
    for number, name in enumerate(names):
        firm.enter(tier.system, name, work_date=f"2026-06-{number % 28 + 1:02}", minutes=10)
    tier.system.post_faults += ["reject:rejected"] * total
    await tier.approve(*names)
    assert (await tier.status())["postings"] == {"BLOCKED": total}
    tier.system.post_faults.clear()
    tier.system.posts.clear()


async def shown(tier: Tier) -> str:
    answer = await tier.call("POST", "/v1/replays/dry-run", json={"scope": SCOPE})
    return str(answer.json()["hash"])


@asynccontextmanager
async def hand(settings: ProcessSettings) -> AsyncIterator[psycopg.AsyncConnection]:
    """Somebody else at the database, who holds what a process is about to need."""
    url = settings.database_url.get_secret_value()
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        yield connection


async def waiting(observer: psycopg.AsyncConnection, words: str) -> None:
    """Wait until a statement with these words waits for a lock."""

    async def waits() -> bool:
        found = await observer.execute(
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s",
            [f"%{words}%"],
        )
        return await found.fetchone() is not None

    await until(waits, f"{words!r} waits for a lock")


async def test_an_api_killed_between_commit_and_answer_has_started_one_replay(
    tier: Tier, settings: ProcessSettings, tmp_path: Path
) -> None:
    await refused(tier, 3)
    body = {"scope": SCOPE, "hash": await shown(tier)}
    (port,) = free_ports(1)
    address = f"http://127.0.0.1:{port}"
    headers = {"Authorization": f"Bearer {tier.operator}", "Idempotency-Key": "k-1"}

    async def ready() -> bool:
        async with httpx2.AsyncClient() as client:
            try:
                return (await client.get(f"{address}/ready")).status_code == 200
            except httpx2.TransportError:
                return False

    async def ask() -> str:
        async with httpx2.AsyncClient(timeout=60) as client:
            try:
                answer = await client.post(f"{address}/v1/replays", json=body, headers=headers)
            except httpx2.TransportError:
                return "no answer"
            return str(answer.status_code)

    arguments = ("serve", "process", "--port", str(port))
    async with hand(settings) as first, hand(settings) as second, hand(settings) as observer:
        with running(settings, tmp_path / "api.log", *arguments) as api:
            await until(ready, "the API is ready")
            # The first lock stops the API before its commit, the second, queued behind that
            # commit, before it can read what it would answer.
            await first.execute("BEGIN; LOCK TABLE replay_line IN SHARE MODE")
            asking = asyncio.create_task(ask())
            await waiting(observer, "INSERT INTO replay_line")
            await second.execute("BEGIN")
            locking = asyncio.create_task(second.execute("LOCK TABLE replay_job"))
            await waiting(observer, "LOCK TABLE replay_job")
            await first.execute("ROLLBACK")
            await locking
            await waiting(observer, "FROM replay_job WHERE id")
            kill(api)
            assert await asking == "no answer"
        await second.execute("ROLLBACK")

    again = await tier.call("POST", "/v1/replays", json=body, headers={"Idempotency-Key": "k-1"})
    assert again.status_code == 202, again.text
    (started,) = (await tier.call("GET", "/v1/replays")).json()["replays"]
    assert started["id"] == again.json()["id"]
    with running(settings, tmp_path / "worker.log", "worker"):
        await _done(tier, started["id"], 3)
    assert len(tier.system.lines) == 3


async def test_a_worker_killed_in_the_middle_of_a_replay_leaves_the_rest_to_another(
    tier: Tier, settings: ProcessSettings, tmp_path: Path
) -> None:
    await refused(tier, 450)
    answer = await tier.call(
        "POST",
        "/v1/replays",
        json={"scope": SCOPE, "hash": await shown(tier)},
        headers={"Idempotency-Key": "k-1"},
    )
    path = f"/v1/replays/{answer.json()['id']}"
    async with hand(settings) as holder, hand(settings) as observer:
        await holder.execute("BEGIN")
        # The last posting by id is one of the last batch.
        await holder.execute(
            "SELECT 1 FROM time_entry WHERE id = (SELECT time_entry_id FROM posting"
            " ORDER BY posting.id DESC LIMIT 1) FOR UPDATE"
        )
        with running(settings, tmp_path / "worker.log", "worker") as worker:
            await waiting(observer, "FROM time_entry WHERE id IN")
            halfway = (await tier.call("GET", path)).json()
            kill(worker)
        await holder.execute("ROLLBACK")
    assert (halfway["state"], halfway["sent_on"], halfway["lines"]) == ("RUNNING", 400, 450)

    with (
        running(settings, tmp_path / "one.log", "worker"),
        running(settings, tmp_path / "two.log", "worker"),
    ):
        done = await _done(tier, answer.json()["id"], 450)

    assert (done["sent_on"], done["gone"], done["changed"]) == (450, 0, 0)
    assert len(tier.system.lines) == 450
    assert len({line["posting_key"] for line in tier.system.lines}) == 450


async def _done(tier: Tier, replay_id: str, posted: int) -> dict[str, int]:
    path = f"/v1/replays/{replay_id}"

    async def over() -> bool:
        replay = (await tier.call("GET", path)).json()
        return bool(replay["state"] == "DONE" and replay["postings"] == {"POSTED": posted})

    await until(over, f"the replay is done and {posted} are posted")
    return dict((await tier.call("GET", path)).json())
