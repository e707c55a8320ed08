"""How stories change single weeks of a plan. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from deploy.local.scenario.plan import PlannedEntry, PlannedWeek

Change = Callable[[PlannedWeek], PlannedWeek]


def one_entry(place: int, **changes: Any) -> Change:
    """Change one entry of a week."""

    def change(week: PlannedWeek) -> PlannedWeek:
        entries = list(week.entries)
        entries[place] = replace(entries[place], **changes)
        return replace(week, entries=tuple(entries))

    return change


def every_entry(**changes: Any) -> Change:
    """Change all entries of a week."""
    return lambda week: replace(
        week, entries=tuple(replace(entry, **changes) for entry in week.entries)
    )


def the_week(**changes: Any) -> Change:
    """Change what holds for the whole week."""
    return lambda week: replace(week, **changes)


def saturday_of_thirty_hours(week: PlannedWeek) -> PlannedWeek:
    """A timer that was forgotten: from Saturday at six to Sunday noon."""
    start = datetime.combine(week.monday + timedelta(days=5), time(6, 0), week.person.zone)
    forgotten = replace(week.entries[0], start=start, minutes=30 * 60, case="TM_LIMIT")
    return replace(week, entries=(*week.entries, forgotten))


def approved_by_oneself(week: PlannedWeek) -> PlannedWeek:
    return replace(every_entry(case="AP_SELF_APPROVAL")(week), approver=week.person)


def every_entry_if(fits: Callable[[PlannedEntry], bool], **changes: Any) -> Change:
    """Change those entries of a week that fit."""
    return lambda week: replace(
        week,
        entries=tuple(
            replace(entry, **changes) if fits(entry) else entry for entry in week.entries
        ),
    )


def night_of_the_clocks(week: PlannedWeek) -> PlannedWeek:
    """Three hours in the night in which clocks go back, from half past midnight on Sunday."""
    start = datetime.combine(week.monday + timedelta(days=6), time(0, 30), week.person.zone)
    return replace(
        week, entries=(*week.entries, replace(week.entries[0], start=start, minutes=180))
    )


def days_of_eight_hours(days: int, **changes: Any) -> Change:
    """One entry of eight hours on each of the first days of a week, in place of what was there."""

    def change(week: PlannedWeek) -> PlannedWeek:
        pattern = week.entries[0]
        first = [
            replace(
                pattern,
                start=datetime.combine(
                    week.monday + timedelta(days=number), time(9), week.person.zone
                ),
                minutes=480,
                **changes,
            )
            for number in range(days)
        ]
        last = week.monday + timedelta(days=days)
        rest = [entry for entry in week.entries if entry.start.date() >= last]
        return replace(week, entries=(*first, *rest))

    return change


def one_after_another(*changes: Change) -> Change:
    """Several changes of one week."""

    def change(week: PlannedWeek) -> PlannedWeek:
        for each in changes:
            week = each(week)
        return week

    return change
