"""Asks the ERP for many at once, and finds the one whose answer fails, so that it keeps no other
waiting."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from process_apis.upstream.system_tier import CONTRACT_BROKEN, RequestRefused
from shared.http_client import NotSent
from shared.problems import TimepostProblem, UpstreamRefused, UpstreamUnavailable

Item = TypeVar("Item")
Found = TypeVar("Found")
Ask = Callable[[Sequence[Item]], Awaitable[list[Found]]]
Fail = Callable[[Item, TimepostProblem], Found]


async def isolated(
    items: Sequence[Item], ask: Ask[Item, Found], fail: Fail[Item, Found]
) -> list[Found]:
    """Ask for all at once; where that fails because of some, for those alone.

    :param ask: one call; changes nothing on the other side.
    :param fail: what is found out about one for which the call fails, although it works for others
        or the problem names the request.
    :raises TimepostProblem: nothing is answered, which says nothing about any of them.
    """
    try:
        return await ask(items)
    except TimepostProblem as problem:
        if not _may_be_of_one(problem):
            raise
        if len(items) == 1:
            if _is_of_the_request(problem):
                return [fail(items[0], problem)]
            raise
        if not _is_of_the_request(problem) and not await _answers_for_any(items, ask):
            raise
    return await _halves(items, ask, fail)


async def _halves(
    items: Sequence[Item], ask: Ask[Item, Found], fail: Fail[Item, Found]
) -> list[Found]:
    middle = len(items) // 2
    first = await _halved(items[:middle], ask, fail)
    return [*first, *await _halved(items[middle:], ask, fail)]


async def _halved(
    items: Sequence[Item], ask: Ask[Item, Found], fail: Fail[Item, Found]
) -> list[Found]:
    try:
        return await ask(items)
    except TimepostProblem as problem:
        if not _may_be_of_one(problem):
            raise
        if len(items) == 1:
            return [fail(items[0], problem)]
    return await _halves(items, ask, fail)


async def _answers_for_any(items: Sequence[Item], ask: Ask[Item, Found]) -> bool:
    """Whether the first or the last alone is answered: in an outage two more calls are enough."""
    for one in (items[:1], items[-1:]):
        try:
            await ask(one)
        except TimepostProblem as problem:
            if not _is_of_the_request(problem):
                continue
        return True
    return False


def _is_of_the_request(problem: TimepostProblem) -> bool:
    """It names what was asked for, so that nothing else can be the reason."""
    return isinstance(problem, RequestRefused) or problem.code == CONTRACT_BROKEN


def _may_be_of_one(problem: TimepostProblem) -> bool:
    """Something was answered. Waiting in vain again for each half would help nobody."""
    if isinstance(problem, UpstreamUnavailable):
        return not isinstance(problem, NotSent)
    return isinstance(problem, UpstreamRefused) and _is_of_the_request(problem)
