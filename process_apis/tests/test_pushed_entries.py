"""Whole entries that a tracker pushes: nothing is read again, `modified_at` tells the order."""

from datetime import timedelta
from typing import Any

import pytest

from process_apis.doorbell import Stage
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.system_stand_in import TRACKER

Json = dict[str, Any]
APPROVED: Json = {"status": "APPROVED", "approver": firm.MIA, "decided_at": "2026-06-08T09:00:00Z"}
OPEN: Json = {"status": "OPEN"}


def pushed(
    tier: Tier,
    minutes: int,
    at: int | None = None,
    approval: Json = APPROVED,
    revision: int | None = None,
) -> Json:
    """An entry as a delivery holds it.

    :param at: the minute in which the tracker says that it changed, counted from a moment ago.
    """
    firm.enter(tier.system, "e1", minutes=minutes)
    entry = tier.system.entries.pop("e1")
    since = tier.clock.now() - timedelta(hours=1)
    modified_at = None if at is None else (since + timedelta(minutes=at)).isoformat()
    return entry | {"approval": approval, "modified_at": modified_at, "revision": revision}


async def push(tier: Tier, delivery: str, *entries: Json | None, final: bool = True) -> Json:
    """One delivery; None deletes.

    :param final: the tracker cannot be read.
    """
    events = [
        {
            "specversion": "1.0",
            "id": f"{delivery}#{place}",
            "deliveryid": f"{delivery}#{place}",
            "source": f"/connections/{TRACKER}",
            "type": "timepost.time_entry.changed.v1",
            "subject": "e1",
            "data": {
                "change": "CHANGED" if entry else "DELETED",
                "entry": entry,
                "final": final,
            },
        }
        for place, entry in enumerate(entries)
    ]
    answer = await tier.call("POST", "/v1/events", json=events)
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


async def entry_of(tier: Tier) -> Json:
    listed = await tier.call("GET", "/v1/time-entries", params={"external_id": "e1"})
    (entry,) = listed.json()["entries"]
    return dict(entry)


async def counted(tier: Tier, reason: str) -> int:
    counters = (await tier.status())["counters"].get(TRACKER, {})
    return int(counters.get(reason, 0))


async def test_an_approval_inside_an_entry_posts_it_and_nothing_is_read(tier: Tier) -> None:
    await push(tier, "d1", pushed(tier, 480, at=0))
    tier.system.calls.clear()

    await tier.settle()

    assert [line["minutes"] for line in tier.system.lines] == [480]
    assert not [call for call in tier.system.calls if call.endswith("/lookup")]


@pytest.mark.parametrize("modified", [True, False])
async def test_several_versions_in_one_delivery_end_with_the_last(
    tier: Tier, modified: bool
) -> None:
    versions = [pushed(tier, 10 * n, at=n if modified else None) for n in range(1, 13)]

    await push(tier, "d1", *versions)
    await tier.settle()

    entry = await entry_of(tier)
    assert (entry["version"], entry["minutes"], entry["approved_version"]) == (12, 120, 12)
    assert [line["minutes"] for line in tier.system.lines] == [120]


async def test_what_was_overtaken_changes_nothing(tier: Tier) -> None:
    await push(tier, "d2", pushed(tier, 300, at=2))
    await tier.settle()
    await push(tier, "d1", pushed(tier, 240, at=1, approval=OPEN))
    await tier.settle()

    entry = await entry_of(tier)
    assert (entry["state"], entry["version"], entry["minutes"]) == ("APPROVED", 1, 300)
    assert await counted(tier, "stale") == 1
    assert [line["minutes"] for line in tier.system.lines] == [300]


async def test_a_version_overtaken_in_one_batch_changes_nothing(tier: Tier) -> None:
    await push(tier, "d1", pushed(tier, 300, at=2), pushed(tier, 240, at=1, approval=OPEN))
    await tier.settle()

    assert (await entry_of(tier))["minutes"] == 300
    assert [line["minutes"] for line in tier.system.lines] == [300]


async def test_the_same_again_changes_nothing(tier: Tier) -> None:
    await push(tier, "d1", pushed(tier, 300, at=1))
    await tier.settle()

    tier.clock.move(timedelta(hours=1).total_seconds())  # later than any echo of our feedback
    again = await push(tier, "d1", pushed(tier, 300, at=1))
    await push(tier, "d2", pushed(tier, 300, at=1))
    await tier.settle()

    assert again == {"accepted": 0, "duplicates": 1}
    assert (await entry_of(tier))["version"] == 1
    assert await counted(tier, "unchanged") == 1
    assert len(tier.system.lines) == 1


