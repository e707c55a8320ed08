"""How fast one ERP may be called: how many at once, how many a second, and when not at all."""

import asyncio
import math

from shared.problems import TooManyRequests


class Pace:
    """Shared by everything that one connection does.

    :param concurrency: calls at a time.
    :param per_second: calls that may start within one second; None for as many as it takes.
    """

    def __init__(self, name: str, concurrency: int, per_second: float | None) -> None:
        self._name = name
        self._slots = asyncio.Semaphore(concurrency)
        self._interval = 1 / per_second if per_second else 0.0
        self._next = 0.0
        self._closed_until = 0.0

    async def __aenter__(self) -> None:
        """Wait for a slot and a turn.

        :raises TooManyRequests: the ERP asked for a pause that is not over.
        """
        await self._slots.acquire()
        try:
            await self._turn()
        except BaseException:
            self._slots.release()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._slots.release()

    def close_for(self, seconds: int) -> None:
        """No calls for so long: the ERP answered 429."""
        now = asyncio.get_running_loop().time()
        self._closed_until = max(self._closed_until, now + seconds)

    async def _turn(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._closed_until > now:
            raise TooManyRequests(
                f"{self._name} asked for a pause that is not over yet.",
                retry_after=math.ceil(self._closed_until - now),
            )
        if self._interval:
            turn = max(now, self._next)
            self._next = turn + self._interval
            await asyncio.sleep(turn - now)
