"""Takes a batch apart to find the one that nothing can be done with, so that it stops no other."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from uuid import UUID

import structlog
from sqlalchemy.exc import DataError

_log = structlog.get_logger("timepost.posting")

Outcome = TypeVar("Outcome")

# What a row that nobody expected makes of code that works for all others. Problems, lost
# connections and lost races are no property of a row, so they go on to the caller.
POISON = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, DataError)


async def apart(
    ids: Sequence[UUID],
    work: Callable[[Sequence[UUID]], Awaitable[list[Outcome]]],
    set_aside: Callable[[UUID], Awaitable[Outcome]],
) -> list[Outcome]:
    """Work on all at once; where that fails, on its halves, down to the one it fails for.

    :param work: all or nothing: it has a transaction of its own.
    :param set_aside: what is done instead with the one that it fails for.
    """
    try:
        return await work(ids)
    except POISON as error:
        if len(ids) == 1:
            # The error's own text quotes values, which are confidential.
            _log.error("unreadable", what=str(ids[0]), reason=type(error).__name__)
            return [await set_aside(ids[0])]
    middle = len(ids) // 2
    first = await apart(ids[:middle], work, set_aside)
    return [*first, *await apart(ids[middle:], work, set_aside)]
