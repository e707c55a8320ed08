"""Workers that kill themselves at a named step; what the next one then makes of it.

The steps of posting, correcting and replaying are the chaos suite's and other tests': these are
the ones by which masters, lost changes and broken connections are dealt with.
"""

import asyncio
import signal
from pathlib import Path

import pytest

from process_apis.settings import ProcessSettings
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.programs import running, until
from process_apis.tests.system_stand_in import ERP
from process_apis.tests.test_master_sync import diff, projects, run_of


async def died_at(settings: ProcessSettings, log: Path, stop_at: str) -> None:
    """A worker that runs until it is there."""
    with running(settings, log, "worker", stop_at=stop_at) as worker:
        code = await asyncio.wait_for(asyncio.to_thread(worker.wait), 60)
    assert code == -signal.SIGKILL


@pytest.mark.parametrize(
    "step", ["masters_read", "masters_compared", "masters_batch_taken", "masters_batch_taken:3"]
)
async def test_a_run_of_masters_goes_on_wherever_it_was_cut_off(
    tier: Tier, settings: ProcessSettings, tmp_path: Path, step: str
) -> None:
    tier.system.masters["projects"] = projects(1200)
    run = (await tier.call("POST", f"/v1/master-data/{ERP}/refresh")).json()
    await died_at(settings, tmp_path / "killed.log", step)

    async def done() -> bool:
        return bool((await run_of(tier, run["id"]))["status"] == "DONE")

    with running(settings, tmp_path / "another.log", "worker"):
        await until(done, "another worker has brought it to its end")
    ended = await run_of(tier, run["id"])
    assert (ended["created"], ended["applied"]) == (1200, 1200)
    lines = await diff(tier, ended, kind="project", limit=1000)
    assert all(each["applied_at"] for each in lines)
    listed = await tier.call("GET", "/v1/masters/project", params={"q": "N-1299"})
    assert len(listed.json()["records"]) == 1


@pytest.mark.parametrize("step", ["sweep_left_hints", "weeks_compared"])
async def test_what_no_webhook_told_is_found_by_the_next_worker(
    tier: Tier, settings: ProcessSettings, tmp_path: Path, step: str
) -> None:
    firm.enter(tier.system, "e1")
    firm.decide(tier.system, "a1", ["e1"])
    await died_at(settings, tmp_path / "killed.log", step)

    async def posted() -> bool:
        return bool((await tier.status())["postings"].get("POSTED") == 1)

    with running(settings, tmp_path / "another.log", "worker"):
        await until(posted, "it is posted")
    assert len(tier.system.lines) == 1
    (entry,) = (await tier.call("GET", "/v1/time-entries")).json()["entries"]
    assert entry["version"] == 1


async def test_a_connection_is_tried_by_another_worker_after_the_lease(
    tier: Tier, settings: ProcessSettings, tmp_path: Path
) -> None:
    firm.enter(tier.system, "e1")
    firm.decide(tier.system, "a1", ["e1"])
    tier.system.down = "status:503"
    await tier.hint("a1", kind="approval")
    await died_at(settings, tmp_path / "killed.log", "probe_taken")
    assert [each["code"] for each in await tier.cases()] == ["IO_UNAVAILABLE"]
    tier.system.down = ""

    async def posted() -> bool:
        return bool((await tier.status())["postings"].get("POSTED") == 1)

    with running(settings, tmp_path / "another.log", "worker"):
        await until(posted, "it is posted")
    assert len(tier.system.lines) == 1
    assert await tier.cases() == []