async def test_a_withdrawn_approval_reopens_the_entry(tier: Tier) -> None:
    await push(tier, "d1", pushed(tier, 300, at=1))
    await push(tier, "d2", pushed(tier, 300, at=2, approval=OPEN))
    await tier.settle()

    assert (await entry_of(tier))["state"] in {"DRAFT", "REOPENED"}
    assert tier.system.lines == []


async def test_hours_that_some_have_agreed_to_wait_for_the_others(tier: Tier) -> None:
    partly = APPROVED | {"status": "PARTIALLY_APPROVED"}
    await push(tier, "d1", pushed(tier, 300, at=1, approval=partly))
    await tier.settle()
    assert (await entry_of(tier))["state"] == "PARTIALLY_APPROVED"
    assert tier.system.lines == []

    await push(tier, "d2", pushed(tier, 300, at=2))
    await tier.settle()
    assert [line["minutes"] for line in tier.system.lines] == [300]


async def test_a_deletion_is_final(tier: Tier) -> None:
    await push(tier, "d1", pushed(tier, 300, at=1, approval=OPEN))
    await tier.settle()

    await push(tier, "d2", None)
    tier.system.calls.clear()
    await tier.settle()

    assert (await entry_of(tier))["state"] == "DELETED"
    assert not [call for call in tier.system.calls if call.endswith("/lookup")]


async def test_an_entry_that_its_deletion_overtook_does_not_come_back(tier: Tier) -> None:
    await push(tier, "d2", None)
    await tier.settle()
    listed = await tier.call("GET", "/v1/time-entries", params={"external_id": "e1"})
    assert listed.json()["entries"] == []

    await push(tier, "d1", pushed(tier, 300, at=1))
    await tier.settle()
    assert tier.system.lines == []

    tier.clock.move(60)
    await push(tier, "d3", pushed(tier, 240))
    await tier.settle()
    assert [line["minutes"] for line in tier.system.lines] == [240]
    assert (await entry_of(tier))["version"] == 1


async def test_an_instant_in_the_future_makes_nothing_after_it_stale(tier: Tier) -> None:
    await push(tier, "d1", pushed(tier, 300, at=60 * 24 * 365))
    await tier.settle()
    tier.clock.move(1)

    await push(tier, "d2", pushed(tier, 240))
    await tier.worker.work(Stage.READ_ENTRIES, TRACKER)

    assert (await entry_of(tier))["minutes"] == 240


async def test_numbers_decide_in_whatever_order_versions_arrive(tier: Tier) -> None:
    await push(tier, "d3", pushed(tier, 300, at=0, revision=3))
    await push(tier, "d1", pushed(tier, 100, at=9, revision=1))
    await push(tier, "d2", pushed(tier, 200, at=9, revision=2))
    await tier.settle()

    entry = await entry_of(tier)
    assert (entry["version"], entry["minutes"]) == (1, 300)
    assert await counted(tier, "stale") == 2
    assert [line["minutes"] for line in tier.system.lines] == [300]


async def test_a_number_that_comes_again_with_other_content_is_refused_aloud(tier: Tier) -> None:
    await push(tier, "d1", pushed(tier, 100, at=0, revision=1))
    await push(tier, "d2", pushed(tier, 200, at=1, revision=1))
    await tier.settle()

    assert (await entry_of(tier))["minutes"] == 100
    assert await counted(tier, "refused") == 1
    refused = "refused: revision 1 came again and says something else"
    assert [each["what"] for each in await tier.lineage()].count(refused) == 1


async def test_a_gap_in_what_is_pushed_and_cannot_be_read_asks_nobody(tier: Tier) -> None:
    """What arrived is whole; that something did not arrive is on record."""
    await push(tier, "d1", pushed(tier, 100, at=0, revision=1, approval=OPEN))
    await push(tier, "d4", pushed(tier, 400, at=1, revision=4))
    tier.system.calls.clear()
    await tier.settle()

    assert await counted(tier, "gap") == 1
    assert "revisions 2 to 3 were not seen" in [each["what"] for each in await tier.lineage()]
    assert not [call for call in tier.system.calls if call.endswith("/lookup")]
    assert [line["minutes"] for line in tier.system.lines] == [400]


async def test_a_gap_in_what_is_pushed_and_can_be_read_has_it_read_again(tier: Tier) -> None:
    await push(tier, "d1", pushed(tier, 100, at=0, revision=1, approval=OPEN), final=False)
    await tier.settle()
    await push(tier, "d4", pushed(tier, 400, at=1, revision=4), final=False)
    firm.enter(tier.system, "e1", minutes=500)
    tier.system.entries["e1"] |= {"revision": 5, "approval": OPEN}
    tier.system.read_again.clear()

    await tier.settle()
    await tier.settle()

    assert await counted(tier, "gap") == 1
    assert tier.system.read_again == ["e1"]
    assert (await entry_of(tier))["minutes"] == 500
