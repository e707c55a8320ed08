"""A reversal is posted, and its replacement cannot be: hours are missing in the ERP."""

from typing import Any

import pytest

from process_apis.tests import firm
from process_apis.tests.conftest import LEASE, Tier
from process_apis.tests.corrections import change, finish, posted, states, sums

DAY = ("11", "31", "2026-06-02")


async def half(tier: Tier, fault: str = "reject:rejected") -> dict[str, Any]:
    """The case of eight hours that were taken back, while the ERP refuses the six."""
    await posted(tier)
    firm.enter(tier.system, "e1", minutes=360)
    tier.system.post_faults += ["", fault]
    await tier.approve("e1")
    await finish(tier)
    assert sums(tier) == {}
    return await tier.case()


async def test_it_is_of_the_highest_severity_and_posts_when_the_cause_is_mended(
    tier: Tier,
) -> None:
    """Worked example 5."""
    case = await half(tier)
    assert (case["code"], case["severity"], case["owner"]) == ("CO_HALF", "S1", "finance.analyst")
    assert "EX_REJECTED: it will not do" in case["sentence"]

    answer = await tier.call("POST", f"/v1/cases/{case['id']}/retry")
    assert answer.status_code == 200, answer.text
    await finish(tier)
    assert sums(tier) == {DAY: 360}
    assert await tier.cases() == []


async def test_a_project_that_closes_in_between_wakes_it_when_it_is_reopened(tier: Tier) -> None:
    case = await half(tier, "reject:project_closed")
    assert (case["code"], case["state"]) == ("CO_HALF", "WAITING")
    tier.system.masters["projects"][0]["status"] = "CLOSED"
    await tier.read_masters()
    await finish(tier)
    assert (await tier.case())["id"] == case["id"]

    tier.system.masters["projects"][0]["status"] = "OPEN"
    await tier.read_masters()
    await finish(tier)
    assert sums(tier) == {DAY: 360}
    assert await tier.cases() == []


async def test_what_was_there_before_is_posted_once_more_and_replaced_later(tier: Tier) -> None:
    case = await half(tier)
    answer = await tier.call("GET", f"/v1/cases/{case['id']}")
    (offer,) = answer.json()["choices"]
    assert offer["choice"] == "repost_original"
    said = {"choice": "repost_original", "reason": "The month is closed today."}
    seen = {"If-Match": answer.headers["etag"]}
    path = f"/v1/cases/{case['id']}/choice"
    forbidden = await tier.call("POST", path, json=said, headers=seen)
    assert forbidden.status_code == 403, "an operator decides nothing of the sort"
    tier.operator = await tier.token("maya")
    answer = await tier.call("POST", path, json=said, headers=seen)
    assert answer.status_code == 200, answer.text
    tier.operator = await tier.token(None)
    await finish(tier)
    await finish(tier)
    # Six hours would be refused again: they wait for somebody, and nothing is missing meanwhile.
    assert [line["minutes"] for line in tier.system.lines] == [480, -480, 480]
    assert len({line["posting_key"] for line in tier.system.lines}) == 3
    case = await tier.case()
    assert (case["code"], case["severity"]) == ("EX_REJECTED", "S2")

    await tier.call("POST", f"/v1/cases/{case['id']}/retry")
    await finish(tier)
    assert [line["minutes"] for line in tier.system.lines] == [480, -480, 480, -480, 360]
    assert await tier.cases() == []


async def test_what_was_posted_once_more_is_corrected_when_that_is_possible(tier: Tier) -> None:
    case = await half(tier, "reject:project_closed")
    tier.system.masters["projects"][0]["name"] = "HR-1042 Ledger, renamed"
    answer = await tier.call("GET", f"/v1/cases/{case['id']}")
    said = {"choice": "repost_original", "reason": "The month is closed today."}
    seen = {"If-Match": answer.headers["etag"]}
    tier.operator = await tier.token("maya")
    await tier.call("POST", f"/v1/cases/{case['id']}/choice", json=said, headers=seen)
    tier.operator = await tier.token(None)
    await finish(tier)
    assert sums(tier) == {DAY: 480}
    case = await tier.case()
    assert (case["code"], case["state"]) == ("MD_PROJECT_CLOSED", "WAITING")

    await tier.read_masters()  # news of the project, whatever it is, has it judged again
    await finish(tier)
    await finish(tier)
    assert sums(tier) == {DAY: 360}
    assert [line["minutes"] for line in tier.system.lines] == [480, -480, 480, -480, 360]
    assert await tier.cases() == []


async def test_a_newer_version_completes_it(tier: Tier) -> None:
    await half(tier)
    await change(tier, minutes=300)
    assert sums(tier) == {DAY: 300}
    assert await tier.cases() == []
    assert ("REPLACEMENT", 3, "POSTED") in await states(tier)


@pytest.mark.parametrize("way", ["negative_line", "delete_uninvoiced", "update_in_place"])
@pytest.mark.parametrize("fault", ["commit then drop", "drop", "commit then status:500"])
async def test_an_unknown_outcome_of_the_first_call_is_found_out_before_the_second(
    tier: Tier, way: str, fault: str
) -> None:
    tier.system.reversal_modes = [way]
    await posted(tier)
    firm.enter(tier.system, "e1", minutes=360)
    tier.system.post_faults.append(fault)
    await tier.approve("e1")
    await tier.settle()
    assert "IN_DOUBT" in [each["state"] for each in await tier.postings()]

    await tier.look_up(after=LEASE)
    await finish(tier)
    assert sums(tier) == {DAY: 360}
    expected = {"negative_line": 3, "delete_uninvoiced": 1, "update_in_place": 1}[way]
    assert len(tier.system.lines) == expected
    assert len(tier.system.history) == (way == "update_in_place")
    assert await tier.cases() == []


async def test_a_deletion_whose_outcome_is_unknown_is_read_back(tier: Tier) -> None:
    tier.system.reversal_modes = ["delete_uninvoiced"]
    await posted(tier)
    tier.system.post_faults.append("commit then drop")
    del tier.system.entries["e1"]
    await tier.see("e1")
    await tier.settle()
    await tier.look_up(after=LEASE)
    assert tier.system.lines == []
    assert len(tier.system.deleted) == 1
    assert ("REVERSAL", 1, "POSTED") in await states(tier)
    assert "found deleted" in [step["what"] for step in await tier.lineage()]


async def test_a_reversal_that_stands_wrongly_is_a_case_whatever_becomes_of_its_entry(
    tier: Tier,
) -> None:
    """The ERP keeps no negative hours, and says nothing."""
    await posted(tier)
    tier.system.post_faults.append("clip")
    await change(tier, minutes=360)
    assert [line["minutes"] for line in tier.system.lines] == [480, 0]
    assert (await tier.case())["code"] == "RC_VALUE_DIFF"

    del tier.system.entries["e1"]
    await tier.see("e1")
    await finish(tier)
    assert (await tier.case())["code"] == "RC_VALUE_DIFF"


async def test_what_is_mended_at_the_replacement_leaves_what_is_wrong_with_the_reversal(
    tier: Tier,
) -> None:
    await posted(tier)
    tier.system.post_faults.append("clip")
    await change(tier, minutes=360)
    tier.system.masters["projects"][0]["status"] = "CLOSED"
    await tier.read_masters()
    await change(tier, minutes=300)
    assert {each["code"] for each in await tier.cases()} == {"RC_VALUE_DIFF", "MD_PROJECT_CLOSED"}

    tier.system.masters["projects"][0]["status"] = "OPEN"
    await tier.read_masters()
    await finish(tier)
    assert (await tier.case())["code"] == "RC_VALUE_DIFF"
