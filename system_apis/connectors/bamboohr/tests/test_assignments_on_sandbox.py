"""The job history as assignments, against the running stand-in."""

from datetime import UTC, date, datetime, timedelta

import pytest

from deploy.sandboxes.bamboohr.store import JobRow
from deploy.sandboxes.bamboohr.tests.fixtures import Bamboo
from system_apis.capabilities.hcm.schemas import Assignment
from system_apis.connectors.bamboohr.port import BambooHrPort
from system_apis.connectors.bamboohr.tests.conftest import Open


async def history(port: BambooHrPort, limit: int = 500) -> dict[str, Assignment]:
    found: dict[str, Assignment] = {}
    cursor: str | None = None
    while True:
        page = await port.assignments(cursor, limit, None)
        found |= {each.external_id: each for each in page.items}
        cursor = page.next_cursor
        if cursor is None:
            assert page.complete
            return found


async def test_each_row_lasts_until_the_next_and_the_present_one_has_a_supervisor(
    bamboo: Bamboo, open_port: Open
) -> None:
    found = await history(open_port())

    then, now = found[f"{bamboo.ada.id}:2021-04-01"], found[f"{bamboo.ada.id}:2024-01-01"]
    assert (then.valid_from, then.valid_to) == (date(2021, 4, 1), date(2023, 12, 31))
    assert (now.valid_from, now.valid_to) == (date(2024, 1, 1), None)
    assert (then.legal_entity, now.legal_entity) == ("HRC-AT", "HRC-DE")
    assert then.org_unit_id == f"department:{bamboo.tax.id}"
    assert now.org_unit_id == f"department:{bamboo.audit.id}"
    assert (then.supervisor_id, now.supervisor_id) == (None, str(bamboo.bo.id))
    assert {each.worker_id for each in (then, now)} == {str(bamboo.ada.id)}
    units = {each.external_id: each for each in (await open_port().org_units(None, 9, None)).items}
    assert units[now.org_unit_id or ""].name == "Audit"
    assert {each.kind for each in units.values()} == {"department", "division"}


async def test_a_row_of_the_future_is_not_the_present_one(bamboo: Bamboo, open_port: Open) -> None:
    bamboo.store.add_job(bamboo.ada, JobRow("2027-01-01", "Tax", "HRC-DE"))

    found = await history(open_port())

    assert found[f"{bamboo.ada.id}:2024-01-01"].valid_to == date(2026, 12, 31)
    assert found[f"{bamboo.ada.id}:2024-01-01"].supervisor_id == str(bamboo.bo.id)
    assert found[f"{bamboo.ada.id}:2027-01-01"].supervisor_id is None


async def test_the_last_one_ends_with_the_employment(bamboo: Bamboo, open_port: Open) -> None:
    bamboo.store.change(bamboo.ada, status="Inactive", terminationDate="2026-09-30")

    found = await history(open_port())

    assert found[f"{bamboo.ada.id}:2024-01-01"].valid_to == date(2026, 9, 30)


async def test_an_archived_department_is_still_what_history_names(
    bamboo: Bamboo, open_port: Open
) -> None:
    bamboo.tax.archived = True
    again = bamboo.store.add_option("department", "Audit")
    bamboo.audit.archived = True

    found = await history(open_port())
    units = {each.external_id: each for each in (await open_port().org_units(None, 9, None)).items}

    assert found[f"{bamboo.ada.id}:2024-01-01"].org_unit_id == f"department:{again.id}"
    assert not units[f"department:{bamboo.tax.id}"].active


async def test_pages_hold_whole_people_and_fetch_the_history_once(
    bamboo: Bamboo, open_port: Open
) -> None:
    for number in range(5):
        person = bamboo.store.add_employee(f"Person{number}", "X")
        for year in (2021, 2022, 2023):
            bamboo.store.add_job(person, JobRow(f"{year}-01-01", "Audit", "HRC-DE"))
    port = open_port()
    bamboo.store.requests.clear()

    in_small_pages = await history(port, 4)

    fetched = [each for each in bamboo.store.requests if "/all/tables/" in each]
    assert len(fetched) == 1
    assert len(in_small_pages) == 2 + 1 + 5 * 3
    assert in_small_pages == await history(open_port())


