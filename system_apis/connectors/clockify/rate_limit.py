"""Stay below the vendor's limit, and stop at once when it says that we did not."""

import asyncio
import math

from shared.problems import TooManyRequests


class RateLimit:
    """Spaces calls evenly over all tasks of one connection.

    :param per_second: calls that may start within one second.
    """

    def __init__(self, per_second: float) -> None:
        self._interval = 1 / per_second
        self._next = 0.0
        self._closed_until = 0.0

    async def turn(self) -> None:
        """Wait for our turn.

        :raises TooManyRequests: the vendor asked for a pause that is not over.
        """
        now = asyncio.get_running_loop().time()
        if self._closed_until > now:
            raise TooManyRequests(
                "Clockify asked for a pause that is not over yet.",
                retry_after=math.ceil(self._closed_until - now),
            )
        turn = max(now, self._next)
        self._next = turn + self._interval
        await asyncio.sleep(turn - now)

    def close_for(self, seconds: int) -> None:
        """No calls for so long: the vendor answered 429."""
        now = asyncio.get_running_loop().time()
        self._closed_until = max(self._closed_until, now + seconds)
