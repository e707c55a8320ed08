"""Sets the ERPs' own rows beside what was approved; asks Timepost only for what it still owes."""

from __future__ import annotations

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from deploy.local.connections_file import ERP
from tests.chaos.ground import Ground
from tests.chaos.tracker import Tracked
from tests.journeys.own_systems import OWN_ERP
from tests.journeys.people import Integrator

_TEXT = re.compile(r"chaos-[0-9a-f]{12}")
_MARKER = re.compile(r"\[tp:([^\]]+)\]")
UNFINISHED = ("SENDING", "IN_DOUBT")


@dataclass(frozen=True)
class Row:
    """A line as an ERP has it.

    :param text: of the entry that it is about.
    :param key: the posting key that the ERP kept.
    """

    erp: str
    text: str
    key: str
    minutes: int


@dataclass(frozen=True)
class Verdict:
    """What is wrong; nothing if all are zero.

    :param acked_lost: approved entries that were acknowledged and of which no line stands.
    :param posted_twice: lines beyond the first of a posting key.
    :param hours_difference: over all entries, and lines that no entry asked for.
    """

    acked_lost: int = 0
    posted_twice: int = 0
    hours_difference: float = 0.0
    in_doubt_left: int = 0
    cases_without_owner: int = 0

    @property
    def is_clean(self) -> bool:
        return not any(getattr(self, each.name) for each in fields(self))

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


async def judge(ground: Ground, operator: Integrator, entries: Iterable[Tracked]) -> Verdict:
    """What stands in both ERPs against what is approved now."""
    rows = await asyncio.to_thread(rows_of, ground)
    states = (await operator.status()).postings
    cases = await all_cases(operator)
    return Verdict(
        *_compare(rows, {each.text: each for each in entries}),
        in_doubt_left=sum(states.get(each, 0) for each in UNFINISHED),
        cases_without_owner=sum(not case.get("owner") for case in cases),
    )


def rows_of(ground: Ground) -> list[Row]:
    """The lines of both ERPs that are about entries of this run, or of nobody."""
    with ground.tryton.reader() as tryton:
        lines = tryton.lines()
    rows = []
    for line in lines:
        words = line.description or ""
        marked = _MARKER.search(words)
        key = marked[1] if marked else line.uuid or f"line {line.id}"
        rows.append(Row(ERP, _text_in(words), key, line.minutes))
    for each in list(ground.own.erp.lines):
        minutes = round(each["hours"] * 60)
        rows.append(Row(OWN_ERP, _text_in(each["text"]), each["reference"], minutes))
    return rows


async def all_cases(operator: Integrator) -> list[dict[str, Any]]:
    """Every open case as the API tells it."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = await operator.read("/v1/cases", open_only="true", limit="100", **cursor)
        found += page["cases"]
        if not page["next_cursor"]:
            return found
        cursor = {"cursor": page["next_cursor"]}


def told_of(rows: Sequence[Row], entries: Iterable[Tracked]) -> list[str]:
    """A line for each entry that does not stand as approved, for a person."""
    sums = _sums(rows)
    return [
        f"{each.text} ({each.document['external_id']}) in {each.erp}: approved {each.wanted} min, "
        f"stands {sums[each.text]} min in {sum(row.text == each.text for row in rows)} lines"
        for each in entries
        if sums[each.text] != each.wanted
    ]


def _compare(rows: Sequence[Row], entries: dict[str, Tracked]) -> tuple[int, int, float]:
    sums = _sums(rows)
    lost = sum(each.wanted > 0 and each.text not in sums for each in entries.values())
    wanted = {text: each.wanted for text, each in entries.items()}
    difference = sum(abs(sums.get(text, 0) - wanted.get(text, 0)) for text in {*sums, *wanted})
    keys = Counter((row.erp, row.key) for row in rows)
    twice = sum(count - 1 for count in keys.values())
    return lost, twice, round(difference / 60, 4)


def _sums(rows: Sequence[Row]) -> defaultdict[str, int]:
    sums: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        sums[row.text] += row.minutes
    return sums


def _text_in(words: str) -> str:
    found = _TEXT.search(words)
    return found[0] if found else words
