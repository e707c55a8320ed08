"""What waits goes on by itself as soon as its reason is gone, and its lineage says why."""

from datetime import timedelta

from process_apis import schedule
from process_apis.doorbell import Stage
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
    assert woken["detail"]["reason"].startswith("bound by ")
    resolved = (await tier.cases(open_only="false"))[0]
    assert resolved["state"] == "RESOLVED_AUTO"


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
    assert woken["detail"]["reason"] == "projects changed in tryton-main"


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
    await tier.settle()
    await tier.settle()

    assert await schedule.due(tier.runtime) == []
