"""Copies of masters are brought in line with their owner, in the systems that have them."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from deploy.identity.in_thread import RunningIdentityServer
from process_apis import schedule
from process_apis.doorbell import Stage
from process_apis.settings import ProcessSettings
from process_apis.tests.conftest import Tier, running_tier
from process_apis.tests.other_systems import OtherSystem
from process_apis.tests.programs import running, until
from process_apis.tests.signing_in import token_of
from process_apis.tests.system_stand_in import ERP, StandIn
from process_apis.tests.test_drift import both, drift
from process_apis.tests.test_other_masters import ACCOUNT, CRM, HCM, read
from process_apis.tests.test_stop_points import died_at

Json = dict[str, Any]
WHY = {"reason": "the people department says so"}


@pytest.fixture
def settings(settings: ProcessSettings, tmp_path: Path) -> ProcessSettings:
    return with_repairs(settings, tmp_path)


def with_repairs(settings: ProcessSettings, folder: Path) -> ProcessSettings:
    """With a CRM and an ERP whose copies are repaired."""
    file = folder / "ownership.toml"
    tables = f'[[repairs]]\nconnection = "{CRM}"\n[[repairs]]\nconnection = "{ERP}"\n'
    file.write_text(tables + 'attributes = ["worker.termination_date", "worker.email"]\n')
    return settings.model_copy(update={"ownership_file": file})


def crm(tier: Tier, *names: str) -> OtherSystem:
    """A CRM that nobody has read yet, with names of its own for the ERP's clients."""
    tier.system.others = {CRM: "crm"}
    tier.system.other_systems[CRM] = OtherSystem(repairs=["client.name"])
    crm_says(tier, *names)
    return tier.system.other_systems[CRM]


def crm_says(tier: Tier, *names: str) -> None:
    accounts = [
        {**ACCOUNT, "external_id": f"k{number}", "code": f"C-10{number}", "name": name}
        for number, name in enumerate(names, 1)
    ]
    tier.system.other_systems[CRM].lists["accounts"] = accounts


async def clients(tier: Tier, number: int) -> None:
    tier.system.masters["clients"] = [
        {"external_id": f"2{each}", "code": f"C-10{each}", "name": f"Client {each}"}
        for each in range(1, number + 1)
    ]
    await tier.read_masters()


async def mend(tier: Tier, connection: str = CRM) -> Json:
    """Read it, as on schedule, and repair; where the repairs stand."""
    tier.clock.move(30)
    await read(tier, connection)
    tier.clock.move(30)
    await tier.worker.work(Stage.REPAIR, connection)
    return await repairs(tier, connection)


