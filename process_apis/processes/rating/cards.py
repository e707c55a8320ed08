"""What is wrong with the lines of a card. Pure: no I/O."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from process_apis.processes.rating.rules import Unit, level_of
from process_apis.rows import Fault


@dataclass(frozen=True)
class DraftLine:
    """A line as it was entered.

    :param row: from 1.
    :param gap_allowed: that nothing holds until the next line of the same kind is meant so.
    """

    row: int
    names: Mapping[str, str]
    amount: Decimal
    unit: Unit
    valid_from: date
    valid_to: date | None
    gap_allowed: bool = False


def faults(lines: Sequence[DraftLine]) -> list[Fault]:
    """Of each line by itself."""
    return [fault for line in lines for fault in _of_one(line)]


def _of_one(line: DraftLine) -> Iterator[Fault]:
    if line.amount < 0:
        yield Fault(line.row, "amount", "is below nought")
    if line.valid_to is not None and line.valid_to < line.valid_from:
        yield Fault(line.row, "valid_to", "is before valid_from")
    if level_of(line.names) is None:
        named = ", ".join(sorted(line.names)) or "nothing"
        yield Fault(line.row, "names", f"no rule is named by {named}")


def unfit(lines: Sequence[DraftLine]) -> list[Fault]:
    """What keeps a card from being published: lines for the same that overlap, or leave a gap."""
    alike: dict[frozenset[tuple[str, str]], list[DraftLine]] = defaultdict(list)
    for line in lines:
        alike[frozenset(line.names.items())].append(line)
    found = [fault for group in alike.values() for fault in _between(group)]
    return sorted(found, key=lambda fault: fault.row)


def _between(group: Sequence[DraftLine]) -> Iterator[Fault]:
    ordered = sorted(group, key=lambda line: (line.valid_from, line.row))
    for before, after in pairwise(ordered):
        if before.valid_to is None or before.valid_to >= after.valid_from:
            yield Fault(after.row, "valid_from", f"overlaps with row {before.row}")
        elif after.valid_from - before.valid_to > timedelta(days=1) and not before.gap_allowed:
            first = before.valid_to + timedelta(days=1)
            last = after.valid_from - timedelta(days=1)
            yield Fault(
                after.row,
                "valid_from",
                f"leaves a gap after row {before.row}: nothing holds from {first} to {last}",
            )
