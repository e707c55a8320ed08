"""Holds what stands in the ERP, and the cases, against what was entered. Pure.

Nothing here comes from Timepost but what is judged: the expectation is made from the plan and the
ids that the tracker gave, the lines are read from the ERP by other means than our connector.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from deploy.local.scenario.plan import Fate, PlannedEntry, PlannedWeek

REOPENABLE = "MD_PROJECT_CLOSED"


@dataclass(frozen=True, order=True)
class Line:
    """A line of the ERP's timesheets, by what people know it."""

    email: str
    date: date
    project: str
    task: str
    minutes: int

    def __str__(self) -> str:
        work = f"{self.project} / {self.task}" if self.task else self.project
        hours = f"{self.minutes // 60}:{self.minutes % 60:02} h"
        return f"{self.date} {self.email}, {work}, {hours}"


@dataclass(frozen=True, order=True)
class Case:
    """An exception case: the tracker's id of the entry, and the code."""

    entry_id: str
    code: str
    resolved: bool = False


@dataclass
class Expectation:
    """What must be true in the end, by the tracker's id of the entry.

    :param waiting: entries whose project is closed in the ERP until somebody reopens it.
    :param resolved: codes of cases that must have ended by themselves.
    """

    lines: dict[str, Line] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    resolved: dict[str, str] = field(default_factory=dict)
    known: dict[str, Line] = field(default_factory=dict)
    approved: int = 0

    def note(self, entry_id: str, week: PlannedWeek, entry: PlannedEntry) -> None:
        """Note an entry that the tracker has taken."""
        line = Line(
            email=week.person.email,
            date=entry.start.date(),
            project=entry.project.name,
            task=entry.task or "",
            minutes=entry.minutes,
        )
        case = REOPENABLE if entry.reopened else entry.case
        self.note_line(entry_id, line, approved=week.fate is Fate.APPROVED, case=case)
        if entry.reopened:
            self.waiting.add(entry_id)
        if entry.beside is not None and week.fate is Fate.APPROVED:
            self.cases[entry_id] = entry.beside

    def note_line(self, entry_id: str, line: Line, *, approved: bool, case: str | None) -> None:
        """Note what an entry must become."""
        self.known[entry_id] = line
        if not approved:
            return
        self.approved += 1
        if case is not None:
            self.cases[entry_id] = case
        else:
            self.lines[entry_id] = line

    def note_later(self, entry_id: str, minutes: int) -> None:
        """Note that a posted entry has other minutes now; none if it was deleted."""
        line = self.lines.pop(entry_id)
        if minutes:
            self.lines[entry_id] = replace(line, minutes=minutes)

    def note_reopened(self) -> None:
        """Note that what waited for a closed project has to be posted now."""
        for entry_id in self.waiting:
            self.resolved[entry_id] = self.cases.pop(entry_id)
            self.lines[entry_id] = self.known[entry_id]
        self.waiting.clear()

    @property
    def minutes(self) -> int:
        return sum(line.minutes for line in self.lines.values())

    def case_codes(self) -> Counter[str]:
        return Counter(self.cases.values())


@dataclass(frozen=True)
class Decisions:
    """How often something was decided in Timepost, in its own words: as it must be, as it is."""

    expected: Counter[str]
    found: Counter[str]

    def differences(self) -> list[str]:
        return [
            f"decided in Timepost {self.found[what]} times instead of {self.expected[what]}: {what}"
            for what in sorted(self.expected.keys() | self.found.keys())
            if self.expected[what] != self.found[what]
        ]


def all_of(expectations: Iterable[Expectation]) -> Expectation:
    """Of several trackers together."""
    together = Expectation()
    for each in expectations:
        together.lines |= each.lines
        together.cases |= each.cases
        together.known |= each.known
        together.waiting |= each.waiting
        together.resolved |= each.resolved
        together.approved += each.approved
    return together


def differences(expected: Expectation, lines: Iterable[Line], cases: Iterable[Case]) -> list[str]:
    """Everything that is not as it should be, one sentence each; empty if all is well."""
    return [*line_differences(expected, list(lines)), *case_differences(expected, list(cases))]


def mark_differences(trackers: Mapping[str, Expectation], marked: Mapping[str, int]) -> list[str]:
    """Where people are not told in their tracker what was posted."""
    return [
        f"{marked[name]} entries are marked as posted in {name} instead of {len(expected.lines)}"
        for name, expected in trackers.items()
        if marked[name] != len(expected.lines)
    ]


def line_differences(expected: Expectation, lines: list[Line]) -> list[str]:
    wanted, found = Counter(expected.lines.values()), Counter(lines)
    missing, extra = wanted - found, found - wanted
    told = [f"missing in the ERP ({missing[line]} x): {line}" for line in sorted(missing)]
    told += [
        f"{found[line]} times in the ERP instead of {wanted[line]}: {line}"
        if line in wanted
        else f"in the ERP, but nobody entered and approved it ({found[line]} x): {line}"
        for line in sorted(extra)
    ]
    minutes = sum(line.minutes for line in lines)
    if minutes != expected.minutes:
        told.append(f"{minutes} minutes stand in the ERP instead of {expected.minutes}")
    return told


def case_differences(expected: Expectation, cases: list[Case]) -> list[str]:
    wanted = Counter(Case(entry_id, code) for entry_id, code in expected.cases.items())
    wanted += Counter(Case(*each, resolved=True) for each in expected.resolved.items())
    found = Counter(cases)
    missing, extra = sorted(wanted - found), sorted(found - wanted)
    return [
        *(f"no {stands(case)} {case.code} for {described(expected, case)}" for case in missing),
        *(
            f"unexpected {stands(case)} {case.code} for {described(expected, case)}"
            for case in extra
        ),
    ]


def stands(case: Case) -> str:
    return "resolved case" if case.resolved else "open case"


def described(expected: Expectation, case: Case) -> str:
    """The case's entry in words, for a person who reads the difference."""
    unknown = f"an entry {case.entry_id} that nobody entered"
    return str(expected.known.get(case.entry_id, unknown))
