"""Codes of the ERP that are renamed, used again, deleted or moved; and what stewards say to it."""

from pathlib import Path
from typing import Any

import pytest

from deploy.identity.in_thread import RunningIdentityServer
from process_apis.settings import ProcessSettings
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.programs import running, until
from process_apis.tests.signing_in import token_of
from process_apis.tests.system_stand_in import ERP
from process_apis.tests.test_master_sync import run_of
from process_apis.tests.test_stop_points import died_at

Json = dict[str, Any]
SAID = {"reason": "as the ERP's people say"}


def project(tier: Tier, external_id: str = "31") -> Json:
    projects = tier.system.masters["projects"]
    return next(each for each in projects if each["external_id"] == external_id)


def called(code: str, external_id: str = "p-9") -> Json:
    """A project as another tracker project calls it."""
    return {"external_id": external_id, "code": code, "name": None, "email": None}


async def posted(tier: Tier, name: str = "e1", **more: Any) -> None:
    firm.enter(tier.system, name, **{"minutes": 60, **more})
    await tier.approve(name, approval=f"a-{name}")


async def drifts(tier: Tier, **query: str) -> list[Json]:
    answer = await tier.call("GET", "/v1/code-drift", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["drifts"])


async def drift(tier: Tier, **query: str) -> Json:
    (found,) = await drifts(tier, **query)
    return found


async def settled(tier: Tier, found: Json, how: str) -> Json:
    answer = await tier.call("POST", f"/v1/code-drift/{found['id']}/{how}", json=SAID)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["drift"])


async def codes(tier: Tier) -> list[str]:
    return [each["code"] for each in await tier.cases()]


async def test_both_codes_of_a_renamed_project_are_found(tier: Tier) -> None:
    await posted(tier)
    project(tier)["code"] = "HR-2042"
    await tier.read_masters()
    found = await drift(tier)
    names = ("drift", "kind", "external_id", "attribute", "before", "after", "state")
    assert [found[name] for name in names] == [
        *("RENAMED", "project", "31", "code", "HR-1042", "HR-2042", "OPEN")
    ]
    assert found["affected"] == {"posted": 1, "waiting": 0, "minutes": 60}
    case = await tier.case()
    assert (case["code"], case["owner"]) == ("MP_CODE_DRIFT", "data.steward")
    assert "1 renamed" in case["sentence"]

    await posted(tier, "e2", project=called("HR-1042", "p-8"), task=None)
    await posted(tier, "e3", project=called("HR-2042"), task=None)
    assert [line["project_id"] for line in tier.system.lines] == ["31", "31", "31"]

    accepted = await settled(tier, found, "accept-alias")
    assert (accepted["state"], accepted["settled_by"]) == ("ACCEPTED", "user:timepost-operator")
    assert (await codes(tier), await drifts(tier)) == ([], [])
    await posted(tier, "e4", project=called("HR-1042", "p-7"), task=None)
    assert len(tier.system.lines) == 4, "the old code stays an alias"


async def test_nothing_is_bound_to_a_code_that_is_used_again_before_a_steward_says_so(
    tier: Tier,
) -> None:
    await posted(tier)
    again = {**project(tier), "external_id": "77", "name": "Something else"}
    tier.system.masters["projects"] = [project(tier, "32"), again]
    tier.system.masters["tasks"][0]["project_id"] = "77"
    await tier.read_masters()
    found = await drift(tier, drift="REUSED")
    names = ("external_id", "after", "other_external_id")
    assert [found[name] for name in names] == ["77", "HR-1042", "31"]
    assert found["affected"]["posted"] == 1
    assert "MP_CODE_DRIFT" in await codes(tier)

    await posted(tier, "e2", project=called("HR-1042"), task=None)
    assert sorted(await codes(tier)) == ["MP_AMBIGUOUS", "MP_CODE_DRIFT"]
    assert len(tier.system.lines) == 1
    await settled(tier, found, "accept-alias")
    await tier.settle()
    assert [line["project_id"] for line in tier.system.lines] == ["31", "77"]


async def test_a_code_is_used_again_whatever_is_read_first(tier: Tier) -> None:
    project(tier)["code"] = "HR-2042"
    taker = {**project(tier, "32"), "external_id": "77", "code": "HR-1042", "status": "OPEN"}
    tier.system.masters["projects"].insert(0, taker)
    await tier.read_masters()
    found = {each["drift"]: each for each in await drifts(tier)}
    assert sorted(found) == ["RENAMED", "REUSED"]
    assert found["REUSED"]["other_external_id"] == "31"


async def test_a_code_that_nobody_has_any_more_is_contested_no_longer(tier: Tier) -> None:
    old, new = project(tier), {**project(tier), "external_id": "77"}
    closed = project(tier, "32")
    tier.system.masters["tasks"][0]["project_id"] = "32"
    tier.system.masters["projects"] = [closed, new]
    await tier.read_masters()
    assert await drifts(tier, drift="REUSED")
    tier.system.masters["projects"] = [closed]
    await tier.read_masters()
    assert await drifts(tier, drift="REUSED") == []
    await posted(tier, "e1", project=called("HR-1042"), task=None)
    assert "MD_PROJECT_UNKNOWN" in await codes(tier)
    tier.system.masters["projects"] = [closed, new]
    await tier.read_masters()
    await tier.settle()
    assert (await drift(tier, drift="REUSED"))["other_external_id"] == old["external_id"]
    assert tier.system.lines == []


