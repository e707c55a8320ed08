"""From a hint about an approval to a line in the ERP, and what happens when it cannot be."""

import asyncio

from process_apis.doorbell import Stage
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.system_stand_in import TRACKER


async def test_an_approved_entry_stands_in_the_erp_once_and_the_tracker_is_told(tier: Tier) -> None:
    firm.enter(tier.system, "e1", minutes=450)

    await tier.approve("e1")

    (line,) = tier.system.lines
    assert (line["worker_id"], line["project_id"], line["task_id"]) == ("11", "31", "41")
    assert (line["work_date"], line["minutes"]) == ("2026-06-02", 450)
    status = await tier.status()
    assert status["postings"] == {"POSTED": 1}
    assert status["open_cases"] == {}
    (told,) = tier.system.feedback
    assert (told["external_id"], told["outcome"], told["document"]) == ("e1", "POSTED", "1")


async def test_nothing_is_posted_before_it_is_approved(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    await tier.hint("e1")
    await tier.settle()
    assert tier.system.lines == []
    assert (await tier.status())["entries"] == {"DRAFT": 1}

    await tier.approve("e1", status="SUBMITTED")
    assert tier.system.lines == []

    await tier.approve("e1")
    assert len(tier.system.lines) == 1


async def test_the_same_hint_again_and_again_posts_nothing_more(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    await tier.approve("e1")

    for _ in range(3):
        await tier.hint("e1")
        await tier.hint("a1", kind="approval")
        await tier.settle()

    assert len(tier.system.lines) == 1


async def test_equal_hints_that_still_wait_are_one(tier: Tier) -> None:
    firm.enter(tier.system, "e1")

    first = await tier.hint("e1")
    second = await tier.hint("e1")

    assert (first, second) == ({"accepted": 1, "duplicates": 0}, {"accepted": 0, "duplicates": 1})
    assert (await tier.status())["counters"]["clockify-main"]["duplicate"] == 1


async def test_an_approval_whose_reading_was_overtaken_by_the_entrys_own_is_not_lost(
    tier: Tier,
) -> None:
    """The entry's reading began later and was quicker; of the approval it knows nothing."""
    firm.enter(tier.system, "e1")
    firm.decide(tier.system, "a1", ["e1"])
    await tier.hint("a1", kind="approval")
    tier.system.hold = "read approvals"
    reading = asyncio.create_task(tier.worker.work(Stage.READ_APPROVALS, TRACKER))
    await asyncio.to_thread(tier.system.held.wait, 20)

    await tier.hint("e1")
    await tier.worker.work(Stage.READ_ENTRIES, TRACKER)
    assert (await tier.status())["entries"] == {"DRAFT": 1}
    tier.system.hold = ""
    await reading
    await tier.settle()

    assert len(tier.system.lines) == 1
    assert (await tier.status())["counters"][TRACKER]["stale"] == 1


async def test_an_entry_that_breaks_the_contract_does_not_keep_others_from_being_read(
    tier: Tier,
) -> None:
    for entry_id in ("e1", "e2", "e3"):
        firm.enter(tier.system, entry_id)
    tier.system.entries["e2"]["work_date"] = "no date at all"
    await tier.hint("e1", "e2", "e3")

    await tier.settle()

    status = await tier.status()
    assert status["entries"] == {"DRAFT": 2}
    assert status["inbox_pending"] == 1


async def test_hours_that_cannot_have_been_worked_then_wait_for_the_operator(tier: Tier) -> None:
    firm.enter(tier.system, "e1", work_date="2026-06-30", minutes=240)
    tier.system.entries["e1"] |= {
        "started_at": "2026-06-30T22:00:00Z",
        "ended_at": "2026-07-01T02:00:00Z",
        "timezone": "Australia/Sydney",
    }
    await tier.approve("e1")
    case = await tier.case()
    assert (case["code"], case["owner"]) == ("TM_TIMEZONE", "integration.operator")
    assert "it was worked on 2026-07-01 in Australia/Sydney" in case["sentence"]
    assert tier.system.lines == []
    tier.system.entries["e1"]["work_date"] = "2026-07-01"
    await tier.see("e1")
    await tier.approve("e1")
    assert [line["work_date"] for line in tier.system.lines] == ["2026-07-01"]
    assert await tier.cases() == []
