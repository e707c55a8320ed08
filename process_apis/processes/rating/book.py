"""The published lines that may hold for a batch of work, read at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Self

from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.rating import rules, store
from process_apis.processes.rating.rules import (
    NAMED_BY,
    Ambiguous,
    Missing,
    Rated,
    RateLine,
    RateQuestion,
    Side,
)


class RateBook:
    """Answers questions about the facts and days that it was opened for."""

    def __init__(self, lines: Iterable[RateLine]) -> None:
        self._lines: dict[frozenset[tuple[str, str]], list[RateLine]] = defaultdict(list)
        for line in lines:
            self._lines[frozenset(line.names.items())].append(line)

    @classmethod
    async def open(
        cls,
        transaction: AsyncConnection,
        side: Side,
        asked: Iterable[tuple[date, Mapping[str, str]]],
    ) -> Self:
        """For these days of work, with what is known of each."""
        days, wanted = set(), set()
        for day, facts in asked:
            days.add(day)
            wanted |= set(_names(facts))
        if not wanted:
            return cls(())
        names = [dict(each) for each in wanted]
        return cls(await store.holding(transaction, side, min(days), max(days), names))

    def rate(self, question: RateQuestion) -> Rated | Missing | Ambiguous:
        """The one rate that holds; see `rules.rate`."""
        lines = [each for names in _names(question.facts) for each in self._lines.get(names, ())]
        return rules.rate(question, lines)


def _names(facts: Mapping[str, str]) -> list[frozenset[tuple[str, str]]]:
    """What a line may name to be for these facts: one for each level of which all is known."""
    return [
        frozenset((name, facts[name]) for name in names)
        for names in NAMED_BY.values()
        if all(name in facts for name in names)
    ]
