"""The demo's firm, and what must come of its four weeks, are the files that are committed."""

import tomllib
from collections import Counter
from datetime import UTC, date, timedelta

from deploy.local import halden_ridge
from deploy.local.scenario.expected import (
    EXPECTED_FILE,
    as_text,
    expected_file,
    file_differences,
    read_expected,
)
from deploy.local.scenario.firm import DEMO_FILE, read_firm
from deploy.local.scenario.make_plan import FIRST_DAY, make_plan
from deploy.local.scenario.plan import Delivery
from deploy.local.scenario.world import CENTRE_CLOSED_FROM, NOT_STARTED, REOPENED

FIRM = read_firm(FIRST_DAY, DEMO_FILE)
DATA = tomllib.loads(DEMO_FILE.read_text(encoding="utf-8"))


def test_the_committed_firm_is_what_the_generator_makes() -> None:
    by_hand = tomllib.loads(halden_ridge.BY_HAND.read_text(encoding="utf-8"))
    made = halden_ridge.as_toml(halden_ridge.generate(by_hand))
    assert made == DEMO_FILE.read_text(encoding="utf-8")


def test_it_has_twelve_legal_entities_ten_currencies_and_their_calendars() -> None:
    entities = DATA["entities"]
    assert len(FIRM.entities) == 12
    assert len({DATA["firm"]["currency"], *(each["currency"] for each in entities)}) == 10
    calendars = Counter([DATA["firm"]["calendar"], *(each["calendar"] for each in entities)])
    assert calendars == {"month": 8, "april": 2, "july": 1, "4-4-5": 1}
    assert len(DATA["workers"]) == 80
    assert len(DATA["projects"]) == 60


def test_names_numbers_and_codes_are_nobody_elses() -> None:
    for kind, names in (("workers", ("employee_number", "email", "name")), ("projects", ("code",))):
        for name in names:
            known = [each[name] for each in DATA[kind]]
            assert len(known) == len(set(known)), name


def test_the_committed_expectation_is_what_the_plan_makes() -> None:
    assert as_text(expected_file(FIRM)) == EXPECTED_FILE.read_text(encoding="utf-8")


def test_every_legal_entity_works_and_waits_for_a_project_that_is_reopened() -> None:
    expected = read_expected()
    assert set(expected["minutes_posted_by_legal_entity"]) == set(FIRM.entities)
    reopened = [each for each in expected["cases"] if each["ends"] == "resolved"]
    assert len(reopened) == 3
    assert {each["project"].partition(" ")[0] for each in reopened} == {REOPENED}


def test_hours_cross_a_limit_in_an_order_that_is_known() -> None:
    """Eight hours at 100 on three days, and room for twelve: the second day is split."""
    beside = [
        (entry.start.date(), entry.minutes, week.delivery)
        for week, entry in make_plan(FIRM).entries()
        if entry.beside == "CT_NTE_EXCEEDED"
    ]
    assert [minutes for _, minutes, _ in beside] == [480, 480]
    assert {delivery for _, _, delivery in beside} == {Delivery.THREE_TIMES}
    assert read_expected()["cases_by_code"]["CT_NTE_EXCEEDED"] == 2
    assert read_expected()["cases_by_code"]["RT_MISSING"] == 1


def test_australias_year_ends_between_two_entries_of_one_day_in_utc() -> None:
    turns = [
        (week.person.timezone, entry.start.date(), entry.start.astimezone(UTC).date())
        for week, entry in make_plan(FIRM).entries()
        if week.monday < FIRST_DAY
    ]
    june, july = date(2026, 6, 30), date(2026, 7, 1)
    assert sorted(turns) == [
        ("Australia/Adelaide", june, june),
        ("Australia/Adelaide", july, june),
        ("Australia/Sydney", june, june),
        ("Australia/Sydney", july, june),
    ]


def test_a_project_that_has_not_begun_and_a_closed_cost_centre_take_no_hours() -> None:
    cases = read_expected()["cases"]
    unbegun = [each["project"] for each in cases if each["code"] == "MD_PROJECT_NOT_STARTED"]
    assert [each.partition(" ")[0] for each in unbegun] == [NOT_STARTED]
    closed = {each["date"] for each in cases if each["code"] == "MD_COSTCENTRE_INVALID"}
    assert len(closed) == 5
    assert min(closed) >= CENTRE_CLOSED_FROM.isoformat()


def test_people_work_on_days_that_are_others_in_utc() -> None:
    """Evenings in America and mornings in Sydney, and a night in which clocks go back."""
    entries = [entry for _, entry in make_plan(FIRM).entries()]
    shifted = {(entry.start.astimezone(UTC).date() - entry.start.date()) for entry in entries} | {
        (entry.end.astimezone(UTC).date() - entry.start.date()) for entry in entries
    }
    assert {timedelta(days=-1), timedelta(days=1)} <= shifted
    (night,) = [e for e in entries if e.start.date() == date(2026, 11, 1) and e.minutes == 180]
    assert night.end.hour - night.start.hour == 2, "three hours on two of the clock"


def test_any_difference_is_told() -> None:
    wanted = read_expected()
    assert file_differences(wanted, wanted) == []
    one, *rest = wanted["cases"]
    hours = wanted["minutes_posted_by_legal_entity"] | {"JP01": 1}
    told = file_differences(
        wanted,
        wanted
        | {"cases": [*rest, one | {"code": "TM_LIMIT"}], "minutes_posted_by_legal_entity": hours}
        | {"drift": wanted["drift"][1:]},
    )
    assert [each.partition(":")[0] for each in told] == [
        "minutes_posted_by_legal_entity, JP01",
        "cases",
        "cases",
        "drift",
    ]
