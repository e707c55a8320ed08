"""What happens to a posting when its entry changes before, while and after it is sent."""

import asyncio

from process_apis.doorbell import Stage
from process_apis.tests import firm
from process_apis.tests.conftest import LEASE, Tier
from process_apis.tests.system_stand_in import ERP


async def test_a_change_after_posting_is_a_case_and_posts_nothing(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    await tier.approve("e1")

    firm.enter(tier.system, "e1", minutes=360)
    await tier.approve("e1", status="SUBMITTED")
    case = await tier.case()
    assert case["code"] == "CO_CHANGED_AFTER_POSTING"
    answer = await tier.call("POST", f"/v1/cases/{case['id']}/retry")
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_retry")

    await tier.approve("e1")
    await tier.settle()
    case = await tier.case()
    assert case["code"] == "CO_CHANGED_AFTER_POSTING"
    detail = (await tier.call("GET", f"/v1/cases/{case['id']}")).json()
    assert detail["would_post"]["fields"]["minutes"] == 360
    assert detail["erp"]["fields"]["minutes"] == 480
    await tier.call("POST", f"/v1/cases/{case['id']}/retry")
    await tier.settle()
    assert [line["minutes"] for line in tier.system.lines] == [480]


async def test_a_deletion_after_posting_is_a_case(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    await tier.approve("e1")

    del tier.system.entries["e1"]
    await tier.see("e1")

    assert (await tier.case())["code"] == "CO_DELETED_AFTER_POSTING"
    assert len(tier.system.lines) == 1


async def test_reopened_and_approved_again_unchanged_is_posted_once(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    await tier.approve("e1")
    for number in range(3):
        await tier.approve("e1", status="WITHDRAWN")
        await tier.approve("e1", approval=f"again-{number}")

    assert len(tier.system.lines) == 1
    assert await tier.cases() == []


async def test_withdrawn_before_it_was_sent_posts_nothing(tier: Tier) -> None:
    firm.enter(tier.system, "e1", project=firm.CLOSED, task=None)
    await tier.approve("e1")
    assert (await tier.case())["code"] == "MD_PROJECT_CLOSED"

    await tier.approve("e1", status="WITHDRAWN")
    assert await tier.cases() == []
    assert (await tier.posting())["state"] == "SUPERSEDED"
    tier.system.masters["projects"][1]["status"] = "OPEN"
    await tier.read_masters()
    await tier.settle()
    assert tier.system.lines == []

    await tier.approve("e1")
    assert len(tier.system.lines) == 1


async def test_withdrawn_but_not_yet_looked_at_is_not_sent(tier: Tier) -> None:
    """The worker that sends may be quicker than the one that takes the withdrawal in."""
    firm.enter(tier.system, "e1")
    tier.system.post_faults.append("status:503")
    await tier.approve("e1")
    assert (await tier.posting())["state"] == "READY"
    firm.decide(tier.system, "a1", ["e1"], status="WITHDRAWN")
    await tier.hint("a1", kind="approval")
    tier.clock.move(5)

    await tier.take_in_approvals_only()
    await tier.worker.work(Stage.SEND, ERP)
    await tier.settle()

    assert tier.system.lines == []
    assert (await tier.posting())["state"] == "SUPERSEDED"
    assert await tier.cases() == []


async def test_only_the_newest_version_is_sent(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    tier.system.post_faults.append("status:503")
    await tier.approve("e1")
    firm.enter(tier.system, "e1", minutes=240)

    await tier.approve("e1")
    await tier.settle()

    assert [line["minutes"] for line in tier.system.lines] == [240]
    assert [each["state"] for each in await tier.postings()] == ["POSTED", "SUPERSEDED"]
    assert await tier.cases() == []


async def test_a_version_approved_while_the_earlier_one_is_in_doubt_waits_for_it(
    tier: Tier,
) -> None:
    firm.enter(tier.system, "e1")
    tier.system.post_faults.append("drop")
    await tier.approve("e1")
    firm.enter(tier.system, "e1", minutes=240)
    await tier.approve("e1")
    assert [each["state"] for each in await tier.postings()] == ["PARKED", "IN_DOUBT"]
    assert tier.system.lines == []

    await tier.look_up(after=LEASE)
    await tier.settle()

    assert [line["minutes"] for line in tier.system.lines] == [240]
    assert [each["state"] for each in await tier.postings()] == ["POSTED", "SUPERSEDED"]


async def test_a_case_of_an_unknown_outcome_stays_while_a_newer_version_waits(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    tier.system.post_faults.append("commit then drop")
    tier.system.lookup_status = 500
    await tier.approve("e1")
    for _ in range(3):
        await tier.look_up(after=LEASE)
    case = await tier.case()
    assert case["code"] == "IO_IN_DOUBT"

    firm.enter(tier.system, "e1", minutes=240)
    await tier.approve("e1")

    assert (await tier.case())["id"] == case["id"]


async def test_a_version_approved_while_the_earlier_one_is_sent_becomes_a_case(
    tier: Tier,
) -> None:
    firm.enter(tier.system, "e1")
    tier.system.hold = "post after commit"
    firm.decide(tier.system, "a1", ["e1"])
    await tier.hint("a1", kind="approval")
    sending = asyncio.create_task(tier.settle())
    await asyncio.to_thread(tier.system.held.wait, 20)
    firm.enter(tier.system, "e1", minutes=240)
    firm.decide(tier.system, "a1", ["e1"])
    await tier.hint("a1", kind="approval")
    await tier.settle()
    assert [each["state"] for each in await tier.postings()] == ["PARKED", "SENDING"]

    tier.system.hold = ""
    await sending
    await tier.settle()

    assert [line["minutes"] for line in tier.system.lines] == [480]
    assert [each["state"] for each in await tier.postings()] == ["BLOCKED", "POSTED"]
    assert (await tier.case())["code"] == "CO_CHANGED_AFTER_POSTING"


async def test_a_worker_that_was_suspended_before_the_call_does_not_make_it(tier: Tier) -> None:
    """Another worker may have looked the posting up and sent it by then."""
    firm.enter(tier.system, "e1")
    firm.decide(tier.system, "a1", ["e1"])
    await tier.hint("a1", kind="approval")
    tier.clock.stalls = tier.runtime.settings.timing.call + 1

    await tier.settle()
    assert "not sent in time" in [step["what"] for step in await tier.lineage()]
    assert tier.system.posts == []

    tier.clock.stalls = 0
    await tier.settle()
    assert len(tier.system.lines) == 1
