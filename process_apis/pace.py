"""Lets busy stages work in larger batches.

A stage that has rested begins at once. While hints pour in, it begins at most once in every gap,
and does together what has come meanwhile: the statements of a batch cost the same for one entry
as for a hundred.
"""

import asyncio


class Pace:
    """Turns of the stages of one worker.

    :param gap: seconds from one beginning of a stage to its next.
    """

    def __init__(self, gap: float) -> None:
        self._gap = gap
        self._next: dict[tuple[str, str], float] = {}
        self._waiting: set[tuple[str, str]] = set()

    async def turn(self, stage: str, connection: str) -> bool:
        """Wait for the turn of a stage; false if another call waits for it already.

        That other one begins later than this call came, so it sees all that this one would.
        """
        key = (stage, connection)
        if key in self._waiting:
            return False
        loop = asyncio.get_running_loop()
        rest = self._next.get(key, 0.0) - loop.time()
        if rest > 0:
            self._waiting.add(key)
            try:
                await asyncio.sleep(rest)
            finally:
                self._waiting.discard(key)
        self._next[key] = loop.time() + self._gap
        return True
