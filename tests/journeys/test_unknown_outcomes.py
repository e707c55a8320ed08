"""The connection to the ERP breaks in the middle: no line is lost, and none stands twice."""

import pytest

from tests.journeys.fault_proxy import Fault
from tests.journeys.people import Office
from tests.journeys.product import ON_BOTH, Product, until

pytestmark = [pytest.mark.journey, ON_BOTH]
CREATE = "model.timesheet.line.create"


async def words_of(office: Office, entry_id: str) -> list[str]:
    return [step["what"] for step in await office.operator.steps_of(entry_id)]


async def test_lines_whose_creation_was_never_answered_are_found_and_not_sent_again(
    office: Office, product: Product
) -> None:
    product.proxy.strike(CREATE, Fault.RESET_AFTER)
    before = len(product.proxy.calls_of(CREATE))
    week = await office.approved_week(415, 425, 435)
    await office.posted(week)

    calls = product.proxy.calls_of(CREATE)[before:]
    assert [call.fault for call in calls].count(Fault.RESET_AFTER) == 1
    struck = [await words_of(office, entry_id) for entry_id in week.entries]
    assert any("outcome unknown" in words for words in struck)
    for words in struck:
        if "outcome unknown" in words:
            assert words.count("sending") == 1
            assert words.index("outcome unknown") < words.index("found posted")


async def test_lines_that_never_reached_the_erp_are_sent_again_once(
    office: Office, product: Product
) -> None:
    product.proxy.strike(CREATE, Fault.RESET_BEFORE)
    week = await office.approved_week(405)
    await office.posted(week)

    assert product.proxy.struck(Fault.RESET_BEFORE) >= 1
    words = await words_of(office, week.entry_id)
    assert words.count("sending") == 2
    assert words.index("outcome unknown") < words.index("proven not posted") < words.index("posted")


async def test_an_erp_that_refuses_connections_is_one_incident_that_ends_by_itself(
    office: Office, product: Product
) -> None:
    product.proxy.refuse()
    try:
        week = await office.approved_week(375, 385)

        async def waits_to_be_sent() -> bool:
            status = await office.operator.status()
            return status.postings.get("READY", 0) >= 2

        await until(product, "the postings wait", waits_to_be_sent)
        await office.not_posted(week)
    finally:
        product.proxy.accept()
    await office.posted(week)
    assert await office.cases_of(week) == {}
    for entry_id in week.entries:
        assert "outcome unknown" not in await words_of(office, entry_id)
