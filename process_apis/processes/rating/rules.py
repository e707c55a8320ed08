"""Which rate holds for an hour of work, and why. Pure: no I/O.

Levels are tried in their order, and the first at which a line holds on the day of work decides.
Asked again, it says the same again: a multiplier is applied to the card's rate, never to a rate
that has one already.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID


class Side(StrEnum):
    """What clients are billed, or what work costs; the two never mix."""

    BILL = "BILL"
    COST = "COST"


class Unit(StrEnum):
    """What an amount is for."""

    HOUR = "hour"
    DAY = "day"


class Level(StrEnum):
    """Who or what a rate is for, by what its line names."""

    ENTRY_OVERRIDE = "entry override"
    PROJECT_TASK_WORKER = "project, task and worker"
    PROJECT_WORKER = "project and worker"
    PROJECT_TASK_ROLE = "project, task and role"
    PROJECT_ROLE = "project and role"
    ENGAGEMENT_WORKER = "engagement and worker"
    ENGAGEMENT_ROLE = "engagement and role"
    CLIENT_WORKER = "client and worker"
    CLIENT_ROLE_GRADE = "client, role and grade"
    CLIENT_ROLE = "client and role"
    PRACTICE_ROLE = "practice and role"
    LEGAL_ENTITY_ROLE = "legal entity and role"
    GLOBAL_ROLE = "role"


# In the order in which they are tried; before all of them comes what was approved for the entry.
NAMED_BY: Mapping[Level, tuple[str, ...]] = {
    Level.PROJECT_TASK_WORKER: ("project", "task", "worker"),
    Level.PROJECT_WORKER: ("project", "worker"),
    Level.PROJECT_TASK_ROLE: ("project", "task", "role"),
    Level.PROJECT_ROLE: ("project", "role"),
    Level.ENGAGEMENT_WORKER: ("engagement", "worker"),
    Level.ENGAGEMENT_ROLE: ("engagement", "role"),
    Level.CLIENT_WORKER: ("client", "worker"),
    Level.CLIENT_ROLE_GRADE: ("client", "role", "grade"),
    Level.CLIENT_ROLE: ("client", "role"),
    Level.PRACTICE_ROLE: ("practice", "role"),
    Level.LEGAL_ENTITY_ROLE: ("legal_entity", "role"),
    Level.GLOBAL_ROLE: ("role",),
}
_LEVEL_OF = {frozenset(names): level for level, names in NAMED_BY.items()}
NUMBER = {level: number for number, level in enumerate((Level.ENTRY_OVERRIDE, *NAMED_BY), 1)}


def level_of(names: Mapping[str, str]) -> Level | None:
    """The level of a line that names these; None if no level is named by just them."""
    return _LEVEL_OF.get(frozenset(names))


@dataclass(frozen=True)
class RateLine:
    """One line of a published card.

    :param names: whom or what it is for, such as project and worker.
    :param amount: for one unit; nought is a rate like any other ("no charge").
    :param valid_to: inclusive; None while it lasts.
    :param multipliers: by time type, such as overtime, of the whole card.
    """

    card_id: UUID
    card: str
    version: int
    row: int
    names: Mapping[str, str]
    amount: Decimal
    currency: str
    unit: Unit
    valid_from: date
    valid_to: date | None = None
    multipliers: Mapping[str, Decimal] = field(default_factory=dict)

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day <= (self.valid_to or day)

    def is_for(self, facts: Mapping[str, str]) -> bool:
        return all(facts.get(name) == value for name, value in self.names.items())


@dataclass(frozen=True)
class RateQuestion:
    """What a rate is asked for.

    :param facts: what is known of the work: worker, role, grade, task, project, engagement,
        client, practice, legal_entity.
    :param currency: only lines in it; None for any.
    :param override: an amount for an hour that was approved for this very entry, and its currency.
    """

    work_date: date
    facts: Mapping[str, str]
    time_type: str | None = None
    currency: str | None = None
    override: tuple[Decimal, str] | None = None


@dataclass(frozen=True)
class Rated:
    """The rate that holds.

    :param line: where it comes from; None for an override.
    :param multiplier: that was applied, with its time type.
    """

    level: Level
    base: Decimal
    effective: Decimal
    currency: str
    unit: Unit
    line: RateLine | None
    multiplier: tuple[str, Decimal] | None
    explanation: str


@dataclass(frozen=True)
class Missing:
    """No line holds: never to be taken for nought."""

    explanation: str


@dataclass(frozen=True)
class Ambiguous:
    """Several lines of one level hold; choosing would be guessing."""

    level: Level
    lines: tuple[RateLine, ...]
    explanation: str


def rate(question: RateQuestion, lines: Sequence[RateLine]) -> Rated | Missing | Ambiguous:
    """The one rate that holds, from lines of one side."""
    if question.override is not None:
        amount, currency = question.override
        words = f"rule 1: {amount} {currency} an hour was approved for this entry"
        return Rated(Level.ENTRY_OVERRIDE, amount, amount, currency, Unit.HOUR, None, None, words)
    for level in NAMED_BY:
        hits = [each for each in lines if _is_hit(each, level, question)]
        if len(hits) > 1:
            those = ", ".join(f"{each.card} version {each.version} row {each.row}" for each in hits)
            words = f"rule {NUMBER[level]} ({level}) holds several times: {those}"
            return Ambiguous(level, tuple(hits), words)
        if hits:
            return _rated(level, hits[0], question)
    tried = f"none of {len(NAMED_BY)} rules holds on {question.work_date.isoformat()}"
    return Missing(tried)


def _is_hit(line: RateLine, level: Level, question: RateQuestion) -> bool:
    return (
        level_of(line.names) is level
        and line.holds_on(question.work_date)
        and line.is_for(question.facts)
        and question.currency in (None, line.currency)
    )


def _rated(level: Level, line: RateLine, question: RateQuestion) -> Rated:
    factor = line.multipliers.get(question.time_type) if question.time_type else None
    effective = line.amount if factor is None else line.amount * factor
    what = ", ".join(f"{name.replace('_', ' ')} {line.names[name]}" for name in NAMED_BY[level])
    until = f"to {line.valid_to.isoformat()}" if line.valid_to else "on"
    words = (
        f"rule {NUMBER[level]}: {what}, valid from {line.valid_from.isoformat()} {until}: "
        f"{line.amount} {line.currency} {'an hour' if line.unit is Unit.HOUR else 'a day'} "
        f"({line.card} version {line.version} row {line.row})"
    )
    multiplier = None
    if factor is not None and question.time_type:
        multiplier = (question.time_type, factor)
        words += f", times {factor} for {question.time_type}"
    return Rated(level, line.amount, effective, line.currency, line.unit, line, multiplier, words)
