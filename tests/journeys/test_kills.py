"""Any process dies at any moment: after it is back, the ERP holds what was approved, once each."""

import asyncio

import pytest

from tests.journeys.fault_proxy import Fault
from tests.journeys.people import Office, Week
from tests.journeys.product import ON_BOTH, ON_STOCK, WORKERS, Product, until

pytestmark = pytest.mark.journey
CREATE = "model.timesheet.line.create"
PATIENT_WEBHOOKS = {"retry_delays_ms": [500] * 60, "disable_after": 1000}


async def the_erp_has_answered_and_nobody_knows(office: Office, product: Product) -> Week:
    """A week whose lines stand in the ERP, while the answer is on its way to us."""
    before = product.proxy.struck(Fault.HOLD)
    product.proxy.strike(CREATE, Fault.HOLD)
    week = await office.approved_week(441, 442)

    async def kept_back() -> bool:
        return product.proxy.struck(Fault.HOLD) > before

    await until(product, "the call into the ERP is under way", kept_back)
    return week


@ON_BOTH
async def test_workers_that_die_while_the_erp_answers(office: Office, product: Product) -> None:
    week = await the_erp_has_answered_and_nobody_knows(office, product)
    product.kill(*WORKERS)
    product.proxy.release()
    product.start(*WORKERS)
    await office.posted(week)
    assert await office.cases_of(week) == {}


@ON_BOTH
async def test_a_system_tier_that_dies_while_it_posts(office: Office, product: Product) -> None:
    week = await the_erp_has_answered_and_nobody_knows(office, product)
    product.kill("system")
    product.proxy.release()
    product.start("system")
    await office.posted(week)
    assert await office.cases_of(week) == {}


@ON_BOTH
async def test_an_erp_that_dies_while_hours_are_posted(office: Office, product: Product) -> None:
    weeks = [await office.approved_week(201, 202, 203)]
    await asyncio.to_thread(product.stack.erp.kill)
    weeks.append(await office.approved_week(211, 212, 213))
    await asyncio.to_thread(product.stack.erp.start)
    weeks.append(await office.approved_week(221, 222, 223))
    await office.posted(*weeks)
    assert await office.cases_of(*weeks) == {}


@ON_STOCK
async def test_tiers_that_die_while_webhooks_arrive(office: Office, product: Product) -> None:
    """The tracker delivers again until it gets a 2xx, which it gets only after the commit."""
    await office.tracker.disturb_webhooks(**PATIENT_WEBHOOKS)
    weeks = [await office.approved_week(301, 302)]
    for tier in ("process", "system", "process"):
        product.kill(tier)
        weeks.append(await office.approved_week(311, 312))
        product.start(tier)
        weeks.append(await office.approved_week(321, 322))
    await office.posted(*weeks)
    await office.tracker.wait_for_webhooks()
    assert "failed" not in await office.tracker.webhook_outcomes()
    assert await office.cases_of(*weeks) == {}


@ON_STOCK
async def test_a_database_that_dies_under_load(office: Office, product: Product) -> None:
    await office.tracker.disturb_webhooks(**PATIENT_WEBHOOKS)
    weeks = [await office.approved_week(331, 332, 333)]
    for _ in range(2):
        await asyncio.to_thread(product.stack.postgres.kill)
        weeks.append(await office.approved_week(341, 342, 343))
        await asyncio.to_thread(product.stack.postgres.start)
        weeks.append(await office.approved_week(351, 352, 353))
    await office.posted(*weeks)
    assert await office.cases_of(*weeks) == {}
