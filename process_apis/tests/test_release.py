"""What waits goes on by itself as soon as its reason is gone, and its lineage says why."""

import re
from datetime import datetime, timedelta

from process_apis import schedule
from process_apis.doorbell import Stage
from process_apis.processes.exceptions.escalating import business_days_before
from process_apis.tests import firm
from process_apis.tests.conftest import Tier


def _project(tier: Tier, code: str) -> dict[str, object]:
    return next(each for each in tier.system.masters["projects"] if each["code"] == code)


async def test_a_binding_made_by_hand_releases_what_waited_for_it(tier: Tier) -> None:
    firm.enter(tier.system, "e1", worker=firm.STRANGER)
    await tier.approve("e1", worker=firm.STRANGER)
    assert (await tier.case())["code"] == "MD_WORKER_UNKNOWN"

    answer = await tier.bind("worker", "u-x", "12")
    assert (answer["canonical_name"], answer["origin"]) == ("Ben Roy", "manual")
    await tier.settle()

    assert [line["worker_id"] for line in tier.system.lines] == ["12"]
    assert await tier.cases() == []
    (woken,) = [step for step in await tier.lineage() if step["what"] == "woken"]
    reason = woken["detail"]["reason"]
    assert reason.startswith(
        "worker u-x of clockify-main was bound to Ben Roy by timepost-operator "
    )
    resolved = (await tier.cases(open_only="false"))[0]
    assert (resolved["state"], resolved["resolution"]) == ("RESOLVED_AUTO", f"auto: {reason}")


async def test_a_binding_corrected_away_from_a_closed_project_releases_too(tier: Tier) -> None:
    firm.enter(tier.system, "e1", project=firm.CLOSED, task=None)
    await tier.approve("e1")
    assert (await tier.case())["code"] == "MD_PROJECT_CLOSED"

    await tier.bind("project", "p-2", "31")
    await tier.settle()

    assert [line["project_id"] for line in tier.system.lines] == ["31"]
    assert await tier.cases() == []


async def test_a_reopened_project_releases_its_hours(tier: Tier) -> None:
    firm.enter(tier.system, "e1", project=firm.CLOSED, task=None)
    await tier.approve("e1")
    assert (await tier.case())["state"] == "WAITING"

    _project(tier, "HR-0987")["status"] = "OPEN"
    await tier.read_masters()
    await tier.settle()

    assert [line["project_id"] for line in tier.system.lines] == ["32"]
    assert await tier.cases() == []
    (woken,) = [step for step in await tier.lineage() if step["what"] == "woken"]
    reason = woken["detail"]["reason"]
    assert re.fullmatch(r"project HR-0987 reopened in tryton-main \d\d:\d\d UTC", reason)
    (resolved,) = await tier.cases(open_only="false")
    assert resolved["resolution"] == f"auto: {reason}"


async def test_news_wake_those_alone_that_wait_for_them(tier: Tier) -> None:
    firm.enter(tier.system, "e1", worker=firm.STRANGER)
    firm.enter(tier.system, "e2", project=firm.NOWHERE, task=None, work_date="2026-06-03")
    firm.enter(tier.system, "e3", project=firm.CLOSED, task=None, work_date="2026-06-04")
    await tier.approve("e1", worker=firm.STRANGER)
    await tier.approve("e2", "e3", approval="a2")

    person = {**tier.system.masters["workers"][0], "external_id": "19", "employee_number": "E9"}
    tier.system.masters["workers"].append({**person, "name": "Somebody", "email": "else@x.com"})
    found = {**_project(tier, "HR-1042"), "external_id": "39", "code": "HR-4711", "name": "Lost"}
    tier.system.masters["projects"].append(found)
    await tier.read_masters()
    await tier.settle()

    woken = {
        entry: [
            step["detail"]["reason"]
            for step in await tier.lineage(entry)
            if step["what"] == "woken"
        ]
        for entry in ("e1", "e2", "e3")
    }
    assert (woken["e1"], woken["e3"]) == ([], [])
    (reason,) = woken["e2"]
    assert reason.startswith("project HR-4711 appeared in tryton-main ")
    assert [line["project_id"] for line in tier.system.lines] == ["39"]


async def test_what_is_woken_together_is_sent_in_the_order_it_came_in(tier: Tier) -> None:
    days = [f"2026-06-{day:02}" for day in (9, 3, 7, 2, 5)]
    for number, day in enumerate(days):
        firm.enter(tier.system, f"e{number}", project=firm.CLOSED, task=None, work_date=day)
        await tier.approve(f"e{number}", approval=f"a{number}")

    _project(tier, "HR-0987")["status"] = "OPEN"
    await tier.read_masters()
    await tier.settle()

    assert [line["work_date"] for line in tier.system.lines] == days


