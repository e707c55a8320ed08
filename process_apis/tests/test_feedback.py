"""The tracker is told what became of each entry, in order, whatever it answers."""

from datetime import timedelta
from typing import Any

from process_apis.doorbell import Stage
from process_apis.processes.feedback.echoes import MOST_ROUNDS
from process_apis.processes.feedback.steps import MAX_ATTEMPTS
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.system_stand_in import TRACKER


async def _until_quiet(tier: Tier, most: int = 20) -> int:
    """Deliver the webhooks that feedback fires, until none does; returns how often."""
    for rounds in range(most):
        if not tier.system.fired:
            return rounds
        fired, tier.system.fired = tier.system.fired, []
        await tier.hint(*fired)
        await tier.settle()
    return most


def _told(tier: Tier) -> list[tuple[str, str]]:
    return [(each["external_id"], each["outcome"]) for each in tier.system.feedback]


async def test_an_answer_in_another_order_or_with_gaps_is_read_by_entry(tier: Tier) -> None:
    for number in range(3):
        firm.enter(tier.system, f"e{number}", work_date=f"2026-06-0{number + 1}")
    tier.system.feedback_fault = "one is missing"

    await tier.approve("e0", "e1", "e2")
    assert (await tier.status())["feedback"] == {"DELIVERED": 2, "PENDING": 1}

    tier.system.feedback_fault = ""
    tier.clock.move(timedelta(minutes=1).total_seconds())
    await tier.worker.work(Stage.FEEDBACK, TRACKER)
    assert (await tier.status())["feedback"] == {"DELIVERED": 3}


async def test_an_old_refusal_is_not_told_after_the_posting(tier: Tier) -> None:
    firm.enter(tier.system, "e1", minutes=30 * 60)
    firm.decide(tier.system, "a1", ["e1"])
    await tier.hint("a1", kind="approval")
    tier.system.feedback_fault = "one is missing"
    await tier.settle()
    assert _told(tier) == [("e1", "REJECTED")]

    tier.system.feedback_fault = ""
    firm.enter(tier.system, "e1")
    await tier.approve("e1")
    tier.clock.move(timedelta(minutes=1).total_seconds())
    await tier.worker.work(Stage.FEEDBACK, TRACKER)

    assert _told(tier) == [("e1", "REJECTED"), ("e1", "POSTED")]
    assert (await tier.status())["feedback"] == {"DELIVERED": 1}


async def test_an_echo_of_our_own_feedback_is_counted_as_such_and_told_no_further(
    tier: Tier,
) -> None:
    """The tracker moves its instant of change with each write, and fires its webhook."""

    def touch(entry: dict[str, Any]) -> None:
        entry["modified_at"] = tier.clock.now().isoformat()

    firm.enter(tier.system, "e1")
    tier.system.on_told = touch
    await tier.approve("e1")

    assert await _until_quiet(tier) == 1
    assert _told(tier) == [("e1", "POSTED")]
    counters = (await tier.status())["counters"][TRACKER]
    assert (counters["echo"], counters.get("unchanged", 0)) == (1, 0)
    assert len(tier.system.lines) == 1

    tier.clock.move(timedelta(hours=1).total_seconds())
    await tier.see("e1")
    counters = (await tier.status())["counters"][TRACKER]
    assert (counters["echo"], counters["unchanged"]) == (1, 1)


async def test_a_tracker_whose_content_changes_with_each_telling_ends_no_loop_of_ours(
    tier: Tier,
) -> None:
    """It writes what it is told into the text, keeps the approval, and fires its webhook: each
    telling makes a version, and each version something to tell. After some rounds it is not told
    any more, and an operator knows."""

    def write_down(entry: dict[str, Any]) -> None:
        entry["narrative"] += " (rejected)"

    firm.enter(tier.system, "e1", minutes=30 * 60)
    tier.system.entries["e1"]["approval"] = {"status": "APPROVED", "approver": firm.MIA}
    tier.system.approves = "entry"
    tier.system.on_told = write_down
    await tier.see("e1")

    assert await _until_quiet(tier) == MOST_ROUNDS
    assert _told(tier) == [("e1", "REJECTED")] * MOST_ROUNDS
    assert (await tier.status())["feedback"] == {"DELIVERED": MOST_ROUNDS, "WITHHELD": 1}
    cases = {case["code"]: case for case in await tier.cases()}
    assert sorted(cases) == ["RC_STATUS_STALE", "TM_LIMIT"]
    assert cases["RC_STATUS_STALE"]["owner"] == "integration.operator"
    assert cases["RC_STATUS_STALE"]["worker"] == "Ada Obi"
    assert [each["what"] for each in await tier.lineage()].count("feedback withheld") == 1

    tier.clock.move(timedelta(days=2).total_seconds())
    firm.enter(tier.system, "e1")
    tier.system.entries["e1"]["approval"] = {"status": "APPROVED", "approver": firm.MIA}
    tier.system.on_told = None
    await tier.see("e1")
    assert _told(tier)[-1] == ("e1", "POSTED")
    assert await tier.cases() == []


async def test_news_of_postings_end_in_no_loop_either(tier: Tier) -> None:
    def write_down(entry: dict[str, Any]) -> None:
        entry["narrative"] += " (posted)"

    firm.enter(tier.system, "e1")
    tier.system.entries["e1"]["approval"] = {"status": "APPROVED", "approver": firm.MIA}
    tier.system.approves = "entry"
    tier.system.on_told = write_down
    await tier.see("e1")

    assert await _until_quiet(tier) <= MOST_ROUNDS
    assert 1 <= len(_told(tier)) <= MOST_ROUNDS


async def test_a_tracker_that_takes_nothing_is_a_case_in_the_end(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    tier.system.feedback_fault = "one is missing"
    await tier.approve("e1")
    for _ in range(MAX_ATTEMPTS):
        tier.clock.move(timedelta(hours=2).total_seconds())
        await tier.worker.work(Stage.FEEDBACK, TRACKER)

    assert (await tier.status())["feedback"] == {"FAILED": 1}
    case = await tier.case()
    assert (case["code"], case["owner"]) == ("RC_STATUS_STALE", "integration.operator")
    assert "10 times" in case["sentence"]
