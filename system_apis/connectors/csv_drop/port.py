"""The capabilities for files: what is known of each list, whatever wrote the files."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter

from shared.problems import ConfigurationError
from system_apis.capabilities.connector import ConnectionContext
from system_apis.capabilities.contract import Contract
from system_apis.capabilities.crm import schemas as crm
from system_apis.capabilities.deliveries import NoWebhooks
from system_apis.capabilities.directory import schemas as directory
from system_apis.capabilities.erp import schemas as erp
from system_apis.capabilities.hcm import schemas as hcm
from system_apis.connectors.csv_drop.lists import Lists, Told
from system_apis.connectors.csv_drop.mapping import LISTS, fields_of
from system_apis.connectors.csv_drop.settings import CsvDropSettings

M = TypeVar("M", bound=Contract)

_NO_POSTINGS = "This ERP writes files of its masters, and takes no postings from Timepost."


class _Files:
    """What all capabilities have in common."""

    capability: str

    def __init__(self, settings: CsvDropSettings, context: ConnectionContext) -> None:
        models = LISTS[self.capability]
        _refuse_wrong_lists(settings, self.capability)
        self._settings = settings
        self._offered = sorted(settings.lists)
        self._lists = Lists(settings, dict(models), context.clock)

    async def check(self) -> Sequence[str]:
        return await self._lists.check()

    async def close(self) -> None:
        """Nothing to close."""

    async def _told(
        self, name: str, model: type[M], cursor: str | None, limit: int, since: datetime | None
    ) -> Told[M]:
        if name not in self._offered:
            return Told([], is_offered=False)
        return await self._lists.page(name, model, cursor, limit, since)


def _refuse_wrong_lists(settings: CsvDropSettings, capability: str) -> None:
    """
    :raises ConfigurationError: a list or a field is none of the capability's.
    """
    models = LISTS[capability]
    for name, own in settings.lists.items():
        if name not in models:
            raise ConfigurationError(
                f"options.lists.{name} is no list of {capability}.",
                action=f"Its lists are {', '.join(models)}.",
            )
        known = fields_of(models[name])
        named = {*own.columns, *own.constants, *own.values}
        if unknown := sorted(named - known):
            raise ConfigurationError(
                f"options.lists.{name} names {', '.join(unknown)}, which it does not have.",
                action=f"Its fields are {', '.join(sorted(known))}.",
            )


class CsvErp(_Files):
    """Implements `ErpPort` for what is read of it; nothing can be posted into a folder."""

    capability = "erp"

    async def abilities(self) -> erp.ErpAbilities:
        return erp.ErpAbilities(
            idempotency=erp.Idempotency.NONE,
            atomic_batch=False,
            max_batch=200,
            readback=False,
            lookup=True,
            reversal_modes=[erp.ReversalMode.NONE],
            negative_quantity=False,
            settle_seconds=0,
        )

    async def post(
        self,
        items: Sequence[erp.PostingRequest],
        deadline: datetime,  # noqa: ARG002 - nothing takes time here
    ) -> Sequence[erp.PostingOutcome]:
        error = erp.ErpError(
            error_class=erp.ErrorClass.REJECTED, vendor_message=_NO_POSTINGS, retriable=False
        )
        return [
            erp.PostingOutcome(
                posting_key=item.posting_key, status=erp.OutcomeStatus.REJECTED, error=error
            )
            for item in items
        ]

    async def look_up(self, items: Sequence[erp.LookupItem]) -> erp.LookupResult:
        """Certainly nothing: nothing is ever posted."""
        return erp.LookupResult(lines=[], missing=[each.posting_key for each in items])

    async def read_lines(self, external_ids: Sequence[str]) -> erp.ReadResult:
        return erp.ReadResult(lines=[], missing=list(external_ids))

    async def legal_entities(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> erp.LegalEntityPage:
        told = await self._told("legal-entities", erp.LegalEntity, cursor, limit, changed_since)
        return erp.LegalEntityPage(items=told.items, next_cursor=told.next_cursor)

    async def workers(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> erp.WorkerPage:
        told = await self._told("workers", erp.Worker, cursor, limit, changed_since)
        return erp.WorkerPage(items=told.items, next_cursor=told.next_cursor)

    async def clients(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> erp.ClientPage:
        told = await self._told("clients", erp.Client, cursor, limit, changed_since)
        return erp.ClientPage(items=told.items, next_cursor=told.next_cursor)

    async def projects(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> erp.ProjectPage:
        told = await self._told("projects", erp.Project, cursor, limit, changed_since)
        return erp.ProjectPage(items=told.items, next_cursor=told.next_cursor)

    async def tasks(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> erp.TaskPage:
        told = await self._told("tasks", erp.Task, cursor, limit, changed_since)
        return erp.TaskPage(items=told.items, next_cursor=told.next_cursor)

    async def periods(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> erp.PeriodPage:
        told = await self._told("periods", erp.AccountingPeriod, cursor, limit, changed_since)
        return erp.PeriodPage(items=told.items, next_cursor=told.next_cursor)


class CsvHcm(_Files, NoWebhooks):
    """Implements `HcmPort`."""

    capability = "hcm"

    def abilities(self) -> hcm.HcmAbilities:
        lists = TypeAdapter(list[hcm.Domain]).validate_python(self._offered)
        own = self._settings.lists.get("assignments")
        return hcm.HcmAbilities(
            webhooks=False,
            lists=lists,
            deltas=lists,
            deletions=lists,
            dated_assignments=own is not None and "valid_from" in own.columns,
        )

    async def workers(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> hcm.WorkerPage:
        told = await self._told("workers", hcm.Worker, cursor, limit, changed_since)
        return hcm.WorkerPage(items=told.items, **_beside(told, changed_since))

    async def org_units(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> hcm.OrgUnitPage:
        told = await self._told("org-units", hcm.OrgUnit, cursor, limit, changed_since)
        return hcm.OrgUnitPage(items=told.items, **_beside(told, changed_since))

    async def cost_centres(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> hcm.CostCentrePage:
        told = await self._told("cost-centres", hcm.CostCentre, cursor, limit, changed_since)
        return hcm.CostCentrePage(items=told.items, **_beside(told, changed_since))

    async def assignments(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> hcm.AssignmentPage:
        told = await self._told("assignments", hcm.Assignment, cursor, limit, changed_since)
        return hcm.AssignmentPage(items=told.items, **_beside(told, changed_since))


class CsvCrm(_Files, NoWebhooks):
    """Implements `CrmPort`."""

    capability = "crm"

    def abilities(self) -> crm.CrmAbilities:
        lists = TypeAdapter(list[crm.Domain]).validate_python(self._offered)
        return crm.CrmAbilities(webhooks=False, lists=lists, deltas=lists, deletions=lists)

    async def accounts(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> crm.AccountPage:
        told = await self._told("accounts", crm.Account, cursor, limit, changed_since)
        return crm.AccountPage(items=told.items, **_beside(told, changed_since))

    async def engagements(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> crm.EngagementPage:
        told = await self._told("engagements", crm.Engagement, cursor, limit, changed_since)
        return crm.EngagementPage(items=told.items, **_beside(told, changed_since))


class CsvDirectory(_Files):
    """Implements `DirectoryPort`."""

    capability = "directory"

    def abilities(self) -> directory.DirectoryAbilities:
        lists = TypeAdapter(list[directory.Domain]).validate_python(self._offered)
        return directory.DirectoryAbilities(lists=lists, deltas=lists, deletions=lists)

    async def users(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> directory.UserPage:
        told = await self._told("users", directory.User, cursor, limit, changed_since)
        return directory.UserPage(items=told.items, **_beside(told, changed_since))

    async def groups(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> directory.GroupPage:
        told = await self._told("groups", directory.Group, cursor, limit, changed_since)
        return directory.GroupPage(items=told.items, **_beside(told, changed_since))


def _beside(told: Told[M], since: datetime | None) -> dict[str, Any]:
    """What stands beside the rows of a page."""
    return {
        "deleted": told.deleted,
        "faulty": told.faulty,
        "next_cursor": told.next_cursor,
        "complete": told.is_offered and since is None and told.next_cursor is None,
    }
