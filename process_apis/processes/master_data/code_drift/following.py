"""Which record came in the place of another. Pure: no I/O."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self
from uuid import UUID

from process_apis.processes.master_data.rules import Matched, normalised


@dataclass(frozen=True)
class Succession:
    """What a steward said of a record.

    :param into: the one record that takes its place; None where that depends on the task.
    :param by_task: by what entries call the task, normalised.
    """

    record_id: UUID
    from_date: date
    into: UUID | None = None
    by_task: Mapping[str, UUID] = field(default_factory=dict)


@dataclass(frozen=True)
class When:
    """What work it is asked for.

    :param task: all that the entry calls its task, normalised.
    :param correction: of a line that stands already. That goes to what there is now, whatever the
        day of work; the line itself is taken back where it stands.
    """

    day: date
    today: date
    task: Collection[str] = ()
    correction: bool = False

    @classmethod
    def of(
        cls, day: date, today: date, task: Mapping[str, Any] | None, *, correction: bool = False
    ) -> Self:
        """:param task: as the entry says it."""
        said = task or {}
        names = {normalised(said.get(name)) for name in ("external_id", "code", "name")}
        return cls(day, today, frozenset(filter(None, names)), correction)


def follow(
    successions: Mapping[UUID, Succession], record_id: UUID, when: When
) -> tuple[Matched, UUID | None]:
    """The record to post to, step by step; nothing is chosen where no rule is for the task."""
    current, seen = record_id, {record_id}
    while (said := successions.get(current)) is not None and _holds(said, when):
        into = said.into or _by_task(said, when)
        if into is None:
            return "several", None
        if into in seen:
            break
        seen.add(into)
        current = into
    return "one", current


def leads_back(successions: Mapping[UUID, Succession], record_id: UUID, into: UUID) -> bool:
    """Whether a record would, over any number of steps, come in its own place."""
    found, left = set(), [into]
    while left:
        each = left.pop()
        if each in found:
            continue
        found.add(each)
        said = successions.get(each)
        if said is not None:
            left += [said.into] if said.into else said.by_task.values()
    return record_id in found


def _holds(said: Succession, when: When) -> bool:
    return said.from_date <= (max(when.day, when.today) if when.correction else when.day)


def _by_task(said: Succession, when: When) -> UUID | None:
    found = {said.by_task[name] for name in when.task if name in said.by_task}
    return found.pop() if len(found) == 1 else None