async def test_the_next_listing_sees_what_changed_meanwhile(
    bamboo: Bamboo, open_port: Open
) -> None:
    port = open_port()
    first = await port.assignments(None, 1, None)
    assert first.next_cursor
    bamboo.store.add_job(bamboo.ada, JobRow("2026-12-01", "Tax", "HRC-DE"))

    assert f"{bamboo.ada.id}:2026-12-01" in await history(port)


async def test_a_history_that_was_kept_too_long_is_fetched_again(
    bamboo: Bamboo, open_port: Open
) -> None:
    port = open_port(keep_history_seconds=60)
    first = await port.assignments(None, 1, None)
    bamboo.clock.advance(timedelta(seconds=61))
    bamboo.store.add_job(bamboo.ada, JobRow("2026-12-01", "Tax", "HRC-DE"))

    rest = await port.assignments(first.next_cursor, 9, None)

    assert f"{bamboo.ada.id}:2026-12-01" in {each.external_id for each in rest.items}


async def test_only_those_who_changed_are_told_since_an_instant(
    bamboo: Bamboo, open_port: Open
) -> None:
    bamboo.clock.advance(timedelta(hours=1))
    since = bamboo.clock.now()
    port = open_port()
    assert (await port.assignments(None, 10, since)).items == []

    bamboo.store.change(bamboo.ada, workEmail="a@haldenridge.example")
    page = await port.assignments(None, 10, since)

    assert {each.worker_id for each in page.items} == {str(bamboo.ada.id)}
    assert len(page.items) == 2
    assert not page.complete
    whole = await port.assignments(None, 10, datetime(2020, 1, 1, tzinfo=UTC))
    assert len(whole.items) == 3


@pytest.mark.parametrize("column", ["department", "division"])
async def test_a_column_that_is_withheld_is_no_missing_value(
    bamboo: Bamboo, open_port: Open, column: str
) -> None:
    bamboo.store.faults.restricted_columns = {column}

    page = await open_port().assignments(None, 10, None)

    assert page.items == []
    assert {each.reason for each in page.faulty} == {f"{column}: the API key may not read it"}
    assert all(each.external_id for each in page.faulty)


async def test_odd_rows_are_faulty_by_their_place_in_history(
    bamboo: Bamboo, open_port: Open
) -> None:
    bamboo.store.add_job(bamboo.ada, JobRow("0000-00-00", "Audit", "HRC-DE"))
    bamboo.store.add_job(bamboo.ada, JobRow("2022-02-02", "x" * 600, "HRC-DE"))
    bamboo.store.faults.restricted = {"reportsToId"}
    unseen = await open_port().assignments(None, 10, None)
    bamboo.store.faults.restricted = set()

    page = await open_port().assignments(None, 10, None)

    assert unseen.items == []
    told = {each.external_id: each.reason.split(":")[0] for each in page.faulty}
    assert told == {None: "date", f"{bamboo.ada.id}:2022-02-02": "org_unit_name"}
    assert len(page.items) == 3


async def test_two_rows_of_one_day_have_ids_of_their_own(bamboo: Bamboo, open_port: Open) -> None:
    bamboo.store.add_job(bamboo.bo, JobRow("2020-03-01", "Tax", "HRC-DE"))

    first, again = await history(open_port()), await history(open_port())

    own = {
        key: each.org_unit_name for key, each in first.items() if key.startswith(f"{bamboo.bo.id}:")
    }
    assert set(own) == {f"{bamboo.bo.id}:2020-03-01", f"{bamboo.bo.id}:2020-03-01#2"}
    assert first == again
