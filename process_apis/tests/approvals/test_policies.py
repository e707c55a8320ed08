"""Approval by rule: when entries arrive or change, and only where the legal entity allows it."""

import asyncio
from typing import Any

import pytest

from process_apis import schedule
from process_apis.doorbell import Stage
from process_apis.processes.approvals import automatic
from process_apis.processes.time_entries import steps
from process_apis.tests import firm
from process_apis.tests.approvals.people import Office
from process_apis.tests.system_stand_in import TRACKER


@pytest.fixture
def approvals_toml() -> str:
    return """
        [[connections]]
        name = "clockify-main"
        mode = "policy"
        approvers = { default = "petra@example.com" }

        [[connections.policies]]
        id = "everyday"
        legal_entities = ["HRC-US"]
        max_hours_per_day = 10
    """


async def _waiting(office: Office) -> dict[str, list[str]]:
    answer = await office.call("petra", "GET", "/waiting")
    assert answer.status_code == 200, answer.text
    return {each["external_id"]: each["reasons"] for each in answer.json()["entries"]}


async def _approved_by(office: Office) -> list[Any]:
    return [
        (each["decided_by"], each["entries"], each["minutes"])
        for each in (await office.listed("maya", state="APPROVED"))["requests"]
    ]


async def test_hours_within_the_policy_are_approved_and_posted(office: Office) -> None:
    firm.enter(office.tier.system, "e1", minutes=300)
    firm.enter(office.tier.system, "e2", minutes=120)

    await office.tier.see("e1", "e2")

    assert sorted(line["minutes"] for line in office.tier.system.lines) == [120, 300]
    assert await _approved_by(office) == [("policy:everyday", 2, 420)]
    (approved,) = [each for each in await office.tier.lineage() if each["what"] == "approved"]
    assert approved["actor"] == "policy:everyday"
    assert approved["detail"]["decided_as"] == "policy"
    await office.tier.see("e1", "e2")
    assert len(office.tier.system.lines) == 2


async def test_a_day_with_too_many_hours_waits_for_a_person_and_says_why(office: Office) -> None:
    firm.enter(office.tier.system, "e1", minutes=480)
    firm.enter(office.tier.system, "e2", minutes=180)

    await office.tier.see("e1", "e2")

    reasons = ["policy everyday: the day has 11.00 hours"]
    assert await _waiting(office) == {"e1": reasons, "e2": reasons}
    assert office.tier.system.lines == []
    firm.enter(office.tier.system, "e2", minutes=60)
    await office.tier.see("e2")
    assert await _waiting(office) == {}
    assert sorted(line["minutes"] for line in office.tier.system.lines) == [60, 480]


async def test_a_neighbour_that_is_deleted_frees_the_others_after_a_while(office: Office) -> None:
    firm.enter(office.tier.system, "e1", minutes=480)
    firm.enter(office.tier.system, "e2", minutes=180)
    await office.tier.see("e1", "e2")
    del office.tier.system.entries["e2"]
    await office.tier.see("e2")
    assert (Stage.APPROVE, TRACKER) not in await schedule.due(office.tier.runtime)

    office.tier.clock.move(601)

    assert (Stage.APPROVE, TRACKER) in await schedule.due(office.tier.runtime)
    await office.tier.worker.work(Stage.APPROVE, TRACKER)
    await office.tier.settle()
    assert [line["minutes"] for line in office.tier.system.lines] == [480]


async def test_a_worker_whom_the_erp_does_not_know_waits(office: Office) -> None:
    firm.enter(office.tier.system, "e1", worker=firm.STRANGER)
    await office.tier.see("e1")
    assert await _waiting(office) == {
        "e1": ["policy everyday: the worker is not bound to one in the ERP"]
    }


async def test_what_no_policy_approves_a_person_does(office: Office) -> None:
    firm.enter(office.tier.system, "e1", minutes=660)
    await office.tier.see("e1")

    request = await office.request("ada")
    assert await _waiting(office) == {}
    assert (await office.decide("petra", request)).status_code == 200
    await office.tier.settle()

    assert [line["minutes"] for line in office.tier.system.lines] == [660]


async def test_what_a_person_rejected_no_policy_approves(office: Office) -> None:
    firm.enter(office.tier.system, "e1", minutes=660)
    await office.tier.see("e1")
    await office.decide("petra", await office.request("ada"), "reject", "Too long.")
    firm.enter(office.tier.system, "e1", minutes=60)

    await office.tier.see("e1")

    assert await _waiting(office) == {"e1": ["a person rejected an earlier version"]}
    assert office.tier.system.lines == []


async def test_a_change_after_approval_is_judged_anew(office: Office) -> None:
    firm.enter(office.tier.system, "e1", minutes=60, project=firm.CLOSED)
    await office.tier.see("e1")
    firm.enter(office.tier.system, "e1", minutes=660, project=firm.CLOSED)

    await office.tier.see("e1")

    assert await _waiting(office) == {"e1": ["policy everyday: the day has 11.00 hours"]}
    assert await office.states() == {"REOPENED": 1}
    assert (await office.tier.status())["postings"] == {"SUPERSEDED": 1}


async def test_a_worker_killed_before_the_policies_looked_leaves_them_to_the_next(
    office: Office,
) -> None:
    firm.enter(office.tier.system, "e1", minutes=60)
    await office.tier.hint("e1")
    await steps.read_entries(office.tier.runtime.reader, TRACKER)
    assert await office.states() == {"DRAFT": 1}

    assert (Stage.APPROVE, TRACKER) in await schedule.due(office.tier.runtime)
    await office.tier.worker.work(Stage.APPROVE, TRACKER)
    await office.tier.settle()

    assert len(office.tier.system.lines) == 1


async def test_two_workers_at_once_approve_once(office: Office) -> None:
    for number in range(5):
        firm.enter(office.tier.system, f"e{number}", minutes=60, work_date=f"2026-06-0{number + 1}")
    await office.tier.hint(*(f"e{number}" for number in range(5)))
    await steps.read_entries(office.tier.runtime.reader, TRACKER)
    desk = office.tier.runtime.approvals

    await asyncio.gather(*(automatic.apply_policies(desk, TRACKER) for _ in range(3)))

    assert len(await _approved_by(office)) == 5
    await office.tier.settle()
    assert len(office.tier.system.lines) == 5
