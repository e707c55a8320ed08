"""The capability `crm` for one HubSpot account."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from system_apis.capabilities.connector import ConnectionContext
from system_apis.capabilities.crm.schemas import (
    AccountPage,
    CrmAbilities,
    Engagement,
    EngagementPage,
)
from system_apis.capabilities.master_events import MasterEvent
from system_apis.capabilities.repairing import repair_records
from system_apis.capabilities.repairs import RepairMade, RepairToMake
from system_apis.capabilities.rows import read_rows
from system_apis.connectors.hubspot import webhooks
from system_apis.connectors.hubspot.client import HubSpotClient
from system_apis.connectors.hubspot.lists import Lists
from system_apis.connectors.hubspot.mapping import properties_of, to_account, to_engagement
from system_apis.connectors.hubspot.platform_models import AssociatedCompany, Record
from system_apis.connectors.hubspot.repairing import REPAIRS, CompanyRecords
from system_apis.connectors.hubspot.settings import HubSpotSettings
from system_apis.connectors.hubspot.surroundings import Surroundings


class HubSpotPort:
    """Implements `CrmPort`."""

    def __init__(self, settings: HubSpotSettings, context: ConnectionContext) -> None:
        self._settings = settings
        self._clock = context.clock
        self._client = HubSpotClient(context.http, settings)
        self._lists = Lists(self._client)
        keep_for = timedelta(seconds=settings.keep_lists_seconds)
        self._surroundings = Surroundings(self._client, context.clock, keep_for)

    def abilities(self) -> CrmAbilities:
        return CrmAbilities(
            webhooks=self._settings.webhook_secret is not None,
            lists=["accounts", "engagements"],
            deltas=["accounts", "engagements"],
            deletions=["accounts", "engagements"],
            repairs=REPAIRS,
        )

    async def accounts(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> AccountPage:
        wanted = properties_of("accounts", self._settings)
        page = await self._lists.page(
            "companies", cursor, limit, self._looked_back(changed_since), wanted
        )
        owners = await self._surroundings.owners() if page.rows else {}
        items, faulty = read_rows(
            page.rows, lambda row: to_account(Record.model_validate(row), owners, self._settings)
        )
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
        wanted = properties_of("engagements", self._settings)
        page = await self._lists.page(
            "deals", cursor, limit, self._looked_back(changed_since), wanted
        )
        owners = await self._surroundings.owners() if page.rows else {}
        stages = await self._surroundings.stages() if page.rows else {}
        companies = await self._companies_of(page.rows)

        def engagement(row: Any) -> Engagement:
            found = Record.model_validate(row)
            return to_engagement(found, companies.get(found.id, []), stages, owners, self._settings)

        items, faulty = read_rows(page.rows, engagement)
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
        return await repair_records(CompanyRecords(self._client), items, deadline, self._clock)

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> None:
        webhooks.verify(headers, body, self._settings, self._clock)

    def parse_webhook(
        self,
        headers: Mapping[str, str],  # noqa: ARG002 - the body tells all
        body: bytes,
    ) -> Sequence[MasterEvent]:
        return webhooks.parse(body)

    async def check(self) -> Sequence[str]:
        """
        :raises TimepostProblem: companies, deals, owners or stages cannot be read.
        """
        await self._client.page("companies", None, 1)
        await self._client.page("deals", None, 1)
        owners = await self._surroundings.owners()
        stages = await self._surroundings.stages()
        takes = "deliver here" if self._settings.webhook_secret else "are not configured"
        return [
            "companies and deals can be read",
            f"{len(owners)} owners and {len(stages)} stages of deals found",
            f"webhooks {takes}",
        ]

    async def close(self) -> None:
        """Nothing to close: the HTTP client belongs to the caller."""

    async def _companies_of(self, rows: Sequence[Any]) -> dict[str, list[AssociatedCompany]]:
        deals, _ = read_rows(rows, Record.model_validate)
        if not deals:
            return {}
        found = await self._client.companies_of([each.id for each in deals])
        return {each.deal.id: each.companies for each in found.results}

    def _looked_back(self, since: datetime | None) -> datetime | None:
        return since - timedelta(seconds=self._settings.look_back_seconds) if since else None
