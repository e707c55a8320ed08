"""Hours from the real TimeTagger, which has no approvals: they are given in Timepost."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from deploy.local.connections_file import SECOND_TRACKER
from tests.journeys.people import Office, Week
from tests.journeys.product import ON_STOCK, WORKERS, Product
from tests.journeys.second_tracker import SecondTracker

pytestmark = [pytest.mark.journey, ON_STOCK]


@pytest.fixture
async def second(product: Product, office: Office) -> AsyncIterator[SecondTracker]:
    async with SecondTracker(product, office) as tracker:
        yield tracker


async def test_hours_are_submitted_approved_posted_once_and_marked_in_timetagger(
    office: Office, second: SecondTracker
) -> None:
    week = await second.track("ada.lindqvist", 95, 80)
    for entry_id in week.entries:
        assert "it is billable" in await second.until_waiting(entry_id)
    asked = await second.submit("ada", week)
    assert (asked["entries"], asked["minutes"]) == (2, 175)
    (shown,) = [row for row in await second.dashboard.approvals("ines") if row["id"] == asked["id"]]
    assert (shown["worker"], shown["hours"]) == ("Ada Lindqvist", "2.92")
    await office.not_posted(week)

    outcome = await second.dashboard.decide("ines", shown, "approve")
    assert outcome["sentence"] == "Approved by ines."
    await second.until_marked(week, *week.entries)
    await office.standing(week)

    for entry_id in week.entries:
        steps = {step["what"]: step for step in await office.operator.steps_of(entry_id)}
        assert steps["submitted"]["actor"] == "user:ada"
        assert steps["approved"]["actor"] == "user:ines"
        assert steps["approved"]["detail"]["through"] == ["timepost-experience"]
        assert "posted" in steps
    (own,) = [row for row in await own_approvals(second, "ada") if row["id"] == asked["id"]]
    assert (own["state_label"], own["outcome"]) == ("Approved", "Approved by ines.")

    # Timepost's own mark in the text is no change of hers.
    await second.sweep()
    await office.until_calm()
    assert [len((await office.operator.entry(each))["versions"]) for each in week.entries] == [1, 1]
    await office.standing(week)
    assert await office.cases_of(week) == {}


async def own_approvals(second: SecondTracker, who: str) -> list[dict[str, object]]:
    return await second.dashboard.approvals(who, view="own", connection=SECOND_TRACKER)


async def test_what_is_changed_or_hidden_before_the_decision_is_not_approved(
    office: Office, second: SecondTracker
) -> None:
    week = await second.track("ada.lindqvist", 60, 70, 50)
    changed, hidden, untouched = week.entries
    asked = await second.submit("ada", week)
    await second.change(week, changed, 75)
    await second.delete(week, hidden)
    await second.sweep()
    await second.until_minutes(changed, 75)
    await second.until_states({hidden: "DELETED"})

    stale = await second.dashboard.decide("ines", asked, "approve")
    assert (stale["done"], stale["code"]) == (False, "precondition_failed")
    view = await second.dashboard.approval("ines", asked["id"])
    remarks = {entry["entry"]: entry["remark"] for entry in view["entries"]}
    assert remarks[untouched] is None
    assert remarks[changed] == "changed after it was submitted"
    assert remarks[hidden] is not None
    assert view["approval"]["changed_since"] == 2
    assert (await second.dashboard.decide("ines", view["approval"], "approve"))["done"]
    await second.until_marked(week, untouched)
    await office.standing(only(week, untouched))

    again = await second.submit("ada", week)
    assert (again["entries"], again["minutes"]) == (1, 75)
    rejected = await second.dashboard.decide("ines", again, "reject", "Which ticket?")
    assert rejected["sentence"] == "Rejected by ines: Which ticket?"
    await second.until_states({changed: "REJECTED"})
    as_it_is = await second.submit("ada", week)
    assert (await second.dashboard.decide("ines", as_it_is, "approve"))["done"]

    await second.until_marked(week, changed)
    await office.standing(only(week, untouched, changed))
    assert (await second.text(week, hidden)).startswith("HIDDEN ")
    assert "#posted" not in await second.text(week, hidden)
    assert await office.cases_of(week) == {}


def only(week: Week, *entry_ids: str) -> Week:
    """The week with some of its entries."""
    entries = {entry_id: week.entries[entry_id] for entry_id in entry_ids}
    return Week(week.person, week.monday, week.approver, entries)


async def test_nobody_approves_their_own_hours_nor_has_their_delegate_do_it(
    office: Office, second: SecondTracker
) -> None:
    week = await second.track("ines.ferreira", 90, project="HR-1057", task="Workshops")
    asked = await second.submit("ines", week)
    assert asked["approver"] is None, "who is asked otherwise is the worker"
    refused = await second.dashboard.decide("ines", asked, "approve")
    assert (refused["done"], refused["code"]) == (False, "self_approval")
    assert refused["sentence"] == "Nobody decides on their own hours."

    now = datetime.now(UTC)
    span = {"valid_from": now.isoformat(), "valid_to": (now + timedelta(days=1)).isoformat()}
    wanted = {"delegate": "carl.okafor@haldenridge.example", "reason": "On leave.", **span}
    delegation = await second.dashboard.call("ines", "POST", "/delegations", json=wanted)
    try:
        as_delegate = await second.dashboard.decide("carl", asked, "approve")
        assert (as_delegate["done"], as_delegate["code"]) == (False, "self_approval")
        view = await second.dashboard.approval("carl", asked["id"])
        assert (view["may_decide"], view["acting_as"]) == (False, None)
    finally:
        await second.dashboard.call("ines", "DELETE", f"/delegations/{delegation['id']}")
    await office.not_posted(week)

    escalated = await second.dashboard.approvals("carl", view="escalated")
    (row,) = [each for each in escalated if each["id"] == asked["id"]]
    assert (await second.dashboard.decide("carl", row, "approve"))["done"]
    await second.until_marked(week, week.entry_id)
    await office.standing(week)
    steps = {step["what"]: step for step in await office.operator.steps_of(week.entry_id)}
    assert steps["approved"]["detail"]["decided_as"] == "escalation"


async def test_short_internal_hours_need_no_person(office: Office, second: SecondTracker) -> None:
    week = await second.track("esra.demirtas", 60, 300, project="HR-0001", task="Training")
    short, long = week.entries
    await second.until_marked(week, short)
    await office.standing(only(week, short))

    steps = {step["what"]: step for step in await office.operator.steps_of(short)}
    assert steps["approved"]["actor"] == "policy:internal-work"
    assert "the day has 5.00 hours" in await second.until_waiting(long)


async def test_the_line_of_a_record_hidden_after_posting_is_taken_back(
    office: Office, second: SecondTracker
) -> None:
    week = await second.track("ada.lindqvist", 40)
    await second.dashboard.decide("ines", await second.submit("ada", week), "approve")
    await second.until_marked(week, week.entry_id)

    await second.delete(week, week.entry_id)
    await second.sweep()
    await office.until_standing(only(week))
    assert await office.cases_of(week) == {}


async def test_all_that_dies_after_the_decision_does_not_lose_or_double_it(
    office: Office, second: SecondTracker, product: Product
) -> None:
    """The decision is committed before it is answered; TimeTagger learns of it when it is back."""
    week = await second.track("ada.lindqvist", 35, 45)
    asked = await second.submit("ada", week)
    product.kill(*WORKERS)
    assert (await second.dashboard.decide("ines", asked, "approve"))["done"]
    product.kill("process")
    await asyncio.to_thread(product.stack.timetagger.kill)
    product.start("process", *WORKERS)

    await office.until_standing(week)
    await asyncio.to_thread(product.stack.timetagger.start)
    await second.until_marked(week, *week.entries)
    await office.standing(week)
    assert await office.cases_of(week) == {}
