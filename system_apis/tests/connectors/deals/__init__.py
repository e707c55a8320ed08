"""Deals: a made-up CRM with one account and one deal."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from pydantic import BaseModel

from shared.values import Money
from system_apis.capabilities.connector import ConnectionContext, Connector
from system_apis.capabilities.crm.schemas import (
    Account,
    AccountPage,
    CrmAbilities,
    Engagement,
    EngagementPage,
    EngagementStatus,
)
from system_apis.capabilities.deliveries import NoWebhooks


class DealsSettings(BaseModel):
    base_url: str = "http://127.0.0.1:9"


class DealsPort(NoWebhooks):
    def __init__(self, settings: DealsSettings, context: ConnectionContext) -> None:
        del settings, context

    def abilities(self) -> CrmAbilities:
        return CrmAbilities(
            webhooks=False,
            lists=["accounts", "engagements"],
            deltas=["accounts"],
            deletions=["accounts"],
        )

    async def accounts(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> AccountPage:
        return AccountPage(
            items=[Account(external_id="a1", name="Alder Bank")],
            deleted=["a0"] if changed_since else [],
            complete=changed_since is None,
        )

    async def engagements(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> EngagementPage:
        deal = Engagement(
            external_id="e1",
            name="Ledger migration",
            account_id="a1",
            status=EngagementStatus.WON,
            value=Money(amount=Decimal("125000.50"), currency="EUR"),
        )
        return EngagementPage(items=[deal], complete=True)

    async def check(self) -> Sequence[str]:
        return ["signed in"]

    async def close(self) -> None:
        return None


CONNECTOR = Connector("deals", "Deals", "crm", DealsSettings, DealsPort)
