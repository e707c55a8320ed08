"""Approved hours stand in the ERP exactly once, however the tracker's webhooks arrive."""

import pytest

from deploy.local.connections_file import TRACKER
from tests.journeys.people import Office
from tests.journeys.product import ON_BOTH, ON_STOCK, Product, until

pytestmark = pytest.mark.journey
CREATE = "model.timesheet.line.create"


@ON_BOTH
async def test_an_approved_week_is_posted_once_and_the_same_webhooks_again_change_nothing(
    office: Office, product: Product
) -> None:
    await office.tracker.disturb_webhooks(copies=3)
    week = await office.enter(480, 455, 61, 480, 300)
    await office.submit(week)
    await office.until_calm()
    await office.not_posted(week)

    await office.approve(week)
    await office.posted(week)
    assert await office.cases_of(week) == {}

    await office.tracker.disturb_webhooks(copies=3)
    await office.reopen(week)
    await office.submit(week)
    await office.approve(week)
    await office.until_calm()
    await office.standing(week)
    assert await office.cases_of(week) == {}


@ON_STOCK
async def test_hours_on_a_project_without_tasks_and_evenings_beyond_utc_midnight(
    office: Office,
) -> None:
    """A work date is the person's own: 09:00 in Sydney is still the day before in UTC."""
    kirra = office.firm.person("kirra.donnelly")
    week = await office.approved_week(90, 45, project="HR-1085", task=None, person=kirra)
    await office.posted(week)


@ON_STOCK
async def test_an_approval_that_no_webhook_told_of_is_found_by_the_sweep(office: Office) -> None:
    week = await office.enter(420)
    await office.submit(week)
    await office.until_calm()
    await office.tracker.disturb_webhooks(drop_next=1)
    await office.approve(week)
    await office.until_calm()
    assert (await office.tracker.webhook_outcomes())[-1] == "dropped"
    await office.not_posted(week)

    answer = await office.operator.call("POST", f"/v1/sweeps/{TRACKER}")
    assert answer.status_code == 202
    await office.posted(week)


@ON_STOCK
async def test_webhooks_in_the_wrong_order_do_no_harm(office: Office) -> None:
    await office.tracker.disturb_webhooks(hold=True)
    week = await office.enter(240, 200)
    changed = next(iter(week.entries))
    await office.shorten(week, changed, 180)
    await office.shorten(week, changed, 240)
    await office.submit(week)
    await office.approve(week)
    await office.tracker.release_webhooks_newest_first()
    await office.posted(week)
    await office.until_calm()
    assert await office.cases_of(week) == {}


@ON_BOTH
async def test_one_trace_leads_from_the_webhook_to_the_call_into_the_erp(
    office: Office, product: Product
) -> None:
    before = len(product.proxy.calls_of(CREATE))
    week = await office.approved_week(77)
    await office.posted(week)

    (call,) = product.proxy.calls_of(CREATE)[before:]
    assert call.traceparent is not None
    traces = {
        step["what"]: step["trace_id"]
        for step in await office.operator.steps_of(week.entry_id)
        if step["what"] in ("approved", "posted")
    }
    assert set(traces) == {"approved", "posted"}
    assert set(traces.values()) == {call.traceparent.split("-")[1]}


@ON_STOCK
async def test_what_was_entered_but_not_approved_is_nowhere_in_the_erp(
    office: Office, product: Product
) -> None:
    week = await office.enter(480, 480)
    await office.submit(week)
    await office.tracker.decide(week.approver, week.approval_id, "REJECTED", "Friday is missing.")
    await office.until_calm()

    async def rejected() -> bool:
        states = [
            (await office.operator.entry(entry_id))["entry"]["state"] for entry_id in week.entries
        ]
        return states == ["REJECTED", "REJECTED"]

    await until(product, "the rejection is known", rejected)
    await office.not_posted(week)
