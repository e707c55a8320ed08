"""People, full and as deltas, against the running stand-in."""

from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import SecretStr

from deploy.sandboxes.bamboohr.tests.fixtures import Bamboo
from shared.problems import InvalidRequest, UpstreamRefused, UpstreamUnavailable
from system_apis.capabilities.hcm.schemas import Worker, WorkerKind, WorkerPage, WorkerStatus
from system_apis.connectors.bamboohr.port import BambooHrPort
from system_apis.connectors.bamboohr.tests.conftest import Open


async def everybody(
    port: BambooHrPort, limit: int = 500, since: datetime | None = None
) -> tuple[list[Worker], WorkerPage]:
    """All pages' workers, and the last page."""
    found: list[Worker] = []
    cursor: str | None = None
    while True:
        page = await port.workers(cursor, limit, since)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found, page


async def test_people_are_read_with_their_dates(bamboo: Bamboo, open_port: Open) -> None:
    bamboo.store.change(
        bamboo.bo,
        status="Inactive",
        terminationDate="2026-10-31",
        employmentStatusName="Contractor",
        workEmail="",
    )

    found, page = await everybody(open_port())

    assert page.complete
    bo, ada = sorted(found, key=lambda each: each.name, reverse=True)
    assert (ada.external_id, ada.name) == (str(bamboo.ada.id), "Ada Lindqvist")
    assert (ada.email, ada.employee_number) == ("ada@haldenridge.example", "5")
    assert (ada.kind, ada.status) == (WorkerKind.EMPLOYEE, WorkerStatus.ACTIVE)
    assert (ada.hire_date, ada.termination_date) == (date(2021, 4, 1), None)
    assert (bo.kind, bo.status) == (WorkerKind.CONTRACTOR, WorkerStatus.INACTIVE)
    assert (bo.termination_date, bo.email) == (date(2026, 10, 31), None)


async def test_everybody_is_told_once_whatever_the_size_of_the_pages(
    bamboo: Bamboo, open_port: Open
) -> None:
    for number in range(11):
        bamboo.store.add_employee(f"Person{number}", "X")

    for limit in (1, 4, 13, 500):
        found, page = await everybody(open_port(), limit)
        assert page.complete
        assert sorted(each.external_id for each in found) == sorted(
            str(each) for each in bamboo.store.employees
        )


async def test_who_is_deleted_while_pages_are_read_shifts_nobody(
    bamboo: Bamboo, open_port: Open
) -> None:
    others = [bamboo.store.add_employee(f"Person{number}", "X") for number in range(6)]
    port = open_port()
    first = await port.workers(None, 4, None)
    bamboo.store.delete(bamboo.ada)

    told = {each.external_id for each in first.items}
    cursor = first.next_cursor
    while cursor:
        page = await port.workers(cursor, 4, None)
        told |= {each.external_id for each in page.items}
        cursor = page.next_cursor

    assert {str(each.id) for each in others} < told
    assert page.complete


async def test_a_page_that_is_gone_is_begun_again_and_not_for_ever(
    bamboo: Bamboo, open_port: Open
) -> None:
    others = [bamboo.store.add_employee(f"Person{number}", "X") for number in range(12)]
    port = open_port()
    page = await port.workers(None, 3, None)
    bamboo.store.delete(others[0])  # the very one that the cursor names
    told: set[str] = set()
    while page.next_cursor:
        page = await port.workers(page.next_cursor, 3, None)
        told |= {each.external_id for each in page.items}
    assert told == {str(each) for each in bamboo.store.employees}
    assert page.complete

    with pytest.raises(UpstreamUnavailable, match="changes while it is read"):
        await _read_while_people_leave(bamboo, port)


async def _read_while_people_leave(bamboo: Bamboo, port: BambooHrPort) -> None:
    """Each page's last employee is deleted before the next page is read."""
    page = await port.workers(None, 3, None)
    while page.next_cursor:
        if page.items:
            bamboo.store.delete(bamboo.store.employees[int(page.items[-1].external_id)])
        page = await port.workers(page.next_cursor, 3, None)


