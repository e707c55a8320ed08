"""The plan is what the scenario's documentation says, and the same every time."""

from collections import Counter
from datetime import UTC, timedelta
from itertools import pairwise

from deploy.local.scenario.firm import read_firm
from deploy.local.scenario.make_plan import FIRST_DAY, WEEKS, make_plan
from deploy.local.scenario.plan import Delivery, Fate, Later, Plan

FIRM = read_firm(FIRST_DAY)


def plan() -> Plan:
    return make_plan(FIRM)


def test_it_is_the_same_every_time() -> None:
    assert plan() == plan()


def test_twelve_people_enter_about_three_hundred_entries() -> None:
    assert len({week.person for week in plan().weeks}) == 12
    assert 280 <= len(list(plan().entries())) <= 320


def test_every_seeded_fault_is_there() -> None:
    codes = Counter(entry.case for _, entry in plan().entries())
    del codes[None]
    assert codes == {
        "MD_PROJECT_CLOSED": 3,
        "MD_WORKER_UNKNOWN": len(
            [1 for w, _ in plan().entries() if "contractor" in w.person.email]
        ),
        "MP_UNMAPPED": 2,
        "TM_LIMIT": 1,
        "AP_SELF_APPROVAL": len([1 for w, _ in plan().entries() if w.approver == w.person]),
    }
    assert Counter(entry.later for _, entry in plan().entries() if entry.later) == {
        Later.EDIT: 1,
        Later.DELETE: 1,
    }
    assert {week.delivery for week in plan().weeks} == set(Delivery)
    assert {week.fate for week in plan().weeks} == set(Fate)


def test_only_the_one_seeded_week_is_approved_by_its_own_person() -> None:
    own = [week for week in plan().weeks if week.approver == week.person]
    assert [week.person.name for week in own] == ["Jonah Petrov"]


def test_entries_lie_in_their_week_and_do_not_overlap() -> None:
    for week in plan().weeks:
        days = [entry.start.date() for entry in week.entries]
        assert all(week.monday <= day < week.monday + timedelta(days=7) for day in days)
        for earlier, later in pairwise(week.entries):
            assert earlier.end <= later.start


def test_a_day_has_fewer_than_thirteen_hours_but_the_seeded_one() -> None:
    for week in plan().weeks:
        by_day: Counter[object] = Counter()
        for entry in week.entries:
            if entry.case != "TM_LIMIT":
                by_day[entry.start.date()] += entry.minutes
        assert max(by_day.values()) < 13 * 60


def test_work_on_a_closed_project_lies_after_its_last_day() -> None:
    for week, entry in plan().entries():
        closed = entry.project.closed_on
        assert (closed is not None and entry.start.date() > closed) == (
            entry.case == "MD_PROJECT_CLOSED"
        ), week


def test_some_entries_have_another_date_in_utc() -> None:
    shifted = [e for _, e in plan().entries() if e.start.astimezone(UTC).date() != e.start.date()]
    assert shifted


def test_later_changes_touch_entries_that_are_posted_first() -> None:
    for week, entry in plan().entries():
        if entry.later is not None:
            assert entry.case is None
            assert (week.fate, week.delivery) == (Fate.APPROVED, Delivery.ONCE)


def test_an_entry_ends_its_minutes_later_on_the_clock_of_the_sun() -> None:
    for _, entry in plan().entries():
        assert entry.end.astimezone(UTC) - entry.start.astimezone(UTC) == timedelta(
            minutes=entry.minutes
        )


def test_all_weeks_start_on_the_plans_mondays() -> None:
    mondays = {FIRST_DAY + timedelta(weeks=number) for number in range(WEEKS)}
    assert {week.monday for week in plan().weeks} == mondays


def test_people_who_left_before_do_not_enter_time() -> None:
    assert "Lena Vogt" not in {person.name for person in FIRM.people}
