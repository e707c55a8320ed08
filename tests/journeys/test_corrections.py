"""Hours that change after they were posted: the ERP's own rows follow, invoices are respected."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from deploy.tryton.admin import TrytonAdmin
from tests.journeys.desk import Desk
from tests.journeys.people import WEEKS_BACK, Office, Week
from tests.journeys.product import ON_BOTH, ON_STOCK, Product, read_masters, until

pytestmark = pytest.mark.journey
# Nobody else's hours may come on the invoices that these tests make.
INVOICED = "HR-1091"
REASON = "Agreed with the client, who got a credit note."


async def admin(product: Product, act: Callable[[TrytonAdmin], object]) -> None:
    """Somebody acts in the ERP, as its users do."""

    def with_session() -> None:
        with product.read_erp() as session:
            act(TrytonAdmin(session))

    await asyncio.to_thread(with_session)


def first(week: Week) -> str:
    """The tracker's id of the week's Monday."""
    return next(iter(week.entries))


@ON_BOTH
async def test_hours_are_corrected_moved_and_deleted_after_they_were_posted(
    office: Office, product: Product
) -> None:
    week = await office.approved_week(480, 300)
    await office.posted(week)
    monday, tuesday = week.entries

    await office.change(week, monday, minutes=360)
    await office.until_standing(week)
    await office.change(week, tuesday, project=office.firm.project("HR-1063"), task="Testing")
    await office.until_standing(week)
    await office.change(week, monday, minutes=420)
    await office.until_standing(week)
    await office.delete(week, tuesday)
    await office.until_standing(week)
    await office.until_calm()
    assert await office.cases_of(week) == {}

    page = await office.operator.read("/v1/time-entries", external_id=monday)
    (entry,) = page["entries"]
    assert entry["status"] == "POSTED"
    found = await office.operator.read("/v1/postings", time_entry_id=entry["id"])
    kinds = sorted((each["kind"], each["state"]) for each in found["postings"])
    assert kinds == [
        ("ORIGINAL", "REVERSED"),
        ("REPLACEMENT", "POSTED"),
        ("REPLACEMENT", "REVERSED"),
        ("REVERSAL", "POSTED"),
        ("REVERSAL", "POSTED"),
    ]
    operations = {each["operation"] for each in found["postings"] if each["kind"] == "REVERSAL"}
    assert operations == {"delete"}, "Tryton refuses negative hours"
    # Tryton keeps no trace of what was deleted; the ledger does.
    taken_back = [each for each in found["postings"] if each["state"] == "REVERSED"]
    assert all(each["external_id"] and each["minutes"] > 0 for each in taken_back)


@ON_STOCK
async def test_another_text_touches_nothing_in_the_erp(office: Office, product: Product) -> None:
    week = await office.approved_week(205)
    await office.posted(week)
    before = len(product.proxy.calls_of("model.timesheet.line.delete"))
    await office.change(week, week.entry_id, narrative="Confidential, and better worded")
    product.written.add("Confidential, and better worded")

    async def looked_at() -> bool:
        steps = await office.operator.steps_of(week.entry_id)
        return "nothing to correct" in [step["what"] for step in steps]

    await until(product, "the new version is found to post the same", looked_at)
    await office.standing(week)
    assert len(product.proxy.calls_of("model.timesheet.line.delete")) == before


@ON_STOCK
async def test_invoiced_hours_wait_for_billing_and_a_draft_that_is_given_up_frees_them(
    office: Office, product: Product
) -> None:
    week = await office.approved_week(480, project=INVOICED, task="Delivery")
    await office.posted(week)
    await admin(product, lambda erp: erp.invoice_project(INVOICED))
    posted = week.lines
    await office.change(week, week.entry_id, minutes=360)
    await office.until_cases("CO_AFTER_INVOICE", week)
    assert [each.minutes for each in await asyncio.to_thread(office.lines_of, [week])] == [
        each.minutes for each in posted
    ]

    async with await Desk.of(product, "bill") as bill:
        row = await bill.case_of(week.entry_id)
        assert (row["owner"], row["severity"]) == ("billing.analyst", "S2")
        view = await bill.view(row["id"])
        assert [each["choice"] for each in view["choices"]] == ["taken_back"]
        assert view["status_label"] == "Needs somebody"
        # Cancelling alone frees nothing in Tryton: only a draft that is deleted lets go.
        await admin(product, lambda erp: erp.cancel_drafts())
        assert (await bill.retry(row["id"])).status_code == 200
        await office.until_calm()
        assert await office.cases_of(week) == {week.entry_id: "CO_AFTER_INVOICE"}

        await admin(product, lambda erp: erp.delete_drafts())
        row = await bill.case_of(week.entry_id)
        assert (await bill.retry(row["id"])).status_code == 200
        await office.until_standing(week)
    await office.until_calm()
    assert await office.cases_of(week) == {}


@ON_STOCK
async def test_after_a_credit_note_the_corrected_hours_are_posted(
    office: Office, product: Product
) -> None:
    """Tryton keeps the invoiced line; what stands for it is the credit note that billing names."""
    week = await office.approved_week(450, project=INVOICED, task="Delivery")
    await office.posted(week)
    day = week.monday + timedelta(days=6)
    await admin(product, lambda erp: erp.invoice_project(INVOICED))
    await admin(product, lambda erp: erp.issue_invoices(day))
    (invoiced,) = week.lines
    await office.change(week, week.entry_id, minutes=330)
    await office.until_cases("CO_AFTER_INVOICE", week)

    async with await Desk.of(product, "bill") as bill:
        row = await bill.case_of(week.entry_id)
        answer = await bill.choose(
            row["id"], choice="taken_back", reason=REASON, document="Credit note 7"
        )
        assert answer.status_code == 200, answer.text
    (corrected,) = week.lines

    async def both() -> bool:
        found = await asyncio.to_thread(office.lines_of, [week])
        return found == sorted([invoiced, corrected])

    await until(product, "the corrected hours stand beside the invoiced ones", both)
    await office.until_calm()
    assert await office.cases_of(week) == {}
    steps = await office.operator.steps_of(week.entry_id)
    (chosen,) = [step for step in steps if step["what"] == "chosen: taken_back"]
    assert (chosen["actor"], chosen["detail"]["document"]) == ("user:bill", "Credit note 7")


@ON_STOCK
async def test_a_line_of_a_closed_period_is_corrected_once_the_period_is_opened_again(
    office: Office, product: Product
) -> None:
    """Tryton's lines have one date, and can only be changed where they stand."""
    monday = _this_monday() - timedelta(weeks=WEEKS_BACK - 1)
    period = f"{monday:%Y-%m}"
    person = office.firm.person("hugo.marchetti")
    week = await office.enter(480, person=person, monday=monday)
    await office.submit(week)
    await office.approve(week)
    await office.posted(week)
    posted = week.lines

    await admin(product, lambda erp: erp.close_period(period))
    await read_masters(product)
    await office.change(week, week.entry_id, minutes=420)
    await office.until_cases("CO_PERIOD_CLOSED", week)
    assert await asyncio.to_thread(office.lines_of, [week]) == posted

    await admin(product, lambda erp: erp.reopen_period(period))
    await read_masters(product)
    await office.until_standing(week)
    await office.until_calm()
    assert await office.cases_of(week) == {}


def _this_monday() -> date:
    today = date.today()  # noqa: DTZ011 - a day is all that is asked for
    return today - timedelta(days=today.weekday())
