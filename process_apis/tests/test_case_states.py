"""Cases as people work on them: taken, under way, resolved, and back again."""

from datetime import timedelta
from typing import Any

from process_apis.processes.exceptions.recorder import REOPENS_WITHIN
from process_apis.tests import firm
from process_apis.tests.conftest import Tier


async def assign(tier: Tier, case: dict[str, Any], **assignment: Any) -> dict[str, Any]:
    answer = await tier.call(
        "PUT",
        f"/v1/cases/{case['id']}/assignee",
        json=assignment,
        headers={"If-Match": f'"{case["version"]}"'},
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def refused(tier: Tier) -> dict[str, Any]:
    """The case of hours that the ERP refuses for a reason of its own."""
    firm.enter(tier.system, "e1")
    tier.system.post_faults.append("reject:rejected")
    await tier.approve("e1")
    return await tier.case()


async def test_a_case_is_taken_worked_on_and_given_back(tier: Tier) -> None:
    case = await refused(tier)
    assert case["state"] == "OPEN"
    case = await assign(tier, case, assignee="maya")
    assert case["state"] == "ASSIGNED"
    case = await assign(tier, case, assignee="maya", in_progress=True)
    assert case["state"] == "IN_PROGRESS"
    case = await assign(tier, case, assignee=None)
    assert (case["state"], case["assignee"]) == ("OPEN", None)


async def test_one_that_waits_goes_on_waiting_whoever_looks_after_it(tier: Tier) -> None:
    firm.enter(tier.system, "e1", project=firm.CLOSED, task=None)
    await tier.approve("e1")
    case = await assign(tier, await tier.case(), assignee="petra", in_progress=True)
    assert (case["state"], case["assignee"]) == ("WAITING", "petra")


async def test_the_same_trouble_within_thirty_days_is_the_same_case(tier: Tier) -> None:
    case = await assign(tier, await refused(tier), assignee="maya")
    await tier.call("POST", f"/v1/cases/{case['id']}/comments", json={"text": "Asked the bank."})
    await tier.call("POST", f"/v1/cases/{case['id']}/retry")
    tier.system.post_faults.append("reject:rejected")
    await tier.settle()

    again = await tier.case()
    assert (again["id"], again["state"], again["assignee"]) == (case["id"], "REOPENED", "maya")
    assert (again["resolved_at"], again["resolution"]) == (None, None)
    detail = (await tier.call("GET", f"/v1/cases/{case['id']}")).json()
    assert [each["text"] for each in detail["comments"]] == ["Asked the bank."]

    await tier.call("POST", f"/v1/cases/{case['id']}/retry")
    await tier.settle()
    assert await tier.cases() == []
    assert len(tier.system.lines) == 1


async def test_after_thirty_days_it_is_a_new_case(tier: Tier) -> None:
    case = await refused(tier)
    await tier.call("POST", f"/v1/cases/{case['id']}/retry")
    tier.system.down = "status:503"
    await tier.settle()
    assert await tier.cases(code="EX_REJECTED") == []

    tier.system.down = ""
    tier.clock.move((REOPENS_WITHIN + timedelta(days=1)).total_seconds())
    tier.system.post_faults.append("reject:rejected")
    for _ in range(3):
        await tier.settle()
    (again,) = await tier.cases(code="EX_REJECTED")
    assert (again["id"] != case["id"], again["state"]) == (True, "OPEN")
