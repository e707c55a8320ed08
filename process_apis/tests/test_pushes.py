"""Trackers are given the clients, projects and tasks of an ERP: once, and kept up to date."""

from pathlib import Path
from typing import Any

import pytest

from process_apis import schedule
from process_apis.doorbell import Stage
from process_apis.processes.master_data.steps import refresh
from process_apis.settings import ProcessSettings
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.programs import running, until
from process_apis.tests.system_stand_in import ERP, TRACKER, StandIn
from process_apis.tests.test_stop_points import died_at

Json = dict[str, Any]


@pytest.fixture
def settings(settings: ProcessSettings) -> ProcessSettings:
    """With a tracker that is given what the ERP has."""
    return settings.model_copy(update={"push_masters": {TRACKER: ERP}})


async def give(tier: Tier) -> None:
    """Read the ERP's masters, as on schedule, and give the tracker what is new."""
    await tier.read_masters()
    await tier.worker.work(Stage.PUSH, TRACKER)


def given(system: StandIn) -> dict[str, Json]:
    return {each["name"]: each for each in system.given.values()}


async def pushes(tier: Tier, **query: str) -> Json:
    answer = await tier.call("GET", f"/v1/pushes/{TRACKER}", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_what_is_open_is_made_clients_first_and_bound(tier: Tier) -> None:
    await give(tier)
    there = given(tier.system)
    assert list(there) == ["Acme", "HR-1042 Ledger", "Design"]
    project, task = there["HR-1042 Ledger"], there["Design"]
    ids = {each["name"]: key for key, each in tier.system.given.items()}
    assert project["client_id"] == ids["Acme"]
    assert task["project_id"] == ids["HR-1042 Ledger"]
    assert project["reference"] == f"{ERP}/project/31"
    assert (await pushes(tier))["states"] == {"DONE": 3}

    # Hours on it need nobody to bind anything.
    made = {"external_id": ids["HR-1042 Ledger"], "code": None, "name": "whatever", "email": None}
    on = {"external_id": ids["Design"], "code": None, "name": "whatever", "email": None}
    firm.enter(tier.system, "e1", project=made, task=on)
    await tier.approve("e1")
    assert [line["project_id"] for line in tier.system.lines] == ["31"]


async def test_the_same_again_asks_the_tracker_nothing(tier: Tier) -> None:
    await give(tier)
    calls = len(tier.system.calls)
    await give(tier)
    assert not any("masters" in each and "POST" in each for each in tier.system.calls[calls:])


async def test_renamed_closed_and_reopened_in_the_erp(tier: Tier) -> None:
    await give(tier)
    project = tier.system.masters["projects"][0]
    project |= {"name": "HR-1042 General ledger", "status": "CLOSED"}
    await give(tier)
    there = given(tier.system)["HR-1042 General ledger"]
    assert there["open"] is False
    assert len(tier.system.given) == 3
    project["status"] = "OPEN"
    await give(tier)
    assert given(tier.system)["HR-1042 General ledger"]["open"] is True


async def test_what_people_made_or_bound_is_theirs(tier: Tier) -> None:
    theirs = {"kind": "client", "name": "Acme", "client_id": None, "project_id": None}
    tier.system.given["own"] = theirs
    bound = await tier.bind("project", "p-own", "31")
    assert bound["external_id"] == "p-own"
    await give(tier)
    assert tier.system.given == {"own": theirs}
    found = await pushes(tier, state="TAKEN")
    assert {(each["kind"], each["tracker_id"]) for each in found["pushes"]} == {
        ("client", "own"),
        ("project", "p-own"),
        ("task", None),
    }


async def test_when_people_gave_their_own_another_name_ours_is_made_on_demand(tier: Tier) -> None:
    theirs = {"kind": "client", "name": "Acme", "client_id": None, "project_id": None}
    tier.system.given["own"] = theirs
    await give(tier)
    client = next(
        each for each in (await pushes(tier, state="TAKEN"))["pushes"] if each["kind"] == "client"
    )
    theirs["name"] = "Acme, by people"
    assert (await tier.call("POST", f"/v1/pushes/{client['id']}/retry")).status_code == 202
    for _ in range(2):
        await tier.worker.work(Stage.PUSH, TRACKER)
    assert given(tier.system)["Acme"]["reference"] is not None
    assert tier.system.given["own"] == theirs
    assert (await pushes(tier))["states"] == {"DONE": 3}


async def test_a_refusal_is_a_case_for_the_steward_and_is_tried_again_on_demand(
    tier: Tier,
) -> None:
    tier.system.give_faults = ["refuse"]
    await give(tier)
    case = await tier.case()
    assert (case["code"], case["owner"], case["severity"]) == (
        "MD_PUSH_REFUSED",
        "data.steward",
        "S3",
    )
    assert "Acme (no such right)" in case["sentence"]
    (refused,) = (await pushes(tier, state="REFUSED"))["pushes"]
    answer = await tier.call("POST", f"/v1/pushes/{refused['id']}/retry")
    assert (answer.status_code, answer.json()["state"]) == (202, "PENDING")
    await tier.worker.work(Stage.PUSH, TRACKER)
    assert (await pushes(tier))["states"] == {"DONE": 3}
    assert await tier.cases() == []
    again = await tier.call("POST", f"/v1/pushes/{refused['id']}/retry")
    assert (again.status_code, again.json()["code"]) == (409, "push_not_refused")


@pytest.mark.parametrize("fault", ["drop", "status:503", "status:429"])
async def test_a_tracker_that_is_away_or_does_not_answer_is_asked_again_later(
    tier: Tier, fault: str
) -> None:
    tier.system.give_faults = [fault] * 3  # the call itself is repeated, too
    await give(tier)
    assert (await pushes(tier))["states"] == {"PENDING": 3}
    tier.system.give_faults.clear()
    tier.clock.move(3600)
    await tier.worker.work(Stage.PUSH, TRACKER)
    assert (await pushes(tier))["states"] == {"DONE": 3}
    assert len(tier.system.given) == 3


async def test_a_rename_after_an_answer_that_nobody_saw_makes_no_second_one(tier: Tier) -> None:
    tier.system.give_faults = ["drop"] * 3
    await give(tier)
    assert list(given(tier.system)) == ["Acme"]
    tier.system.give_faults.clear()
    tier.system.masters["clients"][0]["name"] = "Acme Industries"
    tier.clock.move(3600)
    await give(tier)
    assert list(given(tier.system)) == ["Acme Industries", "HR-1042 Ledger", "Design"]


async def test_a_reading_after_which_everything_died_is_pushed_all_the_same(tier: Tier) -> None:
    """The reading is taken over in one transaction; whoever was to push may be gone after it."""
    await give(tier)
    tier.system.masters["clients"][0]["name"] = "Acme Industries"
    tier.clock.move(1)
    await refresh(tier.runtime.librarian, ERP)
    assert (Stage.PUSH, TRACKER) in await schedule.due(tier.runtime)
    await tier.worker.work(Stage.PUSH, TRACKER)
    assert "Acme Industries" in given(tier.system)
    tier.clock.move(1)
    assert (Stage.PUSH, TRACKER) not in await schedule.due(tier.runtime)


async def test_a_tracker_that_refuses_us_is_a_case_until_it_lets_us_in(tier: Tier) -> None:
    tier.system.give_faults = ["status:502"] * 9
    await give(tier)
    assert await tier.cases() == []
    for _ in range(2):
        tier.clock.move(3600)
        await tier.worker.work(Stage.PUSH, TRACKER)
    assert "1 waiting (The system tier answered 502" in (await tier.case())["sentence"]
    tier.system.give_faults = []
    tier.clock.move(3600)
    await tier.worker.work(Stage.PUSH, TRACKER)
    assert (await pushes(tier))["states"] == {"DONE": 3}
    assert await tier.cases() == []


async def test_tasks_of_a_closed_project_do_not_wait_for_it(tier: Tier) -> None:
    tier.system.masters["projects"][0]["status"] = "CLOSED"
    await give(tier)
    assert (await pushes(tier))["states"] == {"DONE": 1}


async def test_a_dry_run_tells_and_changes_nothing(tier: Tier) -> None:
    answer = await tier.call("POST", f"/v1/pushes/{TRACKER}", json={"dry_run": True})
    assert answer.status_code == 202, answer.text
    assert (answer.json()["changed"], answer.json()["states"]) == (3, {"PENDING": 3})
    assert (await pushes(tier))["states"] == {}
    begun = await tier.call("POST", f"/v1/pushes/{TRACKER}")
    assert begun.json()["changed"] == 3
    await tier.worker.work(Stage.PUSH, TRACKER)
    first = await tier.call("GET", f"/v1/pushes/{TRACKER}", params={"limit": "2"})
    rest = await pushes(tier, after=first.json()["next_after"])
    assert len(first.json()["pushes"]) + len(rest["pushes"]) == 3


async def test_a_tracker_that_is_given_nothing_is_not_found(tier: Tier) -> None:
    answer = await tier.call("GET", "/v1/pushes/redmine-main")
    assert answer.status_code == 404
    assert "TIMEPOST_PROCESS_PUSH_MASTERS" in answer.json()["action"]


@pytest.mark.parametrize("step", ["push_claimed", "push_answered", "push_answered:2"])
async def test_a_worker_killed_in_the_middle_makes_nothing_twice(
    tier: Tier, settings: ProcessSettings, tmp_path: Path, step: str
) -> None:
    await tier.call("POST", f"/v1/pushes/{TRACKER}")
    await died_at(settings, tmp_path / "killed.log", step)

    async def done() -> bool:
        return bool((await pushes(tier))["states"] == {"DONE": 3})

    with running(settings, tmp_path / "another.log", "worker"):
        await until(done, "another worker has given the rest")
    assert len(tier.system.given) == 3
