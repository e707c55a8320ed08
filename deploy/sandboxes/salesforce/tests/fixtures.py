"""A running stand-in with two clients and two opportunities."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest

from deploy.sandboxes.clockify.background import serving
from deploy.sandboxes.salesforce import Store, create_sandbox
from deploy.sandboxes.salesforce.store import Record
from shared.values import FixedClock


@dataclass
class Org:
    """Where it is, and what is in it."""

    url: str
    clock: FixedClock
    store: Store
    eva: Record
    alder: Record
    birch: Record
    migration: Record
    audit: Record


@pytest.fixture
def org() -> Iterator[Org]:
    clock = FixedClock(datetime(2026, 11, 20, 9, 0, tzinfo=UTC))
    app = create_sandbox(clock)
    store: Store = app.state.store
    store.custom["Opportunity"] = {"Project_Start__c", "PO_Number__c"}
    eva = store.add("User", Name="Eva Moreau", Email="eva@haldenridge.example")
    alder = store.add("Account", Name="Alder Bank", AccountNumber="C-100", OwnerId=eva.id)
    birch = store.add("Account", Name="Birch AG", ParentId=alder.id)
    migration = store.add(
        "Opportunity",
        Name="Ledger migration",
        AccountId=alder.id,
        StageName="Closed Won",
        IsClosed=True,
        IsWon=True,
        Amount=125000.5,
        CloseDate=date(2026, 10, 31),
        OwnerId=eva.id,
        Project_Start__c=date(2026, 11, 1),
        PO_Number__c="PO-7",
    )
    audit = store.add(
        "Opportunity",
        Name="Audit 2026",
        AccountId=birch.id,
        StageName="Proposal",
        IsClosed=False,
        IsWon=False,
        CloseDate=date(2026, 12, 15),
    )
    with serving(app) as url:
        yield Org(url, clock, store, eva, alder, birch, migration, audit)
