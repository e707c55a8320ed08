"""Makes up the four weeks: the same ones every time. Pure.

Ordinary weeks are drawn with a seeded generator; then the stories change single weeks of them.
"""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from functools import partial

from deploy.local.scenario.changes import (
    Change,
    approved_by_oneself,
    every_entry,
    one_entry,
    saturday_of_thirty_hours,
    the_week,
)
from deploy.local.scenario.firm import Firm, Person, Project
from deploy.local.scenario.plan import Delivery, Fate, Later, Plan, PlannedEntry, PlannedWeek
from deploy.local.scenario.world import UNDER_CONTRACT, turns_of_the_year, world_stories

FIRST_DAY = date(2026, 10, 26)  # a Monday; all days lie in periods that the ERP holds open
WEEKS = 4
SEED = 20261026

# In the tracker only: nobody has created her in the ERP.
CONTRACTOR = Person("Milena Sorokin", "milena.sorokin@contractor.example", "Europe/Berlin")
# In the tracker only: the ERP's project has no such task.
UNMAPPED_PROJECT, UNMAPPED_TASK = "HR-1042", "Steering committee"
CLOSED_PROJECT = "HR-0987"
MANAGERS = ("ines.ferreira", "jonah.petrov")

_WORK = ("Reviewed", "Prepared", "Discussed", "Corrected", "Tested", "Documented", "Presented")
_MATTER = (
    "the interface list",
    "month-end reports",
    "open questions with the client",
    "the cut-over checklist",
    "sample data",
    "the steering deck",
    "role descriptions",
)


def make_plan(firm: Firm) -> Plan:
    """All weeks of everybody, the stories included."""
    dice = random.Random(SEED)  # noqa: S311  (repeatable on purpose)
    weeks = {
        (person.email.partition("@")[0], number): ordinary_week(firm, person, number, dice)
        for person in firm.people
        for number in range(WEEKS)
    }
    contractor = ordinary_week(firm, CONTRACTOR, 3, dice)
    weeks["milena.sorokin", 3] = every_entry(case="MD_WORKER_UNKNOWN")(contractor)
    for place, change in [*stories(firm), *world_stories(firm)]:
        weeks[place] = change(weeks[place])
    told = [*weeks.values(), *turns_of_the_year(firm, partial(manager_of, firm))]
    return Plan(sorted(told, key=lambda week: (week.monday, week.person.email)))


def stories(firm: Firm) -> list[tuple[tuple[str, int], Change]]:
    """What is out of the ordinary, by the person and the number of the week."""
    closed = {"project": firm.project(CLOSED_PROJECT), "case": "MD_PROJECT_CLOSED"}
    steering = {"project": firm.project(UNMAPPED_PROJECT), "task": UNMAPPED_TASK}
    unmapped = {**steering, "case": "MP_UNMAPPED"}
    return [
        (("bashir.okonjo", 1), one_entry(2, task="Support", **closed)),
        (("kirra.donnelly", 1), one_entry(0, task="Selection", **closed)),
        (("esra.demirtas", 2), one_entry(3, task="Support", **closed)),
        (("ada.lindqvist", 0), one_entry(1, **unmapped)),
        (("daniel.whitcombe", 2), one_entry(0, **unmapped)),
        (("hugo.marchetti", 1), saturday_of_thirty_hours),
        (("jonah.petrov", 1), approved_by_oneself),
        (("ada.lindqvist", 1), one_entry(0, later=Later.EDIT)),
        (("daniel.whitcombe", 1), one_entry(1, later=Later.DELETE)),
        (("carmen.ibarra", 1), the_week(delivery=Delivery.THREE_TIMES)),
        (("finn.gallagher", 2), the_week(delivery=Delivery.REVERSED)),
        (("grace.nakamura", 2), the_week(delivery=Delivery.APPROVAL_LOST)),
        (("bashir.okonjo", 3), the_week(fate=Fate.SUBMITTED)),
        (("esra.demirtas", 3), the_week(fate=Fate.REJECTED)),
        (("finn.gallagher", 3), the_week(fate=Fate.DRAFT)),
    ]


def ordinary_week(firm: Firm, person: Person, number: int, dice: random.Random) -> PlannedWeek:
    """Five days of one or two entries on three of the open projects."""
    monday = FIRST_DAY + timedelta(weeks=number)
    open_ = [
        project
        for project in firm.projects_of(person.entity)
        if project.closed_on is None
        and project.starts_on is None
        and project.code not in UNDER_CONTRACT
    ]
    projects = dice.sample(open_, min(3, len(open_)))
    entries = [
        entry
        for day in range(5)
        for entry in ordinary_day(person, monday + timedelta(days=day), projects, dice)
    ]
    return PlannedWeek(person, monday, manager_of(firm, person), tuple(entries))


def ordinary_day(
    person: Person, day: date, projects: list[Project], dice: random.Random
) -> list[PlannedEntry]:
    """One long entry, or two on different projects; evenings in America are the next day in UTC."""
    if dice.random() < 0.62:
        hours = [(time(9, 0), dice.randint(6 * 60, 9 * 60))]
    else:
        afternoon = dice.choice([time(13, 30), time(17, 45)])
        hours = [(time(8, 30), dice.randint(90, 280)), (afternoon, dice.randint(60, 255))]
    return [
        PlannedEntry(
            project=project,
            task=dice.choice(project.tasks) if project.tasks else None,
            start=datetime.combine(day, start, person.zone),
            minutes=minutes,
            narrative=f"{dice.choice(_WORK)} {dice.choice(_MATTER)}",
        )
        for (start, minutes), project in zip(hours, dice.sample(projects, len(hours)), strict=True)
    ]


def manager_of(firm: Firm, person: Person) -> Person:
    """One of the two project managers, and never the person."""
    first, second = (firm.person(name) for name in MANAGERS)
    if person == first:
        return second
    if person == second:
        return first
    return (first, second)[len(person.email) % 2]
