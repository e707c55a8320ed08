"""Sweeps find what no webhook brought, one at a time, and are simply done again."""

import asyncio
from datetime import timedelta

from process_apis import schedule
from process_apis.doorbell import Stage
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.system_stand_in import ERP, TRACKER


async def _sweep(tier: Tier) -> None:
    await tier.worker.work(Stage.SWEEP, TRACKER)
    await tier.settle()


async def test_an_approval_whose_webhook_was_lost_is_found(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    firm.decide(tier.system, "a1", ["e1"])

    await _sweep(tier)

    assert len(tier.system.lines) == 1
    assert (await tier.status())["inbox_pending"] == 0


async def test_a_change_whose_webhook_was_lost_is_found(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    await tier.approve("e1")
    del tier.system.entries["e1"]
    tier.system.changed.append("e1")

    await _sweep(tier)

    await tier.settle()
    assert sum(line["minutes"] for line in tier.system.lines) == 0
    assert len(tier.system.lines) == 2


async def test_a_sweep_that_finds_nothing_new_reads_nothing_again(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    await tier.approve("e1")
    await _sweep(tier)
    tier.system.calls.clear()

    await _sweep(tier)

    assert not any(call.endswith("/lookup") for call in tier.system.calls)


async def test_one_sweep_at_a_time(tier: Tier) -> None:
    """Every tick rings while a sweep is due, however long the one under way takes."""
    tier.system.hold = "sweep"
    first = asyncio.create_task(tier.worker.work(Stage.SWEEP, TRACKER))
    await asyncio.to_thread(tier.system.held.wait, 20)

    await tier.worker.work(Stage.SWEEP, TRACKER)
    assert len([call for call in tier.system.calls if call.endswith("/abilities")]) == 1

    tier.system.hold = ""
    await first
    assert (Stage.SWEEP, TRACKER) not in await schedule.due(tier.runtime)


async def test_a_sweep_that_is_ended_midway_is_due_again_and_loses_nothing(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    firm.decide(tier.system, "a1", ["e1"])
    tier.system.hold = "sweep"
    killed = asyncio.create_task(tier.worker.work(Stage.SWEEP, TRACKER))
    await asyncio.to_thread(tier.system.held.wait, 20)
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    tier.system.hold = ""

    assert (Stage.SWEEP, TRACKER) in await schedule.due(tier.runtime)
    await _sweep(tier)
    assert len(tier.system.lines) == 1


async def test_a_tracker_that_does_not_answer_is_left_alone_until_the_next_sweep(
    tier: Tier,
) -> None:
    firm.enter(tier.system, "e1")
    firm.decide(tier.system, "a1", ["e1"])
    tier.system.sweep_status = 500

    await _sweep(tier)
    assert (Stage.SWEEP, TRACKER) not in await schedule.due(tier.runtime)

    tier.system.sweep_status = 200
    tier.clock.move(timedelta(minutes=6).total_seconds())
    assert (Stage.SWEEP, TRACKER) in await schedule.due(tier.runtime)
    await _sweep(tier)
    assert len(tier.system.lines) == 1


async def test_connections_that_come_later_are_learned(tier: Tier) -> None:
    tier.system.erps = {}
    tier.clock.move(timedelta(minutes=16).total_seconds())
    await schedule.due(tier.runtime)
    listed = (await tier.call("GET", "/v1/connections")).json()["connections"]
    assert [each["name"] for each in listed] == [TRACKER]

    tier.system.erps = {ERP: ["HRC-US"]}
    assert (Stage.MASTERS, ERP) in await schedule.due(tier.runtime)
    firm.enter(tier.system, "e1")
    await tier.approve("e1")
    assert len(tier.system.lines) == 1


async def test_connections_of_other_capabilities_have_their_masters_read(tier: Tier) -> None:
    tier.system.others = {"people-us": "hcm", "sales-us": "crm", "logins-us": "directory"}
    tier.clock.move(timedelta(minutes=16).total_seconds())

    due = await schedule.due(tier.runtime)

    listed = (await tier.call("GET", "/v1/connections")).json()["connections"]
    assert {each["name"] for each in listed} == {TRACKER, ERP, *tier.system.others}
    assert {(Stage.SWEEP, TRACKER), (Stage.MASTERS, ERP)} <= set(due)
    assert {each for each in due if each[1] in tier.system.others} == {
        (Stage.MASTERS, name) for name in tier.system.others
    }


async def test_a_reading_of_masters_that_was_killed_is_begun_again(tier: Tier) -> None:
    answer = await tier.call("POST", f"/v1/master-data/{ERP}/refresh")
    assert answer.status_code == 202, answer.text
    run = answer.json()
    again = (await tier.call("POST", f"/v1/master-data/{ERP}/refresh")).json()
    assert again["id"] == run["id"]

    assert (Stage.MASTERS, ERP) in await schedule.due(tier.runtime)
    await tier.read_masters()

    done = (await tier.call("GET", f"/v1/master-data/runs/{run['id']}")).json()
    assert (done["status"], done["step"], done["read"]) == ("DONE", "done", 12)
    assert (Stage.MASTERS, ERP) not in await schedule.due(tier.runtime)


async def test_a_reading_of_masters_that_fails_says_so_and_keeps_what_was_known(
    tier: Tier,
) -> None:
    tier.system.masters_status = 500
    run = (await tier.call("POST", f"/v1/master-data/{ERP}/refresh")).json()
    await tier.read_masters()

    failed = (await tier.call("GET", f"/v1/master-data/runs/{run['id']}")).json()
    assert failed["status"] == "FAILED"
    assert "500" in failed["error"]
    firm.enter(tier.system, "e1")
    await tier.approve("e1")
    assert len(tier.system.lines) == 1


async def test_masters_that_vanish_from_the_erp_stop_posting(tier: Tier) -> None:
    tier.system.masters["projects"] = tier.system.masters["projects"][1:]
    await tier.read_masters()
    firm.enter(tier.system, "e1")

    await tier.approve("e1")

    assert tier.system.lines == []
    assert (await tier.case())["owner"] in ("data.steward", "project.manager")


async def test_a_read_that_fails_keeps_the_hint(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    tier.system.read_status = 500
    await tier.see("e1")
    assert (await tier.status())["inbox_pending"] == 1

    tier.system.read_status = 200
    tier.clock.move(5)
    await tier.settle()
    assert (await tier.status())["entries"] == {"DRAFT": 1}
    assert (await tier.status())["inbox_pending"] == 0