async def test_a_code_that_a_closed_project_still_has_may_be_given_to_another(tier: Tier) -> None:
    taker = {**project(tier, "31"), "external_id": "77", "code": "HR-0987"}
    tier.system.masters["projects"].append(taker)
    await tier.read_masters()
    found = await drift(tier)
    assert (found["drift"], found["other_external_id"]) == ("REUSED", "32")
    await posted(tier, project=called("HR-0987"), task=None)
    assert tier.system.lines == []
    await settled(tier, found, "accept-alias")
    await tier.settle()
    assert [line["project_id"] for line in tier.system.lines] == ["77"]


@pytest.mark.parametrize("step", ["masters_batch_taken", "masters_batch_taken:2"])
async def test_a_reading_that_is_cut_off_notes_a_drift_once(
    tier: Tier, settings: ProcessSettings, tmp_path: Path, step: str
) -> None:
    await posted(tier)
    project(tier)["code"] = "HR-2042"
    tier.system.masters["tasks"][0]["name"] = "Drafting"
    run = (await tier.call("POST", f"/v1/master-data/{ERP}/refresh")).json()
    await died_at(settings, tmp_path / "killed.log", step)

    async def done() -> bool:
        return bool((await run_of(tier, run["id"]))["status"] == "DONE")

    with running(settings, tmp_path / "another.log", "worker"):
        await until(done, "another worker has brought it to its end")
    found = sorted((each["kind"], each["after"]) for each in await drifts(tier))
    assert found == [("project", "HR-2042"), ("task", "Drafting")]
    assert "2 renamed" in (await tier.case())["sentence"]


async def test_a_deleted_task_is_closed_and_known_and_may_come_back(tier: Tier) -> None:
    await posted(tier)
    tasks = tier.system.masters["tasks"]
    other = {**tasks[0], "external_id": "42", "name": "Build"}
    tier.system.masters["tasks"] = [other]
    await tier.read_masters()
    found = await drift(tier)
    assert [found[name] for name in ("drift", "external_id", "before")] == [
        *("DELETED", "41", "Design")
    ]
    await posted(tier, "e2")
    assert sorted(await codes(tier)) == ["MD_TASK_INVALID", "MP_CODE_DRIFT"]
    tier.system.masters["tasks"] = [*tasks, other]
    await tier.read_masters()
    await tier.settle()
    assert (await drifts(tier), await codes(tier)) == ([], [])
    assert [each["state"] for each in await drifts(tier, state="OVER")] == ["OVER"]
    assert len(tier.system.lines) == 2


async def test_what_is_moved_to_another_client_is_listed_and_nothing_is_posted_again(
    tier: Tier,
) -> None:
    await posted(tier)
    project(tier)["client_id"] = None
    await tier.read_masters()
    await tier.settle()
    found = await drift(tier)
    assert [found[name] for name in ("drift", "attribute", "before", "after")] == [
        *("REPARENTED", "client_external_id", "21", None)
    ]
    detail = (await tier.call("GET", f"/v1/code-drift/{found['id']}")).json()
    (line,) = detail["postings"]
    assert (line["entry_external_id"], line["state"]) == ("e1", "POSTED")
    assert len(tier.system.lines) == 1
    refused = await tier.call("POST", f"/v1/code-drift/{found['id']}/accept-alias", json=SAID)
    assert (refused.status_code, refused.json()["code"]) == (409, "decision_does_not_fit")
    await settled(tier, found, "acknowledge")
    again = await tier.call("POST", f"/v1/code-drift/{found['id']}/acknowledge", json=SAID)
    assert (again.status_code, again.json()["code"]) == (409, "drift_not_open")


async def test_what_goes_back_to_what_it_was_is_over(tier: Tier) -> None:
    project(tier)["code"] = "HR-2042"
    await tier.read_masters()
    project(tier)["code"] = "HR-1042"
    await tier.read_masters()
    assert await drifts(tier) == []
    assert await codes(tier) == []


async def test_what_no_entry_was_ever_bound_to_calls_nobody(tier: Tier) -> None:
    project(tier, "32")["code"] = "HR-3042"
    await tier.read_masters()
    assert (await drift(tier, connection=ERP, kind="project"))["after"] == "HR-3042"
    assert await tier.cases() == []


@pytest.mark.parametrize(("who", "status"), [("maya", 403), ("stella", 200)])
async def test_settling_takes_a_steward(
    tier: Tier, identity: RunningIdentityServer, who: str, status: int
) -> None:
    project(tier)["code"] = "HR-2042"
    await tier.read_masters()
    found = await drift(tier)
    token = await token_of(identity, who, "bindings:write")
    answer = await tier.call(
        "POST",
        f"/v1/code-drift/{found['id']}/accept-alias",
        json=SAID,
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == status, answer.text
