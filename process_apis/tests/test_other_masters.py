"""Masters of HCM, CRM and directory: read by schedule and by event, and never in posting's way."""

from typing import Any

import pytest

from process_apis import schedule
from process_apis.doorbell import Stage
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.other_systems import OtherSystem

Json = dict[str, Any]
HCM, CRM, LOGINS = "people-us", "sales-us", "logins-us"

ADA = {
    "external_id": "p1",
    "employee_number": "1001",
    "name": "Ada Obi",
    "email": "Ada@Example.com",
    "kind": "EMPLOYEE",
    "status": "ACTIVE",
    "hire_date": "2020-01-01",
    "termination_date": None,
}
BEN = {**ADA, "external_id": "p2", "employee_number": "1002", "name": "Ben", "email": "b@x.org"}
UNIT = {"external_id": "u1", "code": "ADV", "name": "Advisory", "kind": "department"}
CENTRE = {"external_id": "c1", "code": "4711", "name": "Advisory London", "active": True}
PLACE = {
    "external_id": "a1",
    "worker_id": "p1",
    "valid_from": "2020-01-01",
    "valid_to": "2026-06-14",
    "legal_entity": "US01",
    "org_unit_id": "u1",
    "cost_centre_id": "c1",
    "job_title": "Consultant",
    "grade": "G3",
    "weekly_minutes": 2400,
}
ACCOUNT = {"external_id": "k1", "code": "ACME", "name": "Acme", "currency": "USD"}
DEAL = {
    "external_id": "d1",
    "code": "SOW-114",
    "name": "Ledger",
    "account_id": "k1",
    "status": "WON",
    "value": {"amount": "50000.10", "currency": "USD"},
    "start_date": "2026-01-01",
    "end_date": "2026-12-31",
    "owner": {"external_id": "o1", "name": "Mia", "email": "mia@example.com"},
}
USER = {"external_id": "s1", "user_name": "ada", "name": None, "email": "ada@x.org", "active": True}
GROUP = {
    "external_id": "g1",
    "name": "Controllers",
    "members": [{"kind": "user", "external_id": "s2"}, {"kind": "user", "external_id": "s1"}],
}


def systems(tier: Tier) -> dict[str, OtherSystem]:
    """One of each, with a row in each of their lists."""
    tier.system.others = {HCM: "hcm", CRM: "crm", LOGINS: "directory"}
    tier.system.other_systems |= {
        HCM: OtherSystem(
            {
                "workers": [ADA, BEN],
                "org-units": [UNIT],
                "cost-centres": [CENTRE],
                "assignments": [PLACE],
            }
        ),
        CRM: OtherSystem({"accounts": [ACCOUNT], "engagements": [DEAL]}),
        LOGINS: OtherSystem({"users": [USER], "groups": [GROUP]}),
    }
    return tier.system.other_systems


async def read(tier: Tier, name: str) -> Json:
    """A scheduled reading, to its end; the run."""
    await tier.worker.work(Stage.MASTERS, name)
    answer = await tier.call("GET", "/v1/master-data/runs", params={"connection": name})
    return dict(answer.json()["runs"][0])


async def records(tier: Tier, kind: str) -> dict[str, Json]:
    answer = await tier.call("GET", f"/v1/masters/{kind}")
    assert answer.status_code == 200, answer.text
    return {each["owner_external_id"]: each for each in answer.json()["records"]}


async def refused(tier: Tier, run: Json) -> dict[str, str]:
    path = f"/v1/master-data/runs/{run['id']}/changes"
    answer = await tier.call("GET", path, params={"change": "refused"})
    return {each["external_id"]: each["reason"] for each in answer.json()["changes"]}


async def due(tier: Tier) -> set[str]:
    """Connections whose masters are to be read now."""
    found = await schedule.due(tier.runtime)
    return {name for stage, name in found if stage is Stage.MASTERS}


@pytest.mark.parametrize("name", [HCM, CRM, LOGINS])
async def test_all_lists_are_taken_over_and_the_same_again_changes_nothing(
    tier: Tier, name: str
) -> None:
    system = systems(tier)[name]
    first = await read(tier, name)
    assert (first["status"], first["created"]) == ("DONE", first["read"])
    assert first["read"] == sum(len(rows) for rows in system.lists.values())

    again = await read(tier, name)
    counts = ("created", "changed", "vanished", "refused")
    assert [again[each] for each in counts] == [0, 0, 0, 0]


