"""Weekends in the real TimeTagger: what the plan says stands there, and nobody waits for ever."""

from datetime import date

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from deploy.local.scenario.dashboard import Dashboard
from deploy.local.scenario.firm import read_firm
from deploy.local.scenario.make_plan import FIRST_DAY
from deploy.local.scenario.operator import Operator
from deploy.local.scenario.refusals import NotSeen
from deploy.local.scenario.weekend import TimeTagger, Weekends
from deploy.local.scenario.weekend_plan import (
    Fate,
    expected_decisions,
    plan_weekends,
    weekend_people,
)
from deploy.sandboxes.clockify.background import serving
from deploy.timetagger.fixtures import Accounts

FIRM = read_firm(FIRST_DAY)
PLAN = plan_weekends(FIRM)


def test_a_handful_of_entries_on_saturdays_and_sundays() -> None:
    entries = [entry for weekend in PLAN for entry in weekend.entries]
    assert len(entries) == 11
    assert {entry.start.weekday() for entry in entries} == {5, 6}
    assert {weekend.person for weekend in PLAN} == set(weekend_people(FIRM))
    assert {weekend.fate for weekend in PLAN} == set(Fate)


def test_every_tag_but_one_means_a_project_and_a_task() -> None:
    unknown = [
        (entry.tag, entry.case)
        for weekend in PLAN
        for entry in weekend.entries
        if not (entry.project and entry.task)
    ]
    assert unknown == [("steering", "MD_PROJECT_UNKNOWN")]


def test_all_kinds_of_decisions_are_expected() -> None:
    assert expected_decisions(PLAN) == {
        "Approved by ines.": 2,
        "Approved by carl.": 1,
        "Approved by petra in place of ines.ferreira@haldenridge.example.": 1,
        "Approved by policy internal-work.": 2,
        "Rejected by ines: Which phase was this for?": 1,
        "Refused: self_approval": 1,
    }


async def nothing_is_known(request: Request) -> JSONResponse:
    if request.method == "POST":
        return JSONResponse({"access_token": "t", "expires_in": 900})
    return JSONResponse({"entries": [], "next_cursor": None})


async def test_what_no_sweep_finds_ends_the_scenario(timetagger: Accounts) -> None:
    accounts = {person.email: timetagger.take() for person in weekend_people(FIRM)}
    process = Starlette(
        routes=[
            Route("/token", nothing_is_known, methods=["POST"]),
            Route("/v1/time-entries", nothing_is_known),
        ]
    )
    with serving(process) as url:
        operator, dashboard = Operator(url, url, "secret"), Dashboard(url, url, "")
        second = TimeTagger("second", accounts.__getitem__)
        async with operator, dashboard:
            weekends = Weekends(second, dashboard, operator, lambda _: None, patience=0)
            with pytest.raises(NotSeen, match="second"):
                await weekends.live(PLAN)

    expected = weekends.expectation
    assert (len(expected.known), expected.approved, len(expected.lines)) == (11, 8, 7)
    assert {line.date for line in expected.lines.values()} == {
        date(2026, 11, 7),
        date(2026, 11, 21),
        date(2026, 11, 22),
    }
    records = [record for account in accounts.values() for record in account.records()]
    minutes = sorted((record["t2"] - record["t1"]) // 60 for record in records)
    assert minutes == sorted(entry.minutes for weekend in PLAN for entry in weekend.entries)
