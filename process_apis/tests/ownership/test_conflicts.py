"""Owners that contradict one another, and the steward who chooses."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from process_apis.doorbell import Stage
from process_apis.settings import ProcessSettings
from process_apis.tests.ownership.conftest import WHY, Stewards, drift
from process_apis.tests.programs import running
from process_apis.tests.programs import until as until_true
from process_apis.tests.system_stand_in import ERP
from process_apis.tests.test_master_sync import run_of
from process_apis.tests.test_other_masters import CRM, HCM
from process_apis.tests.test_stop_points import died_at


async def test_one_owner_that_changes_is_no_conflict(stewards: Stewards) -> None:
    await stewards.erp_says(termination_date="2026-07-31")
    assert await stewards.listed("conflicts") == []
    assert await stewards.listed("proposals") == []
    assert await drift(stewards) == [("termination_date", HCM, "2026-07-31")]


async def test_two_owners_that_changed_it_wait_for_a_steward_with_what_they_agreed_on(
    stewards: Stewards,
) -> None:
    conflict = await stewards.contradict()
    assert (conflict["agreed"], conflict["attribute"]) == (None, "termination_date")
    assert {each["connection"]: each["value"] for each in conflict["claims"]} == {
        HCM: "2026-05-31",
        ERP: "2026-07-31",
    }
    case = await stewards.tier.case()
    assert (case["code"], case["severity"], case["owner"]) == (
        "MD_OWNERSHIP_CONFLICT",
        "S3",
        "data.steward",
    )
    assert "termination_date of worker Ada Obi" in case["sentence"]
    assert await drift(stewards) == [], "nobody has to mend anything yet"
    await stewards.hours("e1", "2026-08-05")
    assert len(stewards.tier.system.lines) == 1, "they had agreed that she stays"


async def test_two_readings_that_end_at_once_do_not_both_miss_it(stewards: Stewards) -> None:
    lists = stewards.tier.system.other_systems[HCM].lists
    lists["workers"] = [{**lists["workers"][0], "termination_date": "2026-05-31"}]
    stewards.tier.system.masters["workers"][0]["termination_date"] = "2026-07-31"
    tier = stewards.tier
    async with tier.runtime.database.transaction() as holding:
        # Nobody can write down what follows from what they have read: both are at work by then.
        await holding.execute(text("LOCK TABLE settled_value IN EXCLUSIVE MODE"))
        both = [asyncio.create_task(tier.worker.work(Stage.MASTERS, name)) for name in (HCM, ERP)]

        async def both_wait() -> bool:
            waiting = text(
                "SELECT count(*) FROM pg_locks JOIN pg_database AS here ON here.oid = database"
                " WHERE NOT granted AND datname = current_database()"
            )
            return bool((await holding.execute(waiting)).scalar_one() == 2)

        await until_true(both_wait, "both readings wait")
    await asyncio.gather(*both)
    (conflict,) = await stewards.listed("conflicts", open=True)
    assert conflict["agreed"] is None


async def test_a_worker_killed_while_it_takes_over_leaves_one_conflict(
    stewards: Stewards,
    settings: ProcessSettings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    await stewards.hcm_says(termination_date="2026-05-31")
    tier = stewards.tier
    tier.system.masters["workers"][0]["termination_date"] = "2026-07-31"
    monkeypatch.setenv("TIMEPOST_PROCESS_OWNERSHIP_FILE", str(tmp_path / "ownership.toml"))
    run = (await tier.call("POST", f"/v1/master-data/{ERP}/refresh")).json()
    await died_at(settings, tmp_path / "killed.log", "masters_batch_taken")
    (conflict,) = await stewards.listed("conflicts", open=True)

    async def done() -> bool:
        return bool((await run_of(tier, run["id"]))["status"] == "DONE")

    with running(settings, tmp_path / "another.log", "worker"):
        await until_true(done, "another worker has brought it to its end")
    (same,) = await stewards.listed("conflicts")
    assert (same["id"], same["resolved_at"]) == (conflict["id"], None)
    assert (await tier.case())["code"] == "MD_OWNERSHIP_CONFLICT"


async def test_a_conflict_is_over_when_they_say_the_same(stewards: Stewards) -> None:
    await stewards.contradict()
    await stewards.hcm_says(termination_date="2026-07-31")
    assert await stewards.listed("conflicts", open=True) == []
    (over,) = await stewards.listed("conflicts", open=False)
    assert over["resolution"].startswith("auto: nothing contradicts any more")
    assert await stewards.tier.cases() == []
    await stewards.hours("e1", "2026-08-05")
    assert stewards.tier.system.lines == []


async def test_a_steward_chooses_and_hours_that_waited_go_on(stewards: Stewards) -> None:
    await stewards.hcm_says(termination_date="2026-05-31")
    await stewards.hours("e1", "2026-06-05")
    assert (await stewards.tier.case())["code"] == "MD_WORKER_INACTIVE"
    await stewards.erp_says(termination_date="2026-07-31")
    (conflict,) = await stewards.listed("conflicts", open=True)
    path = f"conflicts/{conflict['id']}/choose"
    choice = {"connection": ERP, "value": "2026-07-31", "reason": WHY}

    assert (await stewards.call("carl", "POST", path, choice)).status_code == 403
    stale = await stewards.call("stella", "POST", path, {**choice, "value": "2026-07-30"})
    assert (stale.status_code, stale.json()["code"]) == (409, "claim_changed")
    nobody = await stewards.call("stella", "POST", path, {**choice, "connection": CRM})
    assert nobody.json()["code"] == "no_such_claim"
    assert (
        await stewards.call("stella", "POST", path, {**choice, "reason": ""})
    ).status_code == 422
    assert len(await stewards.listed("conflicts", open=True)) == 1

    chosen = await stewards.call("stella", "POST", path, choice)
    assert chosen.status_code == 200, chosen.text
    assert (chosen.json()["resolved_by"], chosen.json()["value"]) == ("stella", "2026-07-31")
    assert chosen.json()["reason"] == WHY
    again = await stewards.call("stella", "POST", path, choice)
    assert (again.status_code, again.json()["code"]) == (409, "conflict_over")
    await stewards.tier.settle()
    assert len(stewards.tier.system.lines) == 1
    assert await stewards.tier.cases() == []

    (line,) = await stewards.listed("drift")
    assert (line["copy_connection"], line["owner_connection"]) == (HCM, "timepost")
    assert (line["owner_external_id"], line["why"]) == (conflict["id"], "stella chose it")


async def test_what_was_decided_against_counts_again_when_it_changes(stewards: Stewards) -> None:
    conflict = await stewards.contradict()
    choice = {"connection": ERP, "value": "2026-07-31", "reason": WHY}
    await stewards.call("stella", "POST", f"conflicts/{conflict['id']}/choose", choice)
    await stewards.hcm_says(name="Ada Obi")
    assert await drift(stewards) == [("termination_date", HCM, "2026-07-31")]
    await stewards.hcm_says(termination_date="2026-06-30")
    assert await drift(stewards) == [("termination_date", ERP, "2026-06-30")], "a new word"
    await stewards.erp_says(termination_date="2026-08-31")
    (conflict,) = await stewards.listed("conflicts", open=True)
    assert conflict["agreed"] == "2026-07-31"


async def test_a_conflict_is_over_when_an_owner_has_no_such_record_any_more(
    stewards: Stewards,
) -> None:
    await stewards.contradict()
    stewards.tier.system.others.pop(HCM)
    await stewards.tier.read_masters()
    (over,) = await stewards.listed("conflicts")
    assert over["resolution"] == "auto: its records, or its owners, are others now"
    assert await stewards.tier.cases() == []