async def test_what_was_listed_is_shown(tier: Tier) -> None:
    systems(tier)
    for name in (HCM, CRM, LOGINS):
        await read(tier, name)

    place = (await records(tier, "assignment"))["a1"]
    assert (place["name"], place["attributes"]["valid_to"]) == ("Consultant", "2026-06-14")
    deal = (await records(tier, "engagement"))["d1"]["attributes"]
    assert (float(deal["value"]), deal["currency"], deal["owner_name"]) == (50000.1, "USD", "Mia")
    group = (await records(tier, "group"))["g1"]["attributes"]
    assert [each["external_id"] for each in group["members"]] == ["s1", "s2"]


async def test_a_member_who_left_a_group_is_a_change(tier: Tier) -> None:
    system = systems(tier)[LOGINS]
    await read(tier, LOGINS)
    system.lists["groups"] = [{**GROUP, "members": GROUP["members"][:1]}]
    run = await read(tier, LOGINS)
    assert run["changed"] == 1


async def test_a_broken_hcm_and_crm_leave_posting_untouched(tier: Tier) -> None:
    broken = systems(tier)
    for each in broken.values():
        each.status = 502
    for name in (HCM, CRM, LOGINS):
        assert (await read(tier, name))["status"] == "FAILED"
    firm.enter(tier.system, "e1")
    await tier.approve("e1")
    assert len(tier.system.lines) == 1
    assert await tier.cases() == []

    broken[HCM].status = 200
    assert (await read(tier, HCM))["status"] == "DONE"


async def test_what_changed_is_read_and_now_and_then_everything(tier: Tier) -> None:
    system = systems(tier)[HCM]
    system.changed = {"workers": []}
    assert (await read(tier, HCM))["changed_since"] is None

    system.asked.clear()
    system.changed["workers"] = [{**BEN, "name": "Benjamin"}]
    run = await read(tier, HCM)
    assert run["changed_since"] is not None
    assert [domain for domain, since in system.asked if since] == ["workers"]
    assert (run["status"], run["changed"], run["vanished"]) == ("DONE", 1, 0)
    assert set(await records(tier, "employee")) == {"p1", "p2"}

    system.changed["workers"], system.deleted["workers"] = [], ["p2"]
    run = await read(tier, HCM)
    assert run["vanished"] == 1
    assert (await records(tier, "employee"))["p2"]["vanished_at"] is not None

    tier.clock.move(86_400)
    system.asked.clear()
    assert (await read(tier, HCM))["changed_since"] is None
    assert all(since is None for _, since in system.asked)


async def test_nothing_changed_is_no_empty_list(tier: Tier) -> None:
    system = systems(tier)[HCM]
    system.changed = {"workers": []}
    await read(tier, HCM)
    assert (await read(tier, HCM))["status"] == "DONE"

    tier.clock.move(86_400)
    system.lists["workers"] = []
    run = await read(tier, HCM)
    assert run["status"] == "STOPPED"
    assert "the list of workers is empty" in run["stopped_because"]
    assert (await tier.case())["code"] == "MD_FEED_SHRANK"
    # Only another whole reading can stand for it, so that is what comes next.
    assert (await read(tier, HCM))["changed_since"] is None
    system.lists["workers"] = [ADA, BEN]
    assert (await read(tier, HCM))["status"] == "DONE"
    assert await tier.cases() == []


async def test_absence_proves_nothing_in_an_incomplete_list(tier: Tier) -> None:
    system = systems(tier)[CRM]
    await read(tier, CRM)
    system.lists["accounts"] = [{**ACCOUNT, "external_id": "k2", "code": "B", "name": "B"}]
    system.complete = False
    assert (await read(tier, CRM))["vanished"] == 0

    system.complete = True
    system.faulty["accounts"] = [{"external_id": None, "reason": "its name is empty"}]
    run = await read(tier, CRM)
    assert (run["vanished"], run["refused"]) == (0, 1)
    system.faulty["accounts"] = [{"external_id": "k1", "reason": "its name is empty"}]
    run = await read(tier, CRM)
    assert run["vanished"] == 0
    assert await refused(tier, run) == {"k1": "its name is empty"}

    system.faulty.clear()
    assert (await read(tier, CRM))["vanished"] == 1


async def test_a_list_that_a_system_does_not_have_says_nothing(tier: Tier) -> None:
    system = systems(tier)[HCM]
    await read(tier, HCM)
    del system.lists["assignments"]
    assert (await read(tier, HCM))["vanished"] == 0


