"""Sends deliveries with a fixed number in flight, and measures the bare ceiling likewise."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

from tests.benchmarks.entries import Delivery, Json
from tests.benchmarks.meters import Progress


@dataclass(frozen=True)
class Sent:
    """What came of the sending, by entry.

    :param started_at: when each was sent first (seconds since the epoch).
    :param ack_seconds: how long each acknowledged request took.
    :param retried: requests that were not acknowledged and were sent again.
    """

    started_at: dict[str, float]
    ack_seconds: list[float]
    retried: int


async def send_all(url: str, deliveries: Sequence[Delivery], in_flight: int) -> Sent:
    """Send each until it is acknowledged, as a tracker would."""
    started: dict[str, float] = {}
    acks: list[float] = []
    retried = 0
    progress = Progress("sent", len(deliveries))

    async def send(http: httpx2.AsyncClient, delivery: Delivery) -> None:
        nonlocal retried
        while True:
            began = time.perf_counter()
            started.setdefault(delivery.entry_id, time.time())
            answer = await http.post(url, content=delivery.body, headers=delivery.headers)
            if answer.status_code == 202:
                acks.append(time.perf_counter() - began)
                progress.at(len(acks))
                return
            if answer.status_code not in (429, 503):
                raise RuntimeError(f"a delivery was answered {answer.status_code}: {answer.text}")
            retried += 1
            await asyncio.sleep(0.2)

    await in_parallel(deliveries, in_flight, send)
    return Sent(started, acks, retried)


@dataclass(frozen=True)
class BareCall:
    """What a bare loop posts in one call, and how many lines that is."""

    document: Json
    lines: int = 1


async def bare(
    url: str, calls: Sequence[BareCall], in_flight: int, headers: Mapping[str, str] | None = None
) -> float:
    """Lines a second of a loop that does nothing but post them: the ceiling."""
    progress = Progress("bare ceiling", sum(call.lines for call in calls))
    done = 0

    async def post(http: httpx2.AsyncClient, call: BareCall) -> None:
        nonlocal done
        answer = await http.post(url, json=call.document, headers=headers)
        answer.raise_for_status()
        if b'"error"' in answer.content:  # JSON-RPC refuses with 200
            raise RuntimeError(f"a bare call was refused: {answer.text}")
        done += call.lines
        progress.at(done)

    began = time.perf_counter()
    await in_parallel(calls, in_flight, post)
    return done / (time.perf_counter() - began)


async def in_parallel(
    things: Sequence[Any], in_flight: int, act: Callable[[httpx2.AsyncClient, Any], Awaitable[None]]
) -> None:
    """Do ``act`` on each, ``in_flight`` at a time."""
    waiting = iter(things)

    async def work(http: httpx2.AsyncClient) -> None:
        for thing in waiting:
            await act(http, thing)

    limits = httpx2.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)
    async with (
        httpx2.AsyncClient(timeout=30, limits=limits) as http,
        asyncio.TaskGroup() as workers,
    ):
        for _ in range(in_flight):
            workers.create_task(work(http))
