"""Comparisons find what nobody told, and absence alone deletes nothing."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from process_apis import schedule
from process_apis.doorbell import Stage
from process_apis.settings import ProcessSettings
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.programs import kill, running, until
from process_apis.tests.system_stand_in import TRACKER

HOUR, DAY = (timedelta(**each).total_seconds() for each in ({"hours": 1}, {"days": 1}))


@pytest.fixture
def settings(settings: ProcessSettings) -> ProcessSettings:
    """The firm works in a June that is any time ago."""
    return settings.model_copy(update={"sweep_days": 20_000})


async def compare(tier: Tier) -> list[str]:
    """Compare, and let everything follow; returns the ids that were read again."""
    tier.system.read_again.clear()
    await tier.worker.work(Stage.COMPARE, TRACKER)
    await tier.settle()
    return sorted(tier.system.read_again)


async def states(tier: Tier) -> dict[str, str]:
    listed = await tier.call("GET", "/v1/time-entries")
    return {each["external_id"]: each["state"] for each in listed.json()["entries"]}


async def last(tier: Tier) -> dict[str, Any]:
    """What the last comparison says of itself."""
    (swept,) = (await tier.call("GET", "/v1/sweeps")).json()["sweeps"]
    return dict(swept["comparison"])


async def seen(tier: Tier, *names: str) -> None:
    """Entries of two workers in two weeks, known to both sides."""
    for number, name in enumerate(names):
        worker = firm.BEN if number % 2 else firm.ADA
        firm.enter(tier.system, name, work_date=f"2026-06-{8 + number * 4:02}", worker=worker)
    await tier.see(*names)


async def test_what_is_the_same_on_both_sides_is_not_read_again(tier: Tier) -> None:
    await seen(tier, "e1", "e2", "e3")

    assert await compare(tier) == []
    told = await last(tier)
    assert told["complete"]
    assert (told["listed"], told["weeks"], told["weeks_apart"]) == (3, 3, 0)


async def test_a_deletion_that_nobody_told_is_found(tier: Tier) -> None:
    await seen(tier, "e1", "e2", "e3")
    await tier.approve("e1", "e2")
    del tier.system.entries["e2"]

    assert await compare(tier) == ["e2"]
    assert await states(tier) == {"e1": "APPROVED", "e2": "DELETED", "e3": "DRAFT"}
    assert [each["what"] for each in await tier.lineage("e2")].count("deleted in the tracker") == 1
    assert await compare(tier) == []


async def test_a_listing_that_is_not_complete_says_nothing_about_absent_ones(tier: Tier) -> None:
    await seen(tier, "e1", "e2", "e3")
    del tier.system.entries["e2"]
    firm.enter(tier.system, "e1", work_date="2026-06-08", minutes=60)
    tier.system.lists_everything = False

    assert await compare(tier) == ["e1"]
    assert (await states(tier))["e2"] == "DRAFT"

    tier.system.lists_everything = True
    assert await compare(tier) == ["e2"]
    assert (await states(tier))["e2"] == "DELETED"


async def test_an_archived_project_takes_no_hours_back(tier: Tier) -> None:
    """Its entries are in no list, and reading them answers "forbidden"."""
    await seen(tier, "e1", "e2")
    tier.system.archived.add("e2")

    assert await compare(tier) == ["e2"]

    assert (await states(tier))["e2"] == "DRAFT"
    status = await tier.status()
    assert status["counters"][TRACKER]["unreadable"] == 1
    assert status["inbox_pending"] == 0
    tier.clock.move(HOUR)
    assert await compare(tier) == []
    tier.clock.move(DAY)
    assert await compare(tier) == ["e2"]

    tier.system.archived.clear()
    del tier.system.entries["e2"]
    tier.clock.move(2 * DAY)
    await compare(tier)
    assert (await states(tier))["e2"] == "DELETED"


async def test_what_is_there_and_makes_no_sense_is_not_absent(tier: Tier) -> None:
    await seen(tier, "e1", "e2")
    tier.system.odd.add("e2")

    assert await compare(tier) == []
    assert (await states(tier))["e2"] == "DRAFT"


async def test_lost_changes_are_found_and_nothing_else_is_read(tier: Tier) -> None:
    await seen(tier, "e1", "e2", "e3", "e4")
    firm.enter(tier.system, "e1", work_date="2026-06-08", minutes=60)
    firm.enter(tier.system, "e3", work_date="2026-05-04", worker=firm.BEN)
    firm.enter(tier.system, "e5", work_date="2026-06-10")

    assert await compare(tier) == ["e1", "e3", "e5"]

    listed = (await tier.call("GET", "/v1/time-entries")).json()["entries"]
    assert {each["external_id"]: each["version"] for each in listed} == {
        **dict.fromkeys(("e1", "e3"), 2),
        **dict.fromkeys(("e2", "e4", "e5"), 1),
    }
    assert (await last(tier))["weeks_apart"] == 3
    assert await compare(tier) == []


async def test_an_entry_that_was_restored_is_found(tier: Tier) -> None:
    await seen(tier, "e1")
    kept = tier.system.entries.pop("e1")
    await tier.see("e1")
    assert await states(tier) == {"e1": "DELETED"}
    tier.system.entries["e1"] = kept

    assert await compare(tier) == ["e1"]
    assert await states(tier) == {"e1": "DRAFT"}


@pytest.mark.parametrize(("approves", "found"), [("entry", ["e1"]), ("period", [])])
async def test_approvals_count_where_entries_tell_them(
    tier: Tier, approves: str, found: list[str]
) -> None:
    """Where approvals come by period, the sweep compares them."""
    await seen(tier, "e1", "e2")
    tier.system.approves = approves
    tier.system.entries["e1"]["approval"] = {"status": "APPROVED", "approver": firm.MIA}

    assert await compare(tier) == found


async def test_what_was_read_while_the_listing_went_on_is_not_read_again(tier: Tier) -> None:
    await seen(tier, "e1", "e2", "e3")
    tier.system.hold = "list entries"
    comparing = asyncio.create_task(tier.worker.work(Stage.COMPARE, TRACKER))
    await asyncio.to_thread(tier.system.held.wait, 20)
    kept = tier.system.entries.pop("e2")
    tier.clock.move(1)
    firm.enter(tier.system, "e4", work_date="2026-06-09")
    await tier.see("e2", "e4")
    tier.system.entries = {"e2": kept, **tier.system.entries}
    del tier.system.entries["e4"]
    tier.system.read_again.clear()

    tier.system.hold = ""
    await comparing
    await tier.settle()

    assert tier.system.read_again == []


async def test_a_comparison_that_is_ended_midway_is_due_again_and_finds_all(tier: Tier) -> None:
    await seen(tier, "e1", "e2")
    tier.system.hold = "list entries"
    killed = asyncio.create_task(tier.worker.work(Stage.COMPARE, TRACKER))
    await asyncio.to_thread(tier.system.held.wait, 20)
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    tier.system.hold = ""
    del tier.system.entries["e2"]

    assert (Stage.COMPARE, TRACKER) in await schedule.due(tier.runtime)
    assert await compare(tier) == ["e2"]
    assert (Stage.COMPARE, TRACKER) not in await schedule.due(tier.runtime)


async def test_a_killed_worker_leaves_a_comparison_to_the_next_one(
    tier: Tier, settings: ProcessSettings, tmp_path: Path
) -> None:
    await seen(tier, "e1", "e2", "e3", "e4", "e5")
    del tier.system.entries["e4"]
    tier.system.hold = "list entries"
    log = tmp_path / "worker.log"

    async def a_worker_lists() -> bool:
        return "list entries" in tier.system.reached

    async def the_deletion_is_known() -> bool:
        return (await states(tier))["e4"] == "DELETED"

    with running(settings, log, "worker") as worker:
        await until(a_worker_lists, "a worker lists entries")
        kill(worker)
    tier.system.hold = ""
    with running(settings, log, "worker"):
        await until(the_deletion_is_known, "the deletion is known")

    assert {name: state for name, state in (await states(tier)).items() if state != "DRAFT"} == {
        "e4": "DELETED"
    }


async def test_a_tracker_that_does_not_answer_is_left_alone_until_the_next_comparison(
    tier: Tier,
) -> None:
    await seen(tier, "e1", "e2")
    del tier.system.entries["e2"]
    tier.system.list_status = 500

    assert await compare(tier) == []
    assert (Stage.COMPARE, TRACKER) not in await schedule.due(tier.runtime)
    assert not (await last(tier))["complete"]

    tier.system.list_status = 200
    tier.clock.move(HOUR + 1)
    assert (Stage.COMPARE, TRACKER) in await schedule.due(tier.runtime)
    assert await compare(tier) == ["e2"]


async def test_a_tracker_that_lists_nothing_is_not_asked(tier: Tier) -> None:
    await seen(tier, "e1")
    tier.system.entries.clear()
    tier.system.lists = False

    assert await compare(tier) == []
    assert await states(tier) == {"e1": "DRAFT"}
    assert (Stage.COMPARE, TRACKER) not in await schedule.due(tier.runtime)