async def test_rows_that_make_no_sense_are_refused_and_what_was_known_stays(tier: Tier) -> None:
    system = systems(tier)[HCM]
    await read(tier, HCM)
    system.lists |= {
        "workers": [
            {**ADA, "hire_date": "2026-05-01", "termination_date": "2026-04-01"},
            BEN,
            {**BEN, "external_id": "p3", "employee_number": "1003"},
        ],
        "org-units": [
            UNIT,
            {"external_id": "u2", "name": "Two", "parent_id": "u3"},
            {"external_id": "u3", "name": "Three", "parent_id": "u2"},
            {"external_id": "u4", "name": "Four", "parent_id": "u3"},
        ],
        "assignments": [
            PLACE,
            {**PLACE, "external_id": "a2", "valid_from": "2026-06-01", "valid_to": None},
            {**PLACE, "external_id": "a3", "worker_id": "p2"},
        ],
    }
    run = await read(tier, HCM)
    assert await refused(tier, run) == {
        "p1": "ends on 2026-04-01, before it starts on 2026-05-01",
        "p3": "address b@x.org belongs to several: p2, p3",
        "u2": "is a part of itself in the hierarchy",
        "u3": "is a part of itself in the hierarchy",
        "a2": "overlaps with a1 of the same worker",
    }
    ada = (await records(tier, "employee"))["p1"]["attributes"]
    assert (ada["hire_date"], ada["termination_date"]) == ("2020-01-01", None)
    assert set(await records(tier, "org_unit")) == {"u1", "u4"}


async def test_what_changed_is_held_against_what_is_known(tier: Tier) -> None:
    """A reading of changes does not show the other holder of a key, nor the other assignment."""
    system = systems(tier)[HCM]
    system.changed = {"workers": [], "assignments": [], "org-units": []}
    await read(tier, HCM)
    system.changed |= {
        "workers": [{**BEN, "external_id": "p3", "employee_number": "1003"}],
        "assignments": [{**PLACE, "external_id": "a2", "valid_from": "2026-06-01"}],
        "org-units": [{**UNIT, "parent_id": "u1"}],
    }
    run = await read(tier, HCM)
    assert set(await refused(tier, run)) == {"p3", "a2", "u1"}


async def test_deals_without_a_currency_or_below_nought_are_refused(tier: Tier) -> None:
    system = systems(tier)[CRM]
    system.lists["engagements"] = [
        DEAL,
        {**DEAL, "external_id": "d2", "code": "2", "value": {"amount": "-1", "currency": "USD"}},
        {**DEAL, "external_id": "d3", "code": "3", "value": {"amount": "1", "currency": "XXQ"}},
    ]
    run = await read(tier, CRM)
    assert await refused(tier, run) == {
        "d2": "its value is negative: -1.0",
        "d3": "XXQ is no currency",
    }


async def test_an_event_has_the_masters_read_and_several_do_once(tier: Tier) -> None:
    systems(tier)
    await read(tier, HCM)
    assert HCM not in await due(tier)

    event = {
        "specversion": "1.0",
        "source": f"/connections/{HCM}",
        "type": "timepost.master.changed.v1",
        "subject": "p1",
        "data": {"change": "CHANGED", "domain": "workers"},
    }
    events = [{**event, "id": f"h-{number}"} for number in range(3)]
    assert (await tier.call("POST", "/v1/events", json=events)).status_code == 202
    assert HCM not in await due(tier), "a few seconds of them are read together"
    tier.clock.move(11)
    assert HCM in await due(tier)
    await read(tier, HCM)
    assert HCM not in await due(tier)


async def test_a_person_reads_everything_or_only_looks(tier: Tier) -> None:
    system = systems(tier)[HCM]
    system.changed = {"workers": []}
    await read(tier, HCM)
    path = f"/v1/master-data/{HCM}/refresh"
    answer = await tier.call("POST", path, json={"dry_run": True})
    assert answer.status_code == 202, answer.text
    system.lists["workers"] = [ADA]
    run = await read(tier, HCM)
    assert (run["dry_run"], run["changed_since"], run["vanished"]) == (True, None, 1)
    assert (await records(tier, "employee"))["p2"]["vanished_at"] is None

    unknown = await tier.call("POST", "/v1/master-data/clockify-main/refresh")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_connection")
