"""Accounts and opportunities, full and as deltas, against the running stand-in."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from deploy.sandboxes.salesforce.tests.fixtures import Org
from shared.problems import InvalidRequest, UpstreamRefused
from shared.values import Money
from system_apis.capabilities.crm.schemas import EngagementStatus
from system_apis.capabilities.master_lists import MasterPage
from system_apis.connectors.salesforce.tests.conftest import Open

List = Callable[[str | None, int, datetime | None], Awaitable[MasterPage]]


async def everything(
    pages: List, limit: int = 500, since: datetime | None = None
) -> tuple[list[Any], list[str], bool]:
    """All rows, all deletions, and whether the last page says that they are complete."""
    rows: list[Any] = []
    deleted: list[str] = []
    cursor: str | None = None
    while True:
        page = await pages(cursor, limit, since)
        rows += getattr(page, "items")  # noqa: B009 - every page has them
        deleted += page.deleted
        cursor = page.next_cursor
        if cursor is None:
            return rows, deleted, page.complete


async def test_accounts_are_read_with_parent_number_and_owner(org: Org, open_port: Open) -> None:
    accounts, deleted, complete = await everything(open_port().accounts)

    alder, birch = accounts
    assert (alder.external_id, alder.name, alder.code) == (org.alder.id, "Alder Bank", "C-100")
    assert alder.owner.model_dump() == {
        "external_id": org.eva.id,
        "name": "Eva Moreau",
        "email": "eva@haldenridge.example",
    }
    assert (birch.parent_id, birch.owner, birch.currency) == (org.alder.id, None, None)
    assert alder.modified_at == org.clock.now()
    assert (deleted, complete) == ([], True)


async def test_opportunities_become_engagements(org: Org, open_port: Open) -> None:
    engagements, _, complete = await everything(open_port().engagements)

    migration, audit = engagements
    assert complete
    assert (migration.name, migration.account_id) == ("Ledger migration", org.alder.id)
    assert migration.value == Money(amount=Decimal("125000.5"), currency="EUR")
    assert (migration.status, migration.stage) == (EngagementStatus.WON, "Closed Won")
    assert (migration.close_date, migration.start_date) == (date(2026, 10, 31), date(2026, 11, 1))
    assert (migration.po_number, migration.code, migration.end_date) == ("PO-7", None, None)
    assert (audit.status, audit.value) == (EngagementStatus.OPEN, None)
    org.store.change(org.audit, IsClosed=True)
    engagements, _, _ = await everything(open_port().engagements)
    assert engagements[1].status == EngagementStatus.LOST


async def test_amounts_are_decimals_from_the_wire_on(org: Org, open_port: Open) -> None:
    org.store.change(org.migration, Amount=0.1)

    engagements, _, _ = await everything(open_port().engagements)

    assert engagements[0].value.amount == Decimal("0.1")


async def test_in_an_org_with_several_currencies_records_have_their_own(
    org: Org, open_port: Open
) -> None:
    with pytest.raises(UpstreamRefused) as caught:
        await open_port(multi_currency=True).accounts(None, 10, None)
    assert caught.value.code == "salesforce_field_unknown"
    assert "multi_currency" in caught.value.action

    org.store.multi_currency = True
    org.store.change(org.migration, CurrencyIsoCode="USD")
    org.store.change(org.alder, CurrencyIsoCode="USD")
    port = open_port(multi_currency=True)

    accounts, _, _ = await everything(port.accounts)
    engagements, _, _ = await everything(port.engagements)

    assert accounts[0].currency == "USD"
    assert engagements[0].value.currency == "USD"


async def test_everything_is_told_once_whatever_the_pages_and_the_answers(
    org: Org, open_port: Open
) -> None:
    """Salesforce decides how many rows an answer has; the rest is fetched for the same page."""
    for number in range(23):
        org.store.add("Account", Name=f"Company {number}")
    org.store.faults.split_after = 3

    for limit in (1, 7, 25, 500):
        accounts, _, complete = await everything(open_port().accounts, limit)
        assert complete
        assert len({each.external_id for each in accounts}) == len(accounts) == 25


async def test_what_is_deleted_while_pages_are_read_shifts_nothing(
    org: Org, open_port: Open
) -> None:
    others = [org.store.add("Account", Name=f"Company {number}") for number in range(6)]
    port = open_port()
    first = await port.accounts(None, 3, None)
    org.store.delete(org.alder)

    told = {each.external_id for each in first.items}
    cursor = first.next_cursor
    while cursor:
        page = await port.accounts(cursor, 3, None)
        told |= {each.external_id for each in page.items}
        cursor = page.next_cursor

    assert {each.id for each in others} < told
    assert page.complete
    assert org.alder.id not in {each.external_id for each in (await everything(port.accounts))[0]}


async def test_what_changed_and_what_is_gone_is_told_since_an_instant(
    org: Org, open_port: Open
) -> None:
    gone = org.store.add("Account", Name="Long gone")
    org.store.delete(gone)
    org.clock.advance(timedelta(hours=1))
    since = org.clock.now()
    port = open_port()
    assert await everything(port.accounts, since=since) == ([], [], False)

    org.store.change(org.birch, Name="Birch SE")
    org.store.delete(org.alder)
    accounts, deleted, complete = await everything(port.accounts, 1, since)

    assert [each.name for each in accounts] == ["Birch SE"]
    assert deleted == [org.alder.id]
    assert not complete


async def test_a_session_that_ends_is_opened_again_once(org: Org, open_port: Open) -> None:
    port = open_port()
    await port.accounts(None, 10, None)
    org.store.faults.expired = set(org.store.sessions)

    page = await port.accounts(None, 10, None)

    assert len(page.items) == 2
    logins = [each for each in org.store.requests if "/oauth2/token" in each]
    assert len(logins) == 2


async def test_both_ways_to_sign_in(org: Org, open_port: Open) -> None:
    user = {"username": "timepost@haldenridge.example", "password": "passwordtoken"}

    assert len((await open_port(**user).accounts(None, 10, None)).items) == 2

    for wrong in ({"client_secret": "no"}, {**user, "password": "s3cret-word"}):
        with pytest.raises(UpstreamRefused) as caught:
            await open_port(**wrong).accounts(None, 10, None)
        assert caught.value.code == "salesforce_login_refused"
        assert "s3cret-word" not in caught.value.detail
        assert "haldenridge" not in caught.value.detail


async def test_odd_records_are_faulty_and_the_others_are_read(org: Org, open_port: Open) -> None:
    org.store.change(org.birch, Name=" ")
    org.store.change(org.audit, Project_Start__c="soon, says Bo")
    odd = org.store.add("Opportunity", Name="No flags")

    accounts = await open_port().accounts(None, 100, None)
    engagements = await open_port().engagements(None, 100, None)

    assert [(each.external_id, each.reason) for each in accounts.faulty] == [
        (org.birch.id, "Name: is empty")
    ]
    told = {each.external_id: each.reason for each in engagements.faulty}
    assert told[org.audit.id] == "Project_Start__c: is no date"
    assert told[odd.id].startswith("IsClosed: ")
    assert [each.name for each in engagements.items] == ["Ledger migration"]
    assert (accounts.complete, engagements.complete) == (True, True)


async def test_a_field_that_the_profile_hides_is_told_and_empties_nothing(
    org: Org, open_port: Open
) -> None:
    org.store.faults.hidden = {"PO_Number__c"}

    with pytest.raises(UpstreamRefused) as caught:
        await open_port().engagements(None, 10, None)

    assert caught.value.code == "salesforce_field_unknown"
    assert "profile" in caught.value.action


@pytest.mark.parametrize("cursor", ["!", "eyJiZXlvbmQiOiAiMDAxJyBPUiBOYW1lID0gJyJ9", "e30="])
async def test_a_cursor_of_somebody_else_never_becomes_part_of_a_query(
    org: Org, open_port: Open, cursor: str
) -> None:
    with pytest.raises(InvalidRequest):
        await open_port().accounts(cursor, 10, datetime(2020, 1, 1, tzinfo=UTC))

    assert org.store.requests == []


async def test_the_check_says_what_can_be_read_and_how_many_calls_are_used(
    org: Org, open_port: Open
) -> None:
    assert await open_port().check() == [
        "accounts and opportunities can be read, with all fields",
        "2 of the org's 15000 calls a day are used",
    ]
