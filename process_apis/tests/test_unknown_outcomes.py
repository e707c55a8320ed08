"""Whatever happens to the call that posts: one line in the ERP, or a person who knows."""

import pytest

from process_apis.tests import firm
from process_apis.tests.conftest import LEASE, Tier


@pytest.mark.parametrize(
    "fault", ["commit then drop", "commit then status:500", "commit then status:502", "no line"]
)
async def test_what_the_erp_committed_is_found_and_not_sent_again(tier: Tier, fault: str) -> None:
    firm.enter(tier.system, "e1")
    tier.system.post_faults.append(fault)

    await tier.approve("e1")
    assert (await tier.posting())["state"] == "IN_DOUBT"
    await tier.look_up(after=LEASE)

    assert len(tier.system.lines) == 1
    assert len(tier.system.posts) == 1
    assert (await tier.posting())["state"] == "POSTED"
    assert await tier.cases() == []
    assert "found posted" in [step["what"] for step in await tier.lineage()]


@pytest.mark.parametrize("fault", ["drop", "status:500", "status:502", "status:504"])
async def test_what_was_not_committed_is_sent_once_more_when_that_is_proven(
    tier: Tier, fault: str
) -> None:
    firm.enter(tier.system, "e1")
    tier.system.post_faults.append(fault)

    await tier.approve("e1")
    assert (await tier.posting())["state"] == "IN_DOUBT"
    assert len(tier.system.posts) == 1
    await tier.look_up(after=LEASE)

    assert len(tier.system.lines) == 1
    assert len(tier.system.posts) == 2
    assert (await tier.posting())["state"] == "POSTED"
    assert "proven not posted" in [step["what"] for step in await tier.lineage()]


async def test_nothing_is_looked_up_before_a_look_up_proves_something(tier: Tier) -> None:
    tier.system.settle_seconds = 60
    firm.enter(tier.system, "e1")
    tier.system.post_faults.append("drop")
    await tier.approve("e1")

    await tier.look_up(after=60)
    assert not any("lookup" in call for call in tier.system.calls if "erp" in call)
    assert (await tier.posting())["state"] == "IN_DOUBT"

    await tier.look_up(after=LEASE)
    assert (await tier.posting())["state"] == "POSTED"