async def test_what_changed_and_who_is_gone_is_told_since_an_instant(
    bamboo: Bamboo, open_port: Open
) -> None:
    bamboo.clock.advance(timedelta(hours=1))
    since = bamboo.clock.now()
    port = open_port()
    assert (await port.workers(None, 10, since)).items == []

    bamboo.store.change(bamboo.ada, workEmail="a@haldenridge.example")
    bamboo.store.delete(bamboo.bo)
    new = bamboo.store.add_employee("Cleo", "Marchetti")
    page = await port.workers(None, 10, since)

    assert {each.external_id: each.email for each in page.items} == {
        str(bamboo.ada.id): "a@haldenridge.example",
        str(new.id): "cleo@haldenridge.example",
    }
    assert page.items[0].modified_at == since
    assert page.deleted == [str(bamboo.bo.id)]
    assert not page.complete


async def test_a_long_delta_comes_in_pages(bamboo: Bamboo, open_port: Open) -> None:
    for number in range(9):
        bamboo.store.add_employee(f"Person{number}", "X")
    ever = datetime(2020, 1, 1, tzinfo=UTC)

    found, page = await everybody(open_port(), 4, ever)

    assert len({each.external_id for each in found}) == len(found) == 11
    assert not page.complete


async def test_a_field_that_is_withheld_is_no_missing_value(
    bamboo: Bamboo, open_port: Open
) -> None:
    """Otherwise everybody would lose their e-mail address, and with it their bindings."""
    bamboo.store.faults.restricted = {"workEmail"}

    page = await open_port().workers(None, 10, None)

    assert page.items == []
    assert {each.external_id for each in page.faulty} == {
        str(bamboo.ada.id),
        str(bamboo.bo.id),
    }
    assert {each.reason for each in page.faulty} == {"workEmail: the API key may not read it"}
    with pytest.raises(UpstreamRefused, match="may not read workEmail"):
        await open_port().check()


async def test_whether_somebody_is_a_contractor_may_be_withheld(
    bamboo: Bamboo, open_port: Open
) -> None:
    bamboo.store.faults.restricted = {"employmentStatusName"}

    page = await open_port().workers(None, 10, None)

    assert {each.kind for each in page.items} == {None}
    assert page.faulty == []


async def test_odd_records_are_faulty_and_the_others_are_read(
    bamboo: Bamboo, open_port: Open
) -> None:
    bamboo.store.change(bamboo.bo, hireDate="soon, says Bo")

    page = await open_port().workers(None, 10, None)

    assert [each.name for each in page.items] == ["Ada Lindqvist"]
    (faulty,) = page.faulty
    assert faulty.external_id == str(bamboo.bo.id)
    assert faulty.reason.startswith("hireDate: ")
    assert "says Bo" not in faulty.reason
    assert page.complete


async def test_an_account_that_shows_nobody_is_not_an_empty_company(
    bamboo: Bamboo, open_port: Open
) -> None:
    bamboo.store.employees.clear()

    with pytest.raises(UpstreamRefused) as caught:
        await open_port().workers(None, 10, None)

    assert caught.value.code == "bamboohr_nobody_visible"


async def test_a_wrong_key_and_an_odd_cursor_are_told(bamboo: Bamboo, open_port: Open) -> None:
    with pytest.raises(UpstreamRefused) as caught:
        await open_port(api_key=SecretStr("wrong-key")).workers(None, 10, None)
    assert caught.value.code == "bamboohr_credentials_refused"
    assert "wrong-key" not in caught.value.detail

    with pytest.raises(InvalidRequest):
        await open_port().workers("!", 10, None)


async def test_the_check_says_what_can_be_read(bamboo: Bamboo, open_port: Open) -> None:
    assert await open_port().check() == [
        "2 employees can be read",
        "job histories of 2 that changed since yesterday can be read",
        "1 webhook keys are configured",
    ]
