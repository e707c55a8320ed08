"""What goes wrong in the legal entities beside the first, and where systems disagree. Pure.

Everything is named by the legal entity and the place of the person or project in it, so that the
generated firm may have other names tomorrow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from deploy.local.scenario.changes import (
    Change,
    approved_by_oneself,
    days_of_eight_hours,
    every_entry_if,
    night_of_the_clocks,
    one_after_another,
    one_entry,
    saturday_of_thirty_hours,
    the_week,
)
from deploy.local.scenario.firm import Firm, Person, Project
from deploy.local.scenario.plan import Delivery, Fate, Later, PlannedEntry, PlannedWeek

# Closed too early in the ERP, and reopened while people wait for it.
REOPENED = "HR-2200"
# Billed by the terms of a contract: one with a limit, and one for which nobody agreed on a rate.
LIMITED, WITHOUT_RATE = "HR-2802", "HR-2602"
UNDER_CONTRACT = frozenset({LIMITED, WITHOUT_RATE})
# In Singapore dollars: an hour, and what the contract has room for: a day and a half.
RATE, LIMIT = "100.00", "1200.00"
LEFT_ON = date(2026, 11, 17)
PLACED_FROM = date(2026, 11, 4)
# Sold, and not begun: it starts after the four weeks.
NOT_STARTED = "HR-2303"
# Closed with effect from this day on, in the HCM of the legal entity that was just acquired.
CENTRE_CLOSED, CENTRE_CLOSED_FROM = "D-40", date(2026, 11, 16)
# Australia's year begins on Wednesday of this week; everything before is closed.
YEAR_ENDS, YEAR_BEGINS = date(2026, 6, 30), date(2026, 7, 1)
# In the tracker only: the ERP knows no such project.
LATE_PROJECT = Project("HR-9001", "Acquisition diligence", ("Interviews",), True, None, "ACQ1")


@dataclass(frozen=True)
class Disagreement:
    """What a system other than the ERP says of one record.

    :param record: employee number, or the client's code.
    """

    system: str
    record: str
    attribute: str
    value: str


def world_stories(firm: Firm) -> list[tuple[tuple[str, int], Change]]:
    """What is out of the ordinary, by the person and the number of the week."""
    if len(firm.entities) == 1:
        return []

    def who(entity: str, number: int) -> str:
        return firm.people_of(entity)[number].email.partition("@")[0]

    def elsewhere(entity: str) -> dict[str, object]:
        """Of another legal entity: no transfer price is agreed."""
        project = next(each for each in firm.projects_of(entity) if each.tasks)
        return {"project": project, "task": project.tasks[0], "case": "IC_AGREEMENT_MISSING"}

    reopened = firm.project(REOPENED)
    early = {"project": reopened, "task": reopened.tasks[0], "reopened": True}
    late = {"project": LATE_PROJECT, "task": "Interviews", "case": "MD_PROJECT_UNKNOWN"}
    limited, unrated = firm.project(LIMITED), firm.project(WITHOUT_RATE)
    of_contract = {"project": limited, "task": limited.tasks[0]}
    without = {"project": unrated, "task": unrated.tasks[0], "case": "RT_MISSING"}
    not_started = firm.project(NOT_STARTED)
    unbegun = {"project": not_started, "task": not_started.tasks[0]}
    left, placed, shut = _after_leaving, _before_placement, _after_centre_closed
    inactive = "MD_WORKER_INACTIVE"
    return [
        ((who("UK01", 0), 1), one_entry(0, **elsewhere("US01"))),
        ((who("DE01", 0), 2), one_entry(1, **elsewhere("FR01"))),
        ((who("SG01", 1), 0), one_entry(0, **elsewhere("AU01"))),
        ((who("UK01", 1), 2), one_entry(1, **early)),
        ((who("UK01", 2), 2), one_entry(0, **early)),
        ((who("UK01", 3), 3), one_entry(2, **early)),
        ((who("IN01", 0), 3), every_entry_if(left, case=inactive)),
        ((who("CA01", 1), 0), every_entry_if(placed, case=inactive)),
        ((who("CA01", 1), 1), every_entry_if(placed, case=inactive)),
        ((who("ACQ1", 0), 3), one_entry(0, **late)),
        ((who("ACQ1", 1), 2), one_entry(1, **late)),
        ((who("DE01", 1), 1), one_entry(0, **unbegun, case="MD_PROJECT_NOT_STARTED")),
        ((who("ACQ1", 2), 3), every_entry_if(shut, case="MD_COSTCENTRE_INVALID")),
        ((who("SG01", 0), 1), approved_by_oneself),
        ((who("AE01", 2), 2), saturday_of_thirty_hours),
        ((who("US01", 12), 0), night_of_the_clocks),
        ((who("AU01", 0), 1), one_entry(0, later=Later.EDIT)),
        ((who("JP01", 0), 2), one_entry(1, later=Later.EDIT)),
        ((who("FR01", 1), 1), one_entry(2, later=Later.DELETE)),
        ((who("CH01", 0), 3), the_week(fate=Fate.REJECTED)),
        ((who("AE01", 1), 1), one_entry(0, **without)),
        (
            (who("SG01", 2), 2),
            # Nobody else works meanwhile, so that it is known which hours are the first.
            one_after_another(
                days_of_eight_hours(3, **of_contract),
                one_entry(1, beside="CT_NTE_EXCEEDED"),
                one_entry(2, beside="CT_NTE_EXCEEDED"),
                the_week(delivery=Delivery.THREE_TIMES),
            ),
        ),
        ((who("JP01", 1), 3), the_week(fate=Fate.SUBMITTED)),
    ]


def turns_of_the_year(firm: Firm, manager_of: Callable[[Person], Person]) -> list[PlannedWeek]:
    """Two Australians around midnight before the first of July, which are two days in UTC as well.

    What was worked on the thirtieth belongs to a closed year: it is posted on its own day, and
    booked into the first period that is open.
    """
    if len(firm.entities) == 1:
        return []
    project = next(each for each in firm.projects_of("AU01") if each.tasks)
    told = []
    for person in firm.people_of("AU01")[1:3]:
        evening = datetime.combine(YEAR_ENDS, time(21), person.zone)
        night = datetime.combine(YEAR_BEGINS, time(0, 30), person.zone)
        entries = [
            PlannedEntry(project, project.tasks[0], start, minutes, "Cut-over of the year")
            for start, minutes in ((evening, 120), (night, 150))
        ]
        monday = YEAR_ENDS - timedelta(days=YEAR_ENDS.weekday())
        told.append(PlannedWeek(person, monday, manager_of(person), tuple(entries)))
    return told


def acquired(firm: Firm) -> tuple[Person, ...]:
    """Who is not in the firm's HCM, but in the files of the one they came with."""
    return firm.people_of("ACQ1")