async def test_what_only_the_erp_refuses_is_not_asked_for_ever(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    tier.system.down = "reject:project_closed"
    await tier.approve("e1")
    tried = []
    for hour in range(24 * 7):
        tier.clock.move(timedelta(hours=1).total_seconds())
        if (Stage.VALIDATE, "") in await schedule.due(tier.runtime):
            await tier.settle()
            tried.append(hour + 1)

    assert len(tier.system.posts) == 1 + len(tried)
    assert len(tried) == 5
    assert tried[0] == 1
    assert tried[-1] < 48
    tier.system.down = ""
    case = await tier.case()
    await tier.call("POST", f"/v1/cases/{case['id']}/retry")
    await tier.settle()
    assert len(tier.system.lines) == 1


async def test_a_project_that_only_the_erp_knew_to_be_closed_releases_too(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    tier.system.post_faults.append("reject:project_closed")
    await tier.approve("e1")
    assert (await tier.case())["code"] == "MD_PROJECT_CLOSED"

    _project(tier, "HR-1042")["status"] = "CLOSED"
    await tier.read_masters()
    await tier.settle()
    assert tier.system.lines == []
    _project(tier, "HR-1042")["status"] = "OPEN"
    await tier.read_masters()
    await tier.settle()

    assert len(tier.system.lines) == 1
    assert await tier.cases() == []


async def test_a_worker_who_appears_in_the_erp_releases_their_hours(tier: Tier) -> None:
    firm.enter(tier.system, "e1", worker=firm.STRANGER)
    await tier.approve("e1", worker=firm.STRANGER)

    person = {**tier.system.masters["workers"][0], "external_id": "19", "employee_number": "E9"}
    tier.system.masters["workers"].append({**person, "name": "X Y", "email": " X@Example.com"})
    await tier.read_masters()
    await tier.settle()

    assert [line["worker_id"] for line in tier.system.lines] == ["19"]
    assert await tier.cases() == []


async def test_what_waits_for_two_business_days_is_raised_once(tier: Tier) -> None:
    firm.enter(tier.system, "e1", project=firm.CLOSED, task=None)
    await tier.approve("e1")
    before = await tier.case()
    assert (before["severity"], before["owner"]) == ("S2", "project.manager")
    opened = datetime.fromisoformat(before["opened_at"])

    while business_days_before(tier.clock.now() + timedelta(hours=1), 2) < opened:
        tier.clock.move(timedelta(hours=1).total_seconds())
    await schedule.due(tier.runtime)
    assert (await tier.case())["escalated_at"] is None
    tier.clock.move(timedelta(hours=1).total_seconds())
    await schedule.due(tier.runtime)
    await schedule.due(tier.runtime)

    case = await tier.case()
    assert (case["severity"], case["owner"], case["state"]) == (
        *("S1", "finance.controller", "WAITING"),
    )
    assert case["version"] == before["version"] + 1
    (step,) = [step for step in await tier.lineage() if step["what"] == "case escalated"]
    assert step["detail"]["owner"] == "project.manager to finance.controller"

    _project(tier, "HR-0987")["status"] = "OPEN"
    await tier.read_masters()
    await tier.settle()
    assert await tier.cases() == []


async def test_a_lost_wake_up_is_made_up_for_without_filling_the_lineage(tier: Tier) -> None:
    firm.enter(tier.system, "e1", project=firm.CLOSED, task=None)
    await tier.approve("e1")
    case = await tier.case()
    before = await tier.lineage()
    for _ in range(3):
        tier.clock.move(timedelta(minutes=11).total_seconds())
        assert (Stage.VALIDATE, "") in await schedule.due(tier.runtime)
        await tier.settle()

    assert await tier.lineage() == before
    assert (await tier.case())["version"] == case["version"], "nobody's ETag goes stale"


async def test_nothing_is_due_once_all_is_done(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    firm.enter(tier.system, "e2", project=firm.CLOSED, task=None)
    await tier.approve("e1", "e2")
    await tier.worker.work(Stage.SWEEP, "clockify-main")
    await tier.worker.work(Stage.COMPARE, "clockify-main")
    await tier.worker.work(Stage.WATCH, "")
    await tier.settle()
    await tier.settle()

    assert await schedule.due(tier.runtime) == []