async def repairs(tier: Tier, connection: str = CRM, **query: str) -> Json:
    answer = await tier.call("GET", f"/v1/repairs/{connection}", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def names(system: OtherSystem) -> list[str]:
    return [each["name"] for each in system.lists["accounts"]]


async def test_a_copy_is_written_over_once_and_the_next_reading_shows_it(tier: Tier) -> None:
    system = crm(tier, "ACME Ltd")
    page = await mend(tier)
    assert names(system) == ["Acme"]
    (done,) = page["repairs"]
    assert (done["state"], done["seen"], done["wanted"]) == ("DONE", "ACME Ltd", "Acme")
    assert (done["owner_connection"], done["name"], done["writes"]) == (ERP, "ACME Ltd", 1)
    assert page["writable"] == ["client.name"]
    # What was written is read soon, not at the next turn of the schedule.
    tier.clock.move(15)
    assert (Stage.MASTERS, CRM) in await schedule.due(tier.runtime)
    page = await mend(tier)
    assert (page["states"], len(system.written)) == ({"DONE": 1}, 1)
    assert await drift(tier) == []


async def test_an_erp_learns_who_left_and_only_what_is_configured(tier: Tier) -> None:
    await both(tier)
    tier.system.limits = {"repairs": ["worker.termination_date", "worker.name"]}
    ada, ben = tier.system.other_systems[HCM].lists["workers"]
    left = {**ada, "termination_date": "2026-06-30", "name": "Ada Lovelace"}
    tier.system.other_systems[HCM].lists["workers"] = [left, ben]
    await read(tier, HCM)
    page = await mend(tier, ERP)
    worker = tier.system.masters["workers"][0]
    assert (worker["termination_date"], worker["name"]) != ("2026-06-30", "Ada Lovelace")
    assert worker["termination_date"] == "2026-06-30"
    assert [each["attribute"] for each in page["repairs"]] == ["termination_date"]
    assert page["lacking"] == ["worker.email"]
    await tier.read_masters()
    assert [each["attribute"] for each in await drift(tier, connection=ERP)] == ["name"]


async def test_what_its_own_people_wrote_waits_for_the_answer_to_their_proposal(
    tier: Tier, identity: RunningIdentityServer
) -> None:
    system = crm(tier, "Acme")
    await mend(tier)
    crm_says(tier, "Acme Holdings")
    assert (await mend(tier))["repairs"] == []
    proposals = (await tier.call("GET", "/v1/master-data/proposals")).json()["proposals"]
    path = f"/v1/master-data/proposals/{proposals[0]['id']}/decision"
    steward = await steward_token(identity)
    rejected = {"accept": False, **WHY}
    answer = await tier.call("POST", path, json=rejected, headers=steward)
    assert answer.status_code == 200, answer.text
    tier.clock.move(900)
    assert (Stage.REPAIR, CRM) in await schedule.due(tier.runtime)
    await tier.worker.work(Stage.REPAIR, CRM)
    assert names(system) == ["Acme"]


async def test_what_was_changed_meanwhile_stays_until_it_is_read(tier: Tier) -> None:
    system = crm(tier, "ACME Ltd")
    await read(tier, CRM)
    system.lists["accounts"][0]["name"] = "Acme & Sons"
    tier.clock.move(30)
    await tier.worker.work(Stage.REPAIR, CRM)
    assert ((await repairs(tier))["states"], names(system)) == ({"OUTDATED": 1}, ["Acme & Sons"])
    tier.clock.move(900)
    await tier.worker.work(Stage.REPAIR, CRM)
    assert system.written == []


async def steward_token(identity: RunningIdentityServer, who: str = "stella") -> dict[str, str]:
    return {
        "Authorization": f"Bearer {await token_of(identity, who, 'masters:read', 'masters:write')}"
    }


async def test_a_refusal_is_a_case_and_is_let_through_by_a_steward(
    tier: Tier, identity: RunningIdentityServer
) -> None:
    system = crm(tier, "ACME Ltd")
    system.repair_faults = ["refuse"]
    (refused,) = (await mend(tier))["repairs"]
    assert (refused["state"], refused["message"]) == ("REFUSED", "no such right")
    case = await tier.case()
    assert (case["code"], case["owner"], case["severity"]) == (
        "MD_REPAIR_STUCK",
        "data.steward",
        "S3",
    )
    assert "1 refused by it (name of ACME Ltd: no such right)" in case["sentence"]
    path = f"/v1/repairs/one/{refused['id']}/release"
    steward = await steward_token(identity)
    analyst = await steward_token(identity, "maya")
    kept_out = await tier.call("POST", path, json=WHY, headers=analyst)
    assert (kept_out.status_code, kept_out.json()["code"]) == (403, "role_missing")
    released = await tier.call("POST", path, json=WHY, headers=steward)
    assert (released.status_code, released.json()["state"]) == (202, "PENDING")
    await tier.worker.work(Stage.REPAIR, CRM)
    page = await repairs(tier)
    assert page["states"] == {"DONE": 1}
    assert page["repairs"][0]["released_reason"] == WHY["reason"]
    assert await tier.cases() == []
    again = await tier.call("POST", path, json=WHY, headers=steward)
    assert (again.status_code, again.json()["code"]) == (409, "repair_not_waiting")


async def test_suspiciously_many_are_held_until_a_steward_lets_them_through(
    tier: Tier, identity: RunningIdentityServer
) -> None:
    await clients(tier, 7)
    system = crm(tier, *(f"Old {each}" for each in range(1, 8)))
    page = await mend(tier)
    assert (page["states"], system.written) == ({"HELD": 7}, [])
    assert "7 held, because they are suspiciously many" in (await tier.case())["sentence"]
    steward = await steward_token(identity)
    body = {**WHY, "attribute": "client.name"}
    released = await tier.call("POST", f"/v1/repairs/{CRM}/release", json=body, headers=steward)
    assert released.json() == {"connection": CRM, "released": 7}
    page = await mend(tier)
    assert page["states"] == {"DONE": 7}
    assert names(system) == [f"Client {each}" for each in range(1, 8)]
    assert await tier.cases() == []


async def test_what_was_held_goes_on_when_it_is_not_that_many_any_more(tier: Tier) -> None:
    await clients(tier, 7)
    system = crm(tier, *(f"Old {each}" for each in range(1, 8)))
    assert (await mend(tier))["states"] == {"HELD": 7}
    crm_says(tier, "Old 1", *(f"Client {each}" for each in range(2, 8)))
    page = await mend(tier)
    assert page["states"] == {"DONE": 1, "OVER": 6}
    assert len(system.written) == 1
    assert await tier.cases() == []


async def test_what_was_let_through_once_is_held_again_when_it_comes_back(
    tier: Tier, identity: RunningIdentityServer
) -> None:
    await clients(tier, 7)
    system = crm(tier, *(f"Old {each}" for each in range(1, 8)))
    await mend(tier)
    steward = await steward_token(identity)
    await tier.call("POST", f"/v1/repairs/{CRM}/release", json=WHY, headers=steward)
    await tier.worker.work(Stage.REPAIR, CRM)
    assert len(system.written) == 7
    crm_says(tier, *(f"Old {each}" for each in range(1, 8)))
    assert (await mend(tier))["states"] == {"HELD": 7}
    assert len(system.written) == 7


async def test_a_copy_of_which_two_erps_want_different_things_is_left_alone(tier: Tier) -> None:
    system = crm(tier, "ACME Ltd")
    tier.system.erps["tryton-other"] = ["HRC-US"]
    await read(tier, "tryton-other")
    await add_twin(tier, "Acme")
    assert (await mend(tier))["states"] == {"DONE": 1}, "both say the same"
    await add_twin(tier, "Acme, Inc.")
    crm_says(tier, "ACME Ltd")
    await mend(tier)
    assert (len(system.written), names(system)) == (1, ["ACME Ltd"])


async def add_twin(tier: Tier, name: str) -> None:
    """The same client in another ERP, under this name."""
    other = {"id": str(uuid4()), "owner_connection": "tryton-other", "name": name}
    async with tier.runtime.database.transaction() as transaction:
        await transaction.execute(_NO_TWIN)
        await transaction.execute(_TWIN, {"other": json.dumps(other)})


_NO_TWIN = text("DELETE FROM client WHERE owner_connection = 'tryton-other'")
_TWIN = text(
    "INSERT INTO client SELECT (jsonb_populate_record(client, CAST(:other AS jsonb))).* FROM client"
    " WHERE code = 'C-101'"
)


async def test_what_is_taken_out_of_the_file_is_not_written_and_waits_no_more(
    tier: Tier, settings: ProcessSettings, system: StandIn, identity: RunningIdentityServer
) -> None:
    crm_system = crm(tier, "ACME Ltd")
    crm_system.repair_faults = ["refuse"]
    await mend(tier)
    assert (await tier.case())["code"] == "MD_REPAIR_STUCK"
    bare = settings.model_copy(update={"ownership_file": None})
    async with running_tier(bare, system, identity) as later:
        later.clock.move(3600)
        assert (Stage.REPAIR, CRM) in await schedule.due(later.runtime)
        await later.worker.work(Stage.REPAIR, CRM)
        assert (Stage.REPAIR, CRM) not in await schedule.due(later.runtime)
        assert await later.cases() == []
    assert names(crm_system) == ["ACME Ltd"]


async def test_what_is_changed_back_again_and_again_is_not_fought_over(tier: Tier) -> None:
    system = crm(tier, "ACME Ltd")
    for _ in range(5):
        crm_says(tier, "ACME Ltd")
        page = await mend(tier)
    assert (page["states"], len(system.written)) == ({"CONTESTED": 1}, 3)
    assert "1 changed back there again and again" in (await tier.case())["sentence"]
    # Its owner gives in: that ends it.
    tier.system.masters["clients"][0]["name"] = "ACME Ltd"
    await tier.read_masters()
    assert (await mend(tier))["states"] == {"OVER": 1}
    assert await tier.cases() == []


async def test_an_answer_that_nobody_saw_is_looked_up_and_nothing_is_written_twice(
    tier: Tier,
) -> None:
    system = crm(tier, "ACME Ltd")
    system.repair_faults = ["drop"] * 3  # the call itself is repeated, too
    page = await mend(tier)
    assert page["states"] == {"PENDING": 1}
    tier.clock.move(3600)
    await tier.worker.work(Stage.REPAIR, CRM)
    assert ((await repairs(tier))["states"], len(system.written)) == ({"DONE": 1}, 1)


async def test_a_connection_that_refuses_us_is_told_once_it_goes_on(tier: Tier) -> None:
    system = crm(tier, "ACME Ltd")
    system.repair_faults = ["status:502"] * 9
    await mend(tier)
    assert await tier.cases() == []
    for _ in range(2):
        tier.clock.move(3600)
        await tier.worker.work(Stage.REPAIR, CRM)
    assert "1 waiting (The system tier answered 502" in (await tier.case())["sentence"]
    system.repair_faults = []
    tier.clock.move(3600)
    await tier.worker.work(Stage.REPAIR, CRM)
    assert (names(system), await tier.cases()) == (["Acme"], [])


async def test_a_pin_is_not_written_anywhere(tier: Tier, identity: RunningIdentityServer) -> None:
    system = crm(tier, "Acme")
    await mend(tier)
    pin = {
        "kind": "client",
        "connection": ERP,
        "external_id": "21",
        "attribute": "name",
        "value": "Acme (in dispute)",
        "until": "2026-12-24T00:00:00Z",
        **WHY,
    }
    steward = await steward_token(identity)
    answer = await tier.call("POST", "/v1/master-data/pins", json=pin, headers=steward)
    assert answer.status_code == 201, answer.text
    assert len(await drift(tier)) == 2
    assert (await mend(tier))["repairs"] == []
    assert system.written == []


async def test_a_dry_run_tells_and_changes_nothing(tier: Tier) -> None:
    system = crm(tier, "ACME Ltd")
    await read(tier, CRM)
    path = f"/v1/repairs/{CRM}"
    answer = await tier.call("POST", path, json={"dry_run": True})
    assert answer.status_code == 202, answer.text
    assert (answer.json()["changed"], answer.json()["states"]) == (1, {"PENDING": 1})
    assert ((await repairs(tier))["states"], system.written) == ({}, [])
    assert (await tier.call("POST", path)).json()["changed"] == 1
    await tier.worker.work(Stage.REPAIR, CRM)
    assert names(system) == ["Acme"]
    first = await repairs(tier, state="DONE", limit="1")
    assert (len(first["repairs"]), first["next_after"]) == (1, None)


async def test_a_connection_that_is_not_repaired_is_not_found(tier: Tier) -> None:
    listed = await tier.call("GET", f"/v1/repairs/{HCM}")
    assert listed.status_code == 404
    assert "[[repairs]]" in listed.json()["action"]
    assert (await tier.call("POST", f"/v1/repairs/{HCM}")).status_code == 404


@pytest.mark.parametrize("step", ["repair_claimed", "repair_answered"])
async def test_a_worker_killed_in_the_middle_writes_nothing_twice(
    tier: Tier, settings: ProcessSettings, tmp_path: Path, step: str
) -> None:
    system = crm(tier, "ACME Ltd")
    await read(tier, CRM)
    await tier.call("POST", f"/v1/repairs/{CRM}")
    await died_at(settings, tmp_path / "killed.log", step)

    async def done() -> bool:
        return bool((await repairs(tier))["states"] == {"DONE": 1})

    with running(settings, tmp_path / "another.log", "worker"):
        await until(done, "another worker has repaired it")
    assert (names(system), len(system.written)) == (["Acme"], 1)
