"""Busy stages work in larger batches; a stage that has rested does not wait."""

import asyncio

from process_apis.pace import Pace


async def test_of_many_calls_while_a_stage_is_busy_one_waits_for_its_turn() -> None:
    pace = Pace(gap=0.05)
    assert await pace.turn("send", "erp")

    busy = [asyncio.create_task(pace.turn("send", "erp")) for _ in range(5)]

    assert sorted(await asyncio.gather(*busy)) == [False, False, False, False, True]


async def test_stages_and_connections_have_turns_of_their_own() -> None:
    pace = Pace(gap=60)

    assert await pace.turn("send", "erp-1")
    assert await pace.turn("send", "erp-2")
    assert await pace.turn("feedback", "erp-1")


async def test_a_turn_that_is_given_up_leaves_room_for_the_next() -> None:
    pace = Pace(gap=0.05)
    await pace.turn("send", "erp")
    waiting = asyncio.create_task(pace.turn("send", "erp"))
    await asyncio.sleep(0)

    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    assert await pace.turn("send", "erp")
