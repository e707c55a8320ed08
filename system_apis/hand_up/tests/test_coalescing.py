"""Coalescing: how many requests leave, and what each waiter is told and when."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from shared.problems import NotReady, UpstreamRefused
from system_apis.capabilities.time_tracking.schemas import EventType
from system_apis.hand_up import BatchRefused, CloudEvent, HandUp, HandUpSettings

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def event(number: int) -> CloudEvent:
    return CloudEvent(f"e{number}", "/connections/c", EventType.APPROVAL_CHANGED, NOON)


class ProcessTierStandIn:
    """Commits when it is told to; refuses batches that hold a poisoned id."""

    def __init__(self, poisoned: Sequence[str] = ()) -> None:
        self.batches: list[list[str]] = []
        self.committed: set[str] = set()
        self.most_in_flight = 0
        self.gate = asyncio.Event()
        self._in_flight = 0
        self._poisoned = set(poisoned)

    async def commit(self, events: Sequence[CloudEvent]) -> None:
        ids = [each.id for each in events]
        self.batches.append(ids)
        self._in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self._in_flight)
        try:
            await self.gate.wait()
        finally:
            self._in_flight -= 1
        if self._poisoned & set(ids):
            raise BatchRefused(422)
        self.committed |= set(ids)


async def start(hand_up: HandUp, numbers: Sequence[int]) -> list["asyncio.Task[None]"]:
    tasks = [asyncio.create_task(hand_up.hand_up([event(number)])) for number in numbers]
    await asyncio.sleep(0.01)
    return tasks


async def test_what_comes_within_a_few_milliseconds_leaves_together() -> None:
    tier = ProcessTierStandIn()
    tier.gate.set()
    hand_up = HandUp(tier.commit, HandUpSettings(linger_seconds=0.2))

    first = await start(hand_up, [0])
    assert tier.batches == []
    second = await start(hand_up, [1])
    await asyncio.gather(*first, *second)

    assert tier.batches == [["e0", "e1"]]


async def test_a_full_batch_waits_for_nobody() -> None:
    tier = ProcessTierStandIn()
    hand_up = HandUp(tier.commit, HandUpSettings(batch_size=3, linger_seconds=1))

    tasks = await start(hand_up, range(3))
    assert tier.batches == [["e0", "e1", "e2"]]
    tier.gate.set()
    await asyncio.gather(*tasks)


async def test_a_busy_hand_up_coalesces() -> None:
    tier = ProcessTierStandIn()
    hand_up = HandUp(tier.commit, HandUpSettings(batch_size=200, in_flight=2))

    first = await start(hand_up, [0])
    assert tier.batches == [["e0"]]
    rest = await start(hand_up, range(1, 501))
    tier.gate.set()
    await asyncio.gather(*first, *rest)

    assert [len(batch) for batch in tier.batches] == [1, 200, 200, 100]
    assert tier.most_in_flight == 2
    assert tier.committed == {f"e{number}" for number in range(501)}


async def test_nobody_is_answered_before_the_commit() -> None:
    tier = ProcessTierStandIn()
    hand_up = HandUp(tier.commit, HandUpSettings(in_flight=1))

    tasks = await start(hand_up, range(10))
    assert not any(task.done() for task in tasks)
    tier.gate.set()
    await asyncio.gather(*tasks)

    assert len(tier.committed) == 10


async def test_one_refused_delivery_does_not_spoil_its_batch() -> None:
    tier = ProcessTierStandIn(poisoned=["e13"])
    hand_up = HandUp(tier.commit, HandUpSettings(in_flight=1))

    tasks = await start(hand_up, range(40))
    tier.gate.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)

    refused = [number for number, result in enumerate(results) if result is not None]
    assert refused == [13]
    assert isinstance(results[13], UpstreamRefused)
    assert len(tier.committed) == 39


async def test_a_delivery_larger_than_a_batch_is_answered_after_its_last_part() -> None:
    tier = ProcessTierStandIn()
    hand_up = HandUp(tier.commit, HandUpSettings(batch_size=3, in_flight=1))

    small = await start(hand_up, range(2))
    large = asyncio.create_task(hand_up.hand_up([event(number) for number in range(2, 9)]))
    tier.gate.set()
    await asyncio.gather(*small)
    await large

    assert [len(batch) for batch in tier.batches] == [2, 3, 3, 1]
    assert len(tier.committed) == 9


async def test_a_large_delivery_of_which_a_part_is_refused_is_not_accepted() -> None:
    tier = ProcessTierStandIn(poisoned=["e5"])
    tier.gate.set()
    hand_up = HandUp(tier.commit, HandUpSettings(batch_size=3))

    with pytest.raises(UpstreamRefused):
        await hand_up.hand_up([event(number) for number in range(9)])


async def test_an_outage_is_told_to_every_waiter_with_the_time_asked_for() -> None:
    async def unavailable(events: Sequence[CloudEvent]) -> None:
        await asyncio.sleep(0)
        raise NotReady("The process tier answers HTTP 503 to events.", retry_after=17)

    hand_up = HandUp(unavailable, HandUpSettings())

    tasks = await start(hand_up, range(20))
    results = await asyncio.gather(*tasks, return_exceptions=True)

    assert all(isinstance(result, NotReady) for result in results)
    assert {result.retry_after for result in results if isinstance(result, NotReady)} == {17}
    assert len({id(result) for result in results}) == 20


async def test_a_defect_while_sending_becomes_a_retry_and_leaks_no_text() -> None:
    async def broken(events: Sequence[CloudEvent]) -> None:
        raise ValueError("text of an entry")

    with pytest.raises(NotReady) as caught:
        await HandUp(broken, HandUpSettings()).hand_up([event(1)])

    assert "text of an entry" not in caught.value.detail


async def test_more_than_can_wait_is_turned_away_at_once() -> None:
    tier = ProcessTierStandIn()
    hand_up = HandUp(tier.commit, HandUpSettings(in_flight=1, waiting_limit=5))

    on_its_way = await start(hand_up, [0])
    waiting = await start(hand_up, range(1, 6))
    with pytest.raises(NotReady):
        await hand_up.hand_up([event(6)])
    tier.gate.set()
    await asyncio.gather(*on_its_way, *waiting)

    await hand_up.hand_up([event(7)])
    assert tier.committed == {f"e{number}" for number in [*range(6), 7]}


async def test_a_tracker_that_hangs_up_does_not_lose_what_it_delivered() -> None:
    tier = ProcessTierStandIn()
    hand_up = HandUp(tier.commit, HandUpSettings(in_flight=1))

    tasks = await start(hand_up, range(3))
    tasks[0].cancel()
    tasks[2].cancel()
    tier.gate.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)

    assert results[1] is None
    assert tier.committed == {"e0", "e1", "e2"}


async def test_closing_finishes_what_was_taken_and_takes_nothing_more() -> None:
    tier = ProcessTierStandIn()
    hand_up = HandUp(tier.commit, HandUpSettings(in_flight=1))
    tasks = await start(hand_up, range(3))

    closing = asyncio.create_task(hand_up.close())
    await asyncio.sleep(0.01)
    assert not closing.done()
    with pytest.raises(NotReady, match="stopping"):
        await hand_up.hand_up([event(9)])
    tier.gate.set()
    await closing

    assert all(task.done() for task in tasks)
    assert tier.committed == {"e0", "e1", "e2"}
    await asyncio.gather(*tasks)
