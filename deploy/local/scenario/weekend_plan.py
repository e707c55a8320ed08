"""What three people track at weekends, in the tracker that has no approvals. Pure.

A handful of entries, the same ones every time. What ought to become of each stands beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import partial
from typing import Any

from deploy.local.scenario.firm import Firm, Person
from deploy.local.scenario.make_plan import FIRST_DAY
from deploy.local.scenario.verdict import Line

REFUSED = "Refused: "
SELF_APPROVAL = f"{REFUSED}self_approval"
POLICY = "policy internal-work"  # of `deploy/local/approvals.toml`, as the dashboard names it
REASON = "Which phase was this for?"
# Of `deploy/local/approvals.toml`: who decides, and who does while they are away.
MANAGER_ADDRESS = "ines.ferreira@haldenridge.example"
DELEGATE_ADDRESS = "petra.novak@haldenridge.example"

_NAMES = ("ada.lindqvist", "esra.demirtas", "ines.ferreira")
_SATURDAYS = [FIRST_DAY + timedelta(weeks=number, days=5) for number in range(4)]


class Fate(StrEnum):
    """Who decides on a weekend, and how."""

    BY_MANAGER = "approved by the manager"
    BY_CONTROLLER = "approved by a controller, because they are the manager's own hours"
    BY_DELEGATE = "approved by somebody who stands in for the manager"
    BY_POLICY = "approved by a policy"
    REJECTED = "rejected"
    NOT_SUBMITTED = "too long for the policy, and never submitted"

    @property
    def is_approval(self) -> bool:
        by = (Fate.BY_MANAGER, Fate.BY_CONTROLLER, Fate.BY_DELEGATE, Fate.BY_POLICY)
        return self in by

    @property
    def is_submitted(self) -> bool:
        return self in (Fate.BY_MANAGER, Fate.BY_CONTROLLER, Fate.BY_DELEGATE, Fate.REJECTED)


@dataclass(frozen=True)
class WeekendEntry:
    """One record.

    :param tag: what its person writes for the project and the task.
    :param project: as the ERP calls it, and `task` likewise; empty if nobody knows the tag.
    :param changed_to: minutes that it has after its person changed it, already submitted.
    :param deleted: its person deletes it, already submitted.
    :param case: code of the exception case that it must end as.
    """

    start: datetime
    minutes: int
    text: str
    tag: str
    project: str = ""
    task: str = ""
    changed_to: int | None = None
    deleted: bool = False
    case: str | None = None

    @property
    def final_minutes(self) -> int:
        return self.changed_to or self.minutes

    @property
    def end(self) -> datetime:
        return self.start.astimezone(UTC) + timedelta(minutes=self.minutes)


@dataclass(frozen=True)
class Weekend:
    """A Saturday and a Sunday of one person.

    :param account: with which the person signs in at Timepost, if they do.
    """

    person: Person
    account: str
    saturday: date
    fate: Fate
    entries: tuple[WeekendEntry, ...]

    def line(self, entry: WeekendEntry) -> Line:
        """As it must stand in the ERP, should it get there."""
        return Line(
            email=self.person.email,
            date=entry.start.date(),
            project=entry.project,
            task=entry.task,
            minutes=entry.final_minutes,
        )


def weekend_people(firm: Firm) -> tuple[Person, ...]:
    """Who has an account in that tracker."""
    return tuple(firm.person(name) for name in _NAMES)


def plan_weekends(firm: Firm) -> tuple[Weekend, ...]:
    """All of them."""
    ada, esra, ines = weekend_people(firm)
    make = partial(_entry, firm)
    on_call = (
        make(ada, 3, "Sat 14:00", 95, "hr-1042/build"),
        make(ada, 3, "Sat 16:30", 60, "hr-1042/cutover", changed_to=75),
        make(ada, 3, "Sun 10:00", 120, "hr-1063/testing"),
        make(ada, 3, "Sun 13:00", 45, "hr-1063/testing", deleted=True),
        make(ada, 3, "Sun 20:00", 30, "steering", case="MD_PROJECT_UNKNOWN"),
    )
    rejected = (make(ada, 2, "Sat 09:00", 80, "hr-1071/rollout"),)
    while_away = (make(ada, 1, "Sat 09:30", 70, "hr-1042/build"),)
    own = (make(ines, 3, "Sat 11:00", 90, "hr-1057/workshops"),)
    internal = (
        make(esra, 3, "Sat 10:00", 60, "hr-0001/training"),
        make(esra, 3, "Sun 10:00", 45, "hr-0001/proposals"),
    )
    too_long = (make(esra, 2, "Sun 09:00", 300, "hr-0001/training"),)
    return (
        Weekend(ada, "ada", _SATURDAYS[3], Fate.BY_MANAGER, on_call),
        Weekend(ada, "ada", _SATURDAYS[2], Fate.REJECTED, rejected),
        Weekend(ada, "ada", _SATURDAYS[1], Fate.BY_DELEGATE, while_away),
        Weekend(ines, "ines", _SATURDAYS[3], Fate.BY_CONTROLLER, own),
        Weekend(esra, "", _SATURDAYS[3], Fate.BY_POLICY, internal),
        Weekend(esra, "", _SATURDAYS[2], Fate.NOT_SUBMITTED, too_long),
    )


def expected_decisions(weekends: Sequence[Weekend]) -> Counter[str]:
    """What the dashboard must say of the decisions, and how often; in its own words.

    A weekend that was changed after its submission is decided on in two parts, and a policy makes
    a decision for each day. The manager tries their own hours first.
    """
    told: Counter[str] = Counter()
    for each in weekends:
        match each.fate:
            case Fate.BY_MANAGER:
                told["Approved by ines."] += 1 + any(one.changed_to for one in each.entries)
            case Fate.BY_CONTROLLER:
                told[SELF_APPROVAL] += 1
                told["Approved by carl."] += 1
            case Fate.BY_DELEGATE:
                told[f"Approved by petra in place of {MANAGER_ADDRESS}."] += 1
            case Fate.BY_POLICY:
                told[f"Approved by {POLICY}."] += len({one.start.date() for one in each.entries})
            case Fate.REJECTED:
                told[f"Rejected by ines: {REASON}"] += 1
    return told


def _entry(
    firm: Firm, person: Person, week: int, begins: str, minutes: int, tag: str, **fate: Any
) -> WeekendEntry:
    """:param begins: such as `Sat 14:00`, on the person's clock.
    :param fate: what else happens to the entry.
    """
    day, _, clock = begins.partition(" ")
    day_of = _SATURDAYS[week] + timedelta(days=1 if day == "Sun" else 0)
    code, _, task = tag.partition("/")
    project = next((each for each in firm.projects if each.code == code.upper()), None)
    tasks = project.tasks if project else ()
    return WeekendEntry(
        start=datetime.combine(day_of, time.fromisoformat(clock), person.zone),
        minutes=minutes,
        text=f"On call, looked into ticket {minutes * 7}",
        tag=tag,
        project=project.name if project else "",
        task=next((each for each in tasks if each.lower() == task), ""),
        **fate,
    )
