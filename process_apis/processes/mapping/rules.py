"""Which rule maps an entry, and what it gives. Pure: no I/O.

Of the rules that hold on the day of work and whose conditions the entry meets, those with the most
conditions decide. If they give different things, nothing is chosen.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import product
from typing import Any

from process_apis.processes.master_data.rules import normalised


class Condition(StrEnum):
    """What of an entry a rule may ask for."""

    PROJECT = "project"
    TASK = "task"
    TAG = "tag"
    ACTIVITY = "activity"


class Given(StrEnum):
    """What a rule may give."""

    TARGET_TASK = "target_task"
    BILLING_CODE = "billing_code"
    ACTIVITY = "activity"


# By condition, all that an entry may be called there, normalised.
Facts = Mapping[Condition, frozenset[str]]


@dataclass(frozen=True)
class Rule:
    """One rule of a version.

    :param row: from 1.
    :param conditions: what it asks for; of what it leaves out, anything will do.
    :param target_task: the ERP's id of a task, which decides the project, too.
    :param valid_to: inclusive; None while it lasts.
    """

    row: int
    conditions: Mapping[Condition, str]
    target_task: str | None = None
    billing_code: str | None = None
    activity: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        return (self.valid_from or day) <= day <= (self.valid_to or day)

    @property
    def given(self) -> dict[Given, str]:
        """What it gives."""
        found = {each: getattr(self, each) for each in Given}
        return {name: value for name, value in found.items() if value is not None}

    @property
    def asked(self) -> frozenset[tuple[Condition, str | None]]:
        """Its conditions as they are compared."""
        return frozenset((name, normalised(value)) for name, value in self.conditions.items())


@dataclass(frozen=True)
class Hit:
    """The rule that decides."""

    rule: Rule


@dataclass(frozen=True)
class NoRule:
    """None holds for the entry."""


@dataclass(frozen=True)
class Several:
    """Rules that are equally specific and give different things, by row."""

    rules: tuple[Rule, ...]


Outcome = Hit | NoRule | Several


def facts_of(content: Mapping[str, Any]) -> Facts:
    """What of an entry's content rules may ask for: ids, codes and names alike."""
    return {
        Condition.PROJECT: _called(content.get("project")),
        Condition.TASK: _called(content.get("task")),
        Condition.TAG: _normalised(content.get("tags") or ()),
        Condition.ACTIVITY: _normalised((content.get("activity"),)),
    }


def _called(said: Mapping[str, Any] | None) -> frozenset[str]:
    said = said or {}
    return _normalised(said.get(name) for name in ("external_id", "code", "name"))


def _normalised(values: Any) -> frozenset[str]:
    return frozenset(key for value in values if (key := normalised(value)))


class Rules:
    """The rules of one version, found by what they ask for: a look takes no longer for more."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._by_size: dict[int, dict[tuple[Condition, ...], dict[tuple[str, ...], list[Rule]]]]
        self._by_size = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
        for rule in rules:
            names = tuple(sorted(rule.conditions))
            values = tuple(normalised(rule.conditions[name]) or "" for name in names)
            self._by_size[len(names)][names][values].append(rule)

    def outcome(self, facts: Facts, day: date) -> Outcome:
        """The rule that decides on a day of work."""
        for size in sorted(self._by_size, reverse=True):
            hits = sorted(self._hits(size, facts, day), key=lambda each: each.row)
            if not hits:
                continue
            if any(each.given != hits[0].given for each in hits):
                return Several(tuple(hits))
            return Hit(hits[0])
        return NoRule()

    def _hits(self, size: int, facts: Facts, day: date) -> Iterator[Rule]:
        for names, known in self._by_size[size].items():
            for values in product(*(facts[name] for name in names)):
                yield from (rule for rule in known.get(values, ()) if rule.holds_on(day))
