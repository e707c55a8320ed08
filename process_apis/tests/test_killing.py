"""Processes that are killed at the worst moments: each approved entry is posted exactly once."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2

from deploy.local.postgres import PostgresServer
from deploy.local.processes import free_ports
from process_apis.processes.connections.rules import PROBE
from process_apis.settings import ProcessSettings
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.programs import kill, running, until
from process_apis.tests.system_stand_in import TRACKER


def _enter(tier: Tier, *names: str) -> None:
    for number, name in enumerate(names):
        firm.enter(tier.system, name, work_date=f"2026-06-{number % 28 + 1:02}", minutes=10)


async def _held(tier: Tier, place: str) -> None:
    async def there() -> bool:
        return place in tier.system.reached

    await until(there, f"a worker came to {place!r}")


def _refused(tier: Tier) -> Callable[[], Awaitable[bool]]:
    async def ended() -> bool:
        return len(tier.system.posts) == 1

    return ended


async def _posted(tier: Tier, total: int) -> None:
    async def all_posted() -> bool:
        return bool((await tier.status())["postings"].get("POSTED") == total)

    await until(all_posted, f"{total} postings are posted")


async def test_a_worker_killed_at_any_moment_posts_nothing_twice_and_loses_nothing(
    tier: Tier, settings: ProcessSettings, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    _enter(tier, "e1", "e2", "e3")
    tier.system.hold = "read entries"
    await tier.hint("e1", "e2", "e3")
    with running(settings, log, "worker") as worker:
        await _held(tier, "read entries")
        kill(worker)

    firm.decide(tier.system, "a1", ["e1", "e2", "e3"])
    tier.system.hold = "post"
    tier.system.post_faults.append("drop")  # the ERP takes nothing of the first call
    await tier.hint("a1", kind="approval")
    with running(settings, log, "worker") as worker:
        await _held(tier, "post")
        kill(worker)
    tier.system.hold = ""
    await until(_refused(tier), "the call of the killed worker has ended")

    tier.system.hold = "post after commit"
    with running(settings, log, "worker") as worker:
        await _held(tier, "post after commit")
        kill(worker)
    assert len(tier.system.lines) == 3

    tier.system.hold = ""
    with running(settings, log, "worker") as worker:
        await _posted(tier, 3)
        worker.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(worker.wait) == 0

    assert len(tier.system.lines) == 3
    assert len({line["posting_key"] for line in tier.system.lines}) == 3
    assert (await tier.status())["inbox_pending"] == 0
    assert "SECRET-NARRATIVE" not in log.read_text()


async def test_a_worker_killed_while_it_tries_a_connection_shuts_it_no_longer_than_its_lease(
    tier: Tier, settings: ProcessSettings, tmp_path: Path
) -> None:
    names = [f"e{number}" for number in range(25)]
    _enter(tier, *names)
    firm.decide(tier.system, "a1", names)
    tier.system.down = "status:503"
    await tier.hint("a1", kind="approval")
    log = tmp_path / "worker.log"

    async def incident() -> bool:
        return [case["affected"] for case in await tier.cases()] == [25]

    with running(settings, log, "worker") as worker:
        await until(incident, "the connection is known not to work")
        tier.system.hold, tier.system.down = "post after commit", ""
        await _held(tier, "post after commit")
        kill(worker)
    assert len(tier.system.lines) == PROBE
    assert await incident()

    tier.system.hold = ""
    with running(settings, log, "worker"):
        await _posted(tier, 25)

    assert len(tier.system.lines) == 25
    assert len({line["posting_key"] for line in tier.system.lines}) == 25
    assert await tier.cases() == []


async def test_a_database_killed_during_a_call_costs_time_and_nothing_else(
    tier: Tier, settings: ProcessSettings, tmp_path: Path, postgres: PostgresServer
) -> None:
    _enter(tier, "e1", "e2")
    firm.decide(tier.system, "a1", ["e1", "e2"])
    tier.system.hold = "post after commit"
    await tier.hint("a1", kind="approval")
    log = tmp_path / "worker.log"
    with running(settings, log, "worker"):
        await _held(tier, "post after commit")
        postgres.kill()
        tier.system.hold = ""
        postgres.start()
        await _posted(tier, 2)

    assert len(tier.system.lines) == 2
    assert "SECRET-NARRATIVE" not in log.read_text()


async def test_what_an_api_accepted_before_it_was_killed_has_its_effect(
    tier: Tier, settings: ProcessSettings, tmp_path: Path
) -> None:
    (port,) = free_ports(1)
    address = f"http://127.0.0.1:{port}"
    accepted: list[str] = []
    names = iter([f"e{number}" for number in range(10_000)])

    async def answers() -> bool:
        async with httpx2.AsyncClient() as client:
            try:
                return (await client.get(f"{address}/ready")).status_code == 200
            except httpx2.TransportError:
                return False

    async def hand_up(client: httpx2.AsyncClient) -> None:
        for name in names:
            _enter(tier, name)
            event = {
                "specversion": "1.0",
                "id": f"webhook-{name}",
                "source": f"/connections/{TRACKER}",
                "type": "timepost.time_entry.changed.v1",
                "subject": name,
                "data": {"change": "CHANGED", "entry": None},
            }
            headers = {"Authorization": f"Bearer {tier.operator}"}
            try:
                answer = await client.post(f"{address}/v1/events", json=[event], headers=headers)
            except httpx2.TransportError:
                return
            assert answer.status_code == 202, answer.text
            accepted.append(name)

    arguments = ("serve", "process", "--port", str(port))
    with running(settings, tmp_path / "api.log", *arguments) as api:
        await until(answers, "the API is ready")
        async with httpx2.AsyncClient() as client:
            senders = [asyncio.create_task(hand_up(client)) for _ in range(4)]

            async def some_accepted() -> bool:
                return len(accepted) >= 20

            await until(some_accepted, "some events are accepted")
            kill(api)
            await asyncio.gather(*senders)

    await tier.settle()
    listed = await tier.call("GET", "/v1/time-entries", params={"limit": "500"})
    known = {entry["external_id"] for entry in listed.json()["entries"]}
    assert set(accepted) <= known


async def test_two_workers_at_once_post_every_entry_exactly_once(
    tier: Tier, settings: ProcessSettings, tmp_path: Path
) -> None:
    names = [f"e{number}" for number in range(300)]
    _enter(tier, *names)
    approvals = [f"a{number}" for number in range(30)]
    for number, approval in enumerate(approvals):
        firm.decide(tier.system, approval, names[number * 10 : number * 10 + 10])

    with (
        running(settings, tmp_path / "one.log", "worker"),
        running(settings, tmp_path / "two.log", "worker"),
    ):
        for number in range(0, 30, 5):
            await tier.hint(*approvals[number : number + 5], kind="approval")
            await tier.hint(*names[number * 10 : number * 10 + 50])
        await _posted(tier, 300)

    assert len(tier.system.lines) == 300
    assert len({line["posting_key"] for line in tier.system.lines}) == 300
    assert (await tier.status())["open_cases"] == {}
    for log in ("one.log", "two.log"):
        text = (tmp_path / log).read_text()
        assert "Traceback" not in text
        assert "job_error" not in text
