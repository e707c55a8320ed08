"""A running stand-in with two clients and a deal with each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from deploy.sandboxes.clockify.background import serving
from deploy.sandboxes.hubspot import Store, create_sandbox
from deploy.sandboxes.hubspot.store import Owner, Record
from shared.values import FixedClock


@dataclass
class Hub:
    """Where it is, and what is in it."""

    url: str
    clock: FixedClock
    store: Store
    eva: Owner
    alder: Record
    birch: Record
    migration: Record
    audit: Record


@pytest.fixture
def hub() -> Iterator[Hub]:
    clock = FixedClock(datetime(2026, 11, 20, 9, 0, tzinfo=UTC))
    app = create_sandbox(clock)
    store: Store = app.state.store
    eva = store.add_owner("Eva", "Moreau")
    owner = str(eva.id)
    alder = store.add("companies", name="Alder Bank", account_no="C-100", hubspot_owner_id=owner)
    birch = store.add("companies", name="Birch AG", hs_parent_company_id=str(alder.id))
    migration = store.add(
        "deals",
        dealname="Ledger migration",
        amount="125000.50",
        deal_currency_code="EUR",
        dealstage="closedwon",
        pipeline="default",
        closedate="2026-10-31T23:30:00Z",
        hubspot_owner_id=owner,
        start_date="2026-11-01",
        po_number="PO-7",
    )
    audit = store.add("deals", dealname="Audit 2026", dealstage="contractsent", pipeline="default")
    store.associate(migration, alder)
    store.associate(migration, birch, primary=False)
    store.associate(audit, birch, primary=False)
    with serving(app) as url:
        yield Hub(url, clock, store, eva, alder, birch, migration, audit)
