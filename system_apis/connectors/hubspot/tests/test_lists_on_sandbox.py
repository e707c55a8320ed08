"""Companies and deals, full and as deltas, against the running stand-in."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr

from deploy.sandboxes.hubspot.tests.fixtures import Hub
from shared.problems import InvalidRequest, UpstreamRefused
from shared.values import Money
from system_apis.capabilities.crm.schemas import EngagementStatus
from system_apis.capabilities.master_lists import MasterPage
from system_apis.connectors.hubspot.tests.conftest import Open

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


async def test_companies_become_accounts(hub: Hub, open_port: Open) -> None:
    accounts, deleted, complete = await everything(open_port().accounts)

    alder, birch = accounts
    assert (alder.external_id, alder.name, alder.code) == (str(hub.alder.id), "Alder Bank", "C-100")
    assert alder.owner.model_dump() == {
        "external_id": str(hub.eva.id),
        "name": "Eva Moreau",
        "email": "eva@haldenridge.example",
    }
    assert (birch.parent_id, birch.owner, birch.code) == (str(hub.alder.id), None, None)
    assert alder.modified_at == hub.clock.now()
    assert (deleted, complete) == ([], True)


async def test_deals_become_engagements_with_what_was_agreed(hub: Hub, open_port: Open) -> None:
    engagements, _, complete = await everything(open_port().engagements)

    migration, audit = engagements
    assert complete
    assert (migration.name, migration.account_id) == ("Ledger migration", str(hub.alder.id))
    assert migration.value == Money(amount=Decimal("125000.50"), currency="EUR")
    assert (migration.status, migration.stage) == (EngagementStatus.WON, "Closed Won")
    assert migration.close_date == date(2026, 11, 1), "half past midnight in Berlin"
    assert (migration.start_date, migration.po_number) == (date(2026, 11, 1), "PO-7")
    assert (audit.status, audit.value) == (EngagementStatus.OPEN, None)
    assert audit.account_id == str(hub.birch.id), "the only one, though not called primary"


async def test_the_accounts_own_currency_is_that_of_deals_without_one(
    hub: Hub, open_port: Open
) -> None:
    hub.store.change(hub.audit, amount="10", dealstage="closedlost")

    engagements, _, _ = await everything(open_port().engagements)

    assert engagements[1].value == Money(amount=Decimal(10), currency="USD")
    assert engagements[1].status == EngagementStatus.LOST


async def test_everything_is_told_once_whatever_the_size_of_the_pages(
    hub: Hub, open_port: Open
) -> None:
    for number in range(113):
        hub.store.add("companies", name=f"Company {number}")

    for limit in (7, 100, 500):
        accounts, _, complete = await everything(open_port().accounts, limit)
        assert complete
        assert len({each.external_id for each in accounts}) == len(accounts) == 115


async def test_what_is_deleted_while_pages_are_read_shifts_nothing(
    hub: Hub, open_port: Open
) -> None:
    others = [hub.store.add("companies", name=f"Company {number}") for number in range(6)]
    port = open_port()
    first = await port.accounts(None, 3, None)
    hub.store.archive(hub.alder)

    told = {each.external_id for each in first.items}
    cursor = first.next_cursor
    while cursor:
        page = await port.accounts(cursor, 3, None)
        told |= {each.external_id for each in page.items}
        cursor = page.next_cursor

    assert {str(each.id) for each in others} < told
    assert page.complete


async def test_what_changed_and_what_is_gone_is_told_since_an_instant(
    hub: Hub, open_port: Open
) -> None:
    long_gone = hub.store.add("companies", name="Long gone")
    hub.store.archive(long_gone)
    hub.clock.advance(timedelta(hours=1))
    since = hub.clock.now()
    port = open_port()
    assert await everything(port.accounts, since=since) == ([], [], False)

    hub.store.change(hub.birch, name="Birch SE")
    hub.store.archive(hub.alder)
    accounts, deleted, complete = await everything(port.accounts, since=since)

    assert [each.name for each in accounts] == ["Birch SE"]
    assert deleted == [str(hub.alder.id)]
    assert not complete


async def test_deals_of_a_delta_have_their_accounts_too(hub: Hub, open_port: Open) -> None:
    """A search tells no associations: they are read beside it."""
    ever = datetime(2020, 1, 1, tzinfo=UTC)

    engagements, _, _ = await everything(open_port().engagements, since=ever)

    assert [each.account_id for each in engagements] == [str(hub.alder.id), str(hub.birch.id)]


async def test_a_delta_of_more_hits_than_a_search_gives_is_told_whole(
    hub: Hub, open_port: Open
) -> None:
    """10,000 in truth; beyond that a search refuses to page on."""
    hub.store.most_hits = 50
    for number in range(130):
        hub.store.add("companies", name=f"Company {number}")
    ever = datetime(2020, 1, 1, tzinfo=UTC)

    rows, _, _ = await everything(open_port().accounts, 20, ever)

    assert [each.external_id for each in rows] == [
        str(number) for number in hub.store.records["companies"]
    ]


async def test_a_search_that_lags_is_asked_for_earlier_changes(hub: Hub, open_port: Open) -> None:
    hub.clock.advance(timedelta(hours=1))
    hub.store.change(hub.birch, name="Birch SE")
    hub.store.faults.index_lag = 60
    first_try = hub.clock.now()
    assert (await everything(open_port().accounts, since=first_try))[0] == []
    hub.clock.advance(timedelta(minutes=4))

    # The next delta begins where the last one ended, and looks back.
    second_try = first_try + timedelta(seconds=1)
    rows, _, _ = await everything(open_port(look_back_seconds=300).accounts, since=second_try)

    assert [each.name for each in rows] == ["Birch SE"]


async def test_odd_records_are_faulty_and_the_others_are_read(hub: Hub, open_port: Open) -> None:
    hub.store.change(hub.birch, name=" ")
    hub.store.change(hub.audit, amount="a lot, says Bo")
    several = hub.store.add("deals", dealname="Two", dealstage="contractsent", pipeline="default")
    hub.store.associate(several, hub.alder, primary=False)
    hub.store.associate(several, hub.birch, primary=False)
    lost = hub.store.add("deals", dealname="Lost stage", dealstage="2741", pipeline="default")

    accounts = await open_port().accounts(None, 100, None)
    deals = await open_port().engagements(None, 100, None)

    assert [(each.external_id, each.reason) for each in accounts.faulty] == [
        (str(hub.birch.id), "name: is empty")
    ]
    assert {each.external_id: each.reason for each in deals.faulty} == {
        str(hub.audit.id): "amount: is no number",
        str(several.id): "companies: several, and none of them is the primary one",
        str(lost.id): "dealstage: is in none of the pipelines",
    }
    assert [each.name for each in deals.items] == ["Ledger migration"]
    assert deals.complete


async def test_owners_and_stages_are_read_once_and_then_again(hub: Hub, open_port: Open) -> None:
    for number in range(150):
        hub.store.add_owner(f"Person{number}", "X")
    port = open_port(keep_lists_seconds=60)
    last = hub.store.owners[-1]
    hub.store.change(hub.birch, hubspot_owner_id=str(last.id))

    accounts, _, _ = await everything(port.accounts, 1)
    assert accounts[1].owner.email == last.email

    read = [each for each in hub.store.requests if "/owners" in each]
    assert len(read) == 2, "two pages, once"
    hub.store.owners.remove(last)
    hub.clock.advance(timedelta(seconds=61))
    accounts, _, _ = await everything(port.accounts)
    assert (accounts[1].owner.external_id, accounts[1].owner.email) == (str(last.id), None)


async def test_a_wrong_token_and_an_odd_cursor_are_told(hub: Hub, open_port: Open) -> None:
    with pytest.raises(UpstreamRefused) as caught:
        await open_port(token=SecretStr("wrong-token")).accounts(None, 10, None)
    assert caught.value.code == "hubspot_credentials_refused"
    assert "wrong-token" not in caught.value.detail

    with pytest.raises(InvalidRequest):
        await open_port().accounts("!", 10, None)


async def test_the_check_says_what_can_be_read_and_what_is_missing(
    hub: Hub, open_port: Open
) -> None:
    assert await open_port().check() == [
        "companies and deals can be read",
        "1 owners and 4 stages of deals found",
        "webhooks deliver here",
    ]

    hub.store.faults.missing_scopes = {"deals"}
    with pytest.raises(UpstreamRefused) as caught:
        await open_port().check()
    assert caught.value.code == "hubspot_scope_missing"
