"""Spacing of calls, and pauses."""

import asyncio

import pytest

from shared.problems import TooManyRequests
from system_apis.connectors.clockify.rate_limit import RateLimit


async def test_calls_of_all_tasks_are_spaced() -> None:
    limit = RateLimit(per_second=100)
    loop = asyncio.get_running_loop()
    started: list[float] = []

    async def call() -> None:
        await limit.turn()
        started.append(loop.time())

    await asyncio.gather(*(call() for _ in range(6)))
    assert max(started) - min(started) >= 0.045


async def test_a_pause_refuses_and_ends() -> None:
    limit = RateLimit(per_second=1000)
    limit.close_for(1)
    with pytest.raises(TooManyRequests) as refusal:
        await limit.turn()
    assert refusal.value.retry_after == 1
    await asyncio.sleep(1.05)
    await limit.turn()
