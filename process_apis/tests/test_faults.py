"""Each fault of an entry ends as the case that it should be, and nothing reaches the ERP."""

from typing import Any

import pytest

from process_apis.doorbell import Stage
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.system_stand_in import ERP, TRACKER


def _two_entries_of_one_long_day(tier: Tier) -> None:
    firm.enter(tier.system, "e1", minutes=14 * 60)
    firm.enter(tier.system, "e2", minutes=14 * 60)


@pytest.mark.parametrize(
    ("entry", "code", "state", "names"),
    [
        ({"project": firm.CLOSED, "task": None}, "MD_PROJECT_CLOSED", "PARKED", "HR-0987"),
        ({"worker": firm.STRANGER}, "MD_WORKER_UNKNOWN", "PARKED", "X Y"),
        ({"project": firm.NOWHERE, "task": None}, "MD_PROJECT_UNKNOWN", "PARKED", "HR-4711"),
        ({"project": None, "task": None}, "MD_PROJECT_UNKNOWN", "BLOCKED", "(none)"),
        ({"task": firm.UNMAPPED}, "MP_UNMAPPED", "PARKED", "Sculpting"),
        ({"minutes": 30 * 60}, "TM_LIMIT", "BLOCKED", "30.00 hours"),
        ({"minutes": 0}, "TM_LIMIT", "BLOCKED", "no duration"),
        ({"work_date": "2019-05-31"}, "MD_WORKER_INACTIVE", "PARKED", "2019-05-31"),
        ({"work_date": "2026-10-01"}, "PD_NO_OPEN", "PARKED", "2026-10-01"),
    ],
)
async def test_a_fault_is_a_case(
    tier: Tier, entry: dict[str, Any], code: str, state: str, names: str
) -> None:
    firm.enter(tier.system, "e1", **entry)

    await tier.approve("e1", worker=entry.get("worker", firm.ADA))

    assert tier.system.posts == []
    case = await tier.case()
    assert case["code"] == code
    assert names in case["sentence"]
    assert case["state"] == ("WAITING" if state == "PARKED" else "OPEN")
    posting = await tier.posting()
    assert (posting["state"], posting["code"]) == (state, code)


async def test_a_project_where_only_tasks_are_booked_needs_a_task(tier: Tier) -> None:
    tier.system.masters["projects"][0]["bookable"] = False
    await tier.read_masters()
    firm.enter(tier.system, "e1", task=None)

    await tier.approve("e1")

    assert (await tier.case())["code"] == "MD_TASK_INVALID"
    assert tier.system.posts == []


async def test_entries_of_different_companies_wait_for_a_person(tier: Tier) -> None:
    tier.system.masters["projects"][0]["legal_entity_id"] = "2"
    await tier.read_masters()
    firm.enter(tier.system, "e1")

    await tier.approve("e1")

    assert (await tier.case())["code"] == "IC_AGREEMENT_MISSING"
    assert tier.system.posts == []


@pytest.mark.parametrize(
    "approver",
    [
        firm.ADA,
        {"external_id": "other", "code": None, "name": "A. Obi", "email": "ADA@example.com"},
    ],
)
async def test_nobody_approves_their_own_hours(tier: Tier, approver: dict[str, Any]) -> None:
    firm.enter(tier.system, "e1")

    await tier.approve("e1", approver=approver)

    case = await tier.case()
    assert (case["code"], case["severity"]) == ("AP_SELF_APPROVAL", "S1")
    assert (await tier.posting())["state"] == "BLOCKED"
    assert tier.system.posts == []


async def test_a_day_of_more_than_24_hours_is_held_until_one_entry_is_corrected(
    tier: Tier,
) -> None:
    _two_entries_of_one_long_day(tier)
    await tier.approve("e1", "e2")
    assert {case["code"] for case in await tier.cases()} == {"TM_LIMIT"}
    assert len(await tier.cases()) == 2
    assert tier.system.posts == []
    assert {told["outcome"] for told in tier.system.feedback} == {"REJECTED"}

    firm.enter(tier.system, "e2", minutes=4 * 60)
    await tier.approve("e1", "e2")

    assert sorted(line["minutes"] for line in tier.system.lines) == [240, 840]
    assert await tier.cases() == []


