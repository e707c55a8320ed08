"""What is wrong with the rules of a version, by row. Pure: no I/O."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from itertools import pairwise

from process_apis.processes.mapping.rules import Given, Rule
from process_apis.rows import Fault


def faults(
    rules: Sequence[Rule], requires: Collection[Given], tasks: Collection[str]
) -> list[Fault]:
    """What keeps a version from being kept or published.

    :param requires: what each rule has to give.
    :param tasks: those that the ERP knows, of all that the rules name.
    """
    found = [fault for rule in rules for fault in _of_one(rule, requires, tasks)]
    alike: dict[object, list[Rule]] = defaultdict(list)
    for rule in rules:
        alike[rule.asked].append(rule)
    found += [fault for group in alike.values() for fault in _overlaps(group)]
    return sorted(found, key=lambda fault: fault.row)


def _of_one(rule: Rule, requires: Collection[Given], tasks: Collection[str]) -> Iterator[Fault]:
    if rule.valid_from and rule.valid_to and rule.valid_to < rule.valid_from:
        yield Fault(rule.row, "valid_to", "is before valid_from")
    if not rule.given:
        yield Fault(rule.row, "target_task", "the rule gives nothing")
    for name in requires:
        if name not in rule.given:
            yield Fault(rule.row, name, "is missing, and every rule has to give it")
    if rule.target_task is not None and rule.target_task not in tasks:
        yield Fault(rule.row, "target_task", f"the ERP knows no task {rule.target_task}")


def _overlaps(group: Sequence[Rule]) -> Iterator[Fault]:
    """Of rules that ask for the same."""
    ordered = sorted(group, key=lambda rule: (rule.valid_from or date.min, rule.row))
    for before, after in pairwise(ordered):
        if (before.valid_to or date.max) >= (after.valid_from or date.min):
            yield Fault(after.row, "valid_from", f"overlaps with row {before.row}")
