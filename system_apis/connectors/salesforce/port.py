"""The capability `crm` for one Salesforce org."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from system_apis.capabilities.connector import ConnectionContext
from system_apis.capabilities.crm.schemas import AccountPage, CrmAbilities, EngagementPage
from system_apis.capabilities.deliveries import NoWebhooks
from system_apis.capabilities.repairing import repair_records
from system_apis.capabilities.repairs import RepairMade, RepairToMake
from system_apis.capabilities.rows import read_rows, under
from system_apis.connectors.salesforce.client import SalesforceClient
from system_apis.connectors.salesforce.lists import Lists
from system_apis.connectors.salesforce.mapping import fields_of, to_account, to_engagement
from system_apis.connectors.salesforce.repairing import REPAIRS, AccountRecords
from system_apis.connectors.salesforce.settings import SalesforceSettings

_ID = under("Id")


class SalesforcePort(NoWebhooks):
    """Implements `CrmPort`."""

    def __init__(self, settings: SalesforceSettings, context: ConnectionContext) -> None:
        self._settings = settings
        self._clock = context.clock
        self._client = SalesforceClient(context.http, settings, context.clock)
        self._lists = Lists(self._client)

    def abilities(self) -> CrmAbilities:
        return CrmAbilities(
            webhooks=False,
            lists=["accounts", "engagements"],
            deltas=["accounts", "engagements"],
            deletions=["accounts", "engagements"],
            repairs=REPAIRS,
        )

    async def accounts(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> AccountPage:
        fields = fields_of("accounts", self._settings)
        since = self._looked_back(changed_since)
        page = await self._lists.page("Account", fields, cursor, limit, since)
        items, faulty = read_rows(page.rows, lambda row: to_account(row, self._settings), _ID)
        return AccountPage(
            items=items,
            faulty=faulty,
            deleted=page.deleted,
            next_cursor=page.next_cursor,
            complete=page.complete,
        )

    async def engagements(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> EngagementPage:
        fields = fields_of("engagements", self._settings)
        since = self._looked_back(changed_since)
        page = await self._lists.page("Opportunity", fields, cursor, limit, since)
        items, faulty = read_rows(page.rows, lambda row: to_engagement(row, self._settings), _ID)
        return EngagementPage(
            items=items,
            faulty=faulty,
            deleted=page.deleted,
            next_cursor=page.next_cursor,
            complete=page.complete,
        )

    async def repair(
        self, items: Sequence[RepairToMake], deadline: datetime
    ) -> Sequence[RepairMade]:
        return await repair_records(AccountRecords(self._client), items, deadline, self._clock)

    async def check(self) -> Sequence[str]:
        """
        :raises TimepostProblem: the login, accounts, opportunities or a field is out of reach.
        """
        await self._lists.page("Account", fields_of("accounts", self._settings), None, 1, None)
        await self._lists.page(
            "Opportunity", fields_of("engagements", self._settings), None, 1, None
        )
        told = ["accounts and opportunities can be read, with all fields"]
        if self._client.usage:
            used, total = self._client.usage
            told.append(f"{used} of the org's {total} calls a day are used")
        return told

    async def close(self) -> None:
        """Nothing to close: the HTTP client belongs to the caller."""

    def _looked_back(self, since: datetime | None) -> datetime | None:
        return since - timedelta(seconds=self._settings.look_back_seconds) if since else None