async def test_a_closed_period_moves_the_accounting_date_not_the_work_date(tier: Tier) -> None:
    june = next(each for each in tier.system.masters["periods"] if each["name"] == "2026-06")
    june["status"] = "CLOSED"
    await tier.read_masters()
    firm.enter(tier.system, "e1", work_date="2026-06-02")

    await tier.approve("e1")

    (item,) = tier.system.posts[0]["items"]
    assert (item["work_date"], item["accounting_date"]) == ("2026-06-02", "2026-07-01")
    assert len(tier.system.lines) == 1


async def test_without_an_erp_for_it_an_entry_waits_until_there_is_one(tier: Tier) -> None:
    tier.system.erps = {ERP: ["HRC-DE"]}
    await tier.read_masters()
    firm.enter(tier.system, "e1")
    await tier.approve("e1")
    case = await tier.case()
    assert case["code"] == "MP_UNMAPPED"
    assert TRACKER in case["sentence"]

    tier.system.erps = {ERP: ["HRC-US", "HRC-DE"]}
    await tier.read_masters()
    await tier.settle()

    assert len(tier.system.lines) == 1
    assert await tier.cases() == []


async def test_of_two_erps_the_one_that_knows_the_worker_is_posted_to(tier: Tier) -> None:
    tier.system.erps = {"an-erp": ["HRC-US"], ERP: ["HRC-US"]}
    await tier.worker.work(Stage.MASTERS, "an-erp")
    await tier.read_masters()
    firm.enter(tier.system, "e1")

    await tier.approve("e1")

    assert [line["erp"] for line in tier.system.lines] == [ERP]


@pytest.mark.parametrize("lines", [1, 2])
async def test_two_records_of_one_name_are_never_chosen_between(tier: Tier, lines: int) -> None:
    ada = tier.system.masters["workers"][0]
    twin = {**ada, "external_id": "13", "employee_number": "E-13"}
    tier.system.masters["workers"].append(twin)
    await tier.read_masters()
    firm.enter(tier.system, "e1")
    await tier.approve("e1")
    assert (await tier.case())["code"] == "MP_AMBIGUOUS"

    await tier.bind("worker", "u-ada", str(10 + lines))
    await tier.settle()

    assert [line["worker_id"] for line in tier.system.lines] == [str(10 + lines)]
    assert await tier.cases() == []


@pytest.mark.parametrize(
    ("in_the_tracker", "in_the_erp"),
    [
        ("hr-2000 straßenbau", "HR-2000 STRASSENBAU"),
        ("Größe  und Äpfel ", " GRÖSSE und äpfel"),
    ],
)
async def test_names_match_whatever_their_case_and_spaces(
    tier: Tier, in_the_tracker: str, in_the_erp: str
) -> None:
    project = {**tier.system.masters["projects"][0], "external_id": "33", "code": None}
    tier.system.masters["projects"].append({**project, "name": in_the_erp})
    await tier.read_masters()
    said = {"external_id": "p-9", "code": None, "name": in_the_tracker, "email": None}
    firm.enter(tier.system, "e1", project=said, task=None)

    await tier.approve("e1")

    assert [line["project_id"] for line in tier.system.lines] == ["33"]


async def test_a_task_without_a_project_is_a_case_and_disturbs_nobody(tier: Tier) -> None:
    firm.enter(tier.system, "e1", project=None)
    firm.enter(tier.system, "e2")

    await tier.approve("e1", "e2")

    (case,) = await tier.cases()
    assert (case["code"], case["entry_external_id"]) == ("MD_PROJECT_UNKNOWN", "e1")
    assert len(tier.system.lines) == 1
