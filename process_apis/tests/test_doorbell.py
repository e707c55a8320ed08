"""Rings go out at once, together while many come, and none is lost."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from procrastinate.jobs import Status
from pydantic import SecretStr

from process_apis.doorbell import Doorbell, Stage


@pytest.fixture
async def bell(ledger_url: str) -> AsyncIterator[Doorbell]:
    doorbell = Doorbell(SecretStr(ledger_url), gap=0.3)
    await doorbell.open()
    yield doorbell
    await doorbell.close()


async def _taken(bell: Doorbell) -> int:
    """Take all calls off the queue, as a worker would."""
    taken, jobs = 0, bell.app.job_manager
    worker = await jobs.register_worker()
    while job := await jobs.fetch_job(None, worker):
        await jobs.finish_job(job, Status.SUCCEEDED, delete_job=True)
        taken += 1
    return taken


async def _calls(bell: Doorbell) -> int:
    for _ in range(100):
        if found := await _taken(bell):
            return found
        await asyncio.sleep(0.02)
    return 0


async def test_many_rings_in_a_gap_are_two_calls_and_the_last_is_not_lost(bell: Doorbell) -> None:
    bell.ring(Stage.SEND, "erp")
    assert await _calls(bell) == 1

    # The worker has taken the first call: what is rung for now, it may not see.
    for _ in range(50):
        bell.ring(Stage.SEND, "erp")

    assert await _calls(bell) == 1
    await asyncio.sleep(0.4)
    assert await _taken(bell) == 0


async def test_stages_do_not_wait_for_one_another(bell: Doorbell) -> None:
    bell.ring(Stage.SEND, "erp-1")
    bell.ring(Stage.SEND, "erp-2")
    bell.ring(Stage.VALIDATE)
    await asyncio.sleep(0.2)

    assert await _taken(bell) == 3


async def test_closing_lets_the_last_ring_out(ledger_url: str) -> None:
    doorbell = Doorbell(SecretStr(ledger_url), gap=0.3)
    await doorbell.open()
    doorbell.ring(Stage.SEND, "erp")
    await doorbell.close()

    again = Doorbell(SecretStr(ledger_url))
    await again.open()
    try:
        assert await _taken(again) == 1
    finally:
        await again.close()