def at_closed_centre(firm: Firm) -> Person:
    """Whose cost centre was closed, according to those files."""
    return acquired(firm)[2]


def under_limit(firm: Firm) -> Person:
    """Whose hours are more than their contract has room for."""
    return firm.people_of("SG01")[2]


def left_early(firm: Firm) -> Person:
    """Gone according to the HCM, and not according to the ERP."""
    return firm.people_of("IN01")[0]


def placed_late(firm: Firm) -> Person:
    """Without an assignment before a day, according to the HCM."""
    return firm.people_of("CA01")[1]


def disagreements(firm: Firm) -> list[Disagreement]:
    """Where HCM and CRM do not say what the ERP says; each is a line of the drift."""
    return [
        Disagreement("hcm", left_early(firm).number, "termination_date", LEFT_ON.isoformat()),
        Disagreement("hcm", firm.people_of("DE01")[2].number, "hire_date", "2017-05-01"),
        Disagreement("hcm", firm.people_of("FR01")[0].number, "name", "Renamed Bymarriage"),
        Disagreement("crm", "C-203", "name", "Nobody Calls It So Inc."),
        Disagreement("crm", "C-101", "name", "Northwater Group"),
    ]


def _after_leaving(entry: PlannedEntry) -> bool:
    return entry.start.date() > LEFT_ON


def _after_centre_closed(entry: PlannedEntry) -> bool:
    return entry.start.date() >= CENTRE_CLOSED_FROM


def _before_placement(entry: PlannedEntry) -> bool:
    return entry.start.date() < PLACED_FROM