async def test_a_posting_without_an_outcome_in_the_answer_is_looked_up(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    tier.system.post_faults.append("say nothing")

    await tier.approve("e1")
    await tier.look_up()

    assert len(tier.system.lines) == 1
    assert (await tier.posting())["state"] == "POSTED"


async def test_a_line_that_differs_from_what_was_sent_is_a_case(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    tier.system.post_faults.append("hours differ")

    await tier.approve("e1")

    case = await tier.case()
    assert (case["code"], case["severity"]) == ("RC_VALUE_DIFF", "S1")
    assert "minutes" in case["sentence"]
    assert (await tier.posting())["state"] == "MISPOSTED"
    detail = (await tier.call("GET", f"/v1/cases/{case['id']}")).json()
    assert detail["would_post"]["fields"]["minutes"] == 480
    assert detail["erp"]["fields"]["minutes"] == 420
    assert tier.system.feedback == []


async def test_two_lines_with_one_key_are_a_case(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    tier.system.post_faults.append("twice")
    # The first outcome shows one line; only a look-up shows both.
    tier.system.post_faults.append("say nothing")
    tier.system.post_faults.reverse()
    await tier.approve("e1")
    tier.system.lines.append({**tier.system.lines[0], "external_id": "99"})

    await tier.look_up()

    case = await tier.case()
    assert case["code"] == "RC_EXTRA_IN_ERP"
    assert "99" in case["sentence"]
    assert len(tier.system.posts) == 1


async def test_nothing_takes_the_place_of_what_a_person_has_to_find_out(tier: Tier) -> None:
    """It may stand in the ERP: neither a newer version nor the same one again may be sent."""
    tier.system.can_look_up = False
    firm.enter(tier.system, "e1")
    tier.system.post_faults.append("commit then drop")
    await tier.approve("e1")
    await tier.look_up(after=LEASE)

    await tier.approve("e1", status="WITHDRAWN")
    await tier.approve("e1")
    assert len(tier.system.posts) == 1
    firm.enter(tier.system, "e1", minutes=240)
    await tier.approve("e1")

    assert len(tier.system.posts) == 1
    assert len(tier.system.lines) == 1
    assert "IO_IN_DOUBT" in [case["code"] for case in await tier.cases()]


async def test_look_ups_that_fail_again_and_again_are_a_case_and_go_on(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    tier.system.post_faults.append("commit then drop")
    tier.system.lookup_status = 500
    await tier.approve("e1")

    await tier.look_up(after=LEASE)
    await tier.look_up(after=LEASE)
    assert await tier.cases() == []
    await tier.look_up(after=LEASE)
    case = await tier.case()
    assert case["code"] == "IO_IN_DOUBT"
    answer = await tier.call("POST", f"/v1/cases/{case['id']}/retry")
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_retry")

    tier.system.lookup_status = 200
    await tier.look_up(after=LEASE)
    assert len(tier.system.lines) == 1
    assert (await tier.posting())["state"] == "POSTED"
    assert await tier.cases() == []


async def test_a_line_that_cannot_be_looked_up_keeps_no_other_in_doubt(tier: Tier) -> None:
    tier.system.down = "commit then drop"
    for name in ("e1", "e2", "e3"):
        firm.enter(tier.system, name, minutes=60)
    await tier.approve("e1", "e2", "e3")
    tier.system.down = ""
    tier.system.spoiled = {tier.system.lines[1]["external_id"]}

    for _ in range(3):
        await tier.look_up(after=LEASE)
    found = sorted(each["state"] for each in await tier.postings())
    assert found == ["IN_DOUBT", "POSTED", "POSTED"]
    assert (await tier.case())["code"] == "IO_IN_DOUBT"

    tier.system.spoiled = set()
    await tier.look_up(after=LEASE)
    assert await tier.cases() == []
    assert len(tier.system.lines) == 3


async def test_after_eight_refusals_for_now_a_person_starts_it_again(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    tier.system.post_faults += ["retry:stale_version"] * 8
    await tier.approve("e1")
    for _ in range(8):
        await tier.settle()

    posting = await tier.posting()
    assert (posting["state"], posting["attempts"]) == ("DEAD_LETTER", 8)
    assert len(tier.system.posts) == 8
    case = await tier.case()
    assert case["code"] == "IO_UNAVAILABLE"

    answer = await tier.call("POST", f"/v1/cases/{case['id']}/retry")
    assert answer.json()["posting_state"] == "READY"
    tier.system.post_faults.append("retry:stale_version")
    await tier.settle()
    posting = await tier.posting()
    assert (posting["state"], posting["attempts"]) == ("READY", 1), "it begins anew"
    await tier.settle()
    assert len(tier.system.lines) == 1
    keys = {item["posting_key"] for post in tier.system.posts for item in post["items"]}
    assert len(keys) == 1
    assert await tier.cases() == []


@pytest.mark.parametrize(
    ("error_class", "code", "state"),
    [
        ("period_closed", "PD_CLOSED", "PARKED"),
        ("project_closed", "MD_PROJECT_CLOSED", "PARKED"),
        ("worker_missing", "MD_WORKER_UNKNOWN", "PARKED"),
        ("reference_inactive", "MD_TASK_INVALID", "PARKED"),
        ("stale_version", "EX_REJECTED", "BLOCKED"),
        ("throttled", "EX_REJECTED", "BLOCKED"),
        ("unavailable", "EX_REJECTED", "BLOCKED"),
        ("auth", "EX_REJECTED", "BLOCKED"),
        ("invoiced_locked", "EX_LOCKED", "BLOCKED"),
        ("rejected", "EX_REJECTED", "BLOCKED"),
        ("unknown", "EX_REJECTED", "BLOCKED"),
    ],
)
async def test_a_refusal_becomes_the_case_of_its_class(
    tier: Tier, error_class: str, code: str, state: str
) -> None:
    firm.enter(tier.system, "e1")
    tier.system.post_faults.append(f"reject:{error_class}")

    await tier.approve("e1")
    await tier.settle()

    case = await tier.case()
    assert case["code"] == code
    assert "unknown" not in case["sentence"]
    assert (await tier.posting())["state"] == state
    detail = (await tier.call("GET", f"/v1/cases/{case['id']}")).json()
    assert detail["erp_error"] == "it will not do"
    assert len(tier.system.posts) == 1

    answer = await tier.call("POST", f"/v1/cases/{case['id']}/retry")
    assert answer.json()["posting_state"] == "READY"
    await tier.settle()
    assert len(tier.system.lines) == 1


async def test_a_refused_duplicate_stands_in_the_erp_and_is_found_there(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    tier.system.post_faults += ["drop", "reject:duplicate"]
    await tier.approve("e1")
    (item,) = tier.system.posts[0]["items"]

    await tier.look_up(after=LEASE)
    assert (await tier.posting())["state"] == "IN_DOUBT"
    names = ("posting_key", "legal_entity_id", "worker_id", "project_id", "task_id", "work_date")
    line = {name: item[name] for name in (*names, "minutes")}
    tier.system.lines.append({"external_id": "7", **line})
    await tier.look_up(after=LEASE)

    assert (await tier.posting())["state"] == "POSTED"
    assert len(tier.system.lines) == 1
