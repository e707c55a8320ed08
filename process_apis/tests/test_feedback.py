"""The tracker is told what became of each entry, in order, whatever it answers."""

from datetime import timedelta

from process_apis.doorbell import Stage
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.system_stand_in import TRACKER


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
