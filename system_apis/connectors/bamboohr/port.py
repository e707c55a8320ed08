"""The capability `hcm` for one company's BambooHR."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from shared.problems import UpstreamRefused
from system_apis.capabilities.connector import ConnectionContext
from system_apis.capabilities.hcm.schemas import (
    AssignmentPage,
    CostCentrePage,
    HcmAbilities,
    OrgUnit,
    OrgUnitPage,
    WorkerPage,
)
from system_apis.capabilities.master_events import MasterEvent
from system_apis.capabilities.repairing import repair_records
from system_apis.capabilities.repairs import RepairMade, RepairToMake
from system_apis.capabilities.rows import read_rows
from system_apis.connectors.bamboohr import webhooks
from system_apis.connectors.bamboohr.assignments import Assignments
from system_apis.connectors.bamboohr.client import BambooHrClient
from system_apis.connectors.bamboohr.mapping import NEEDED, to_org_unit
from system_apis.connectors.bamboohr.platform_models import Employee, Option
from system_apis.connectors.bamboohr.repairing import REPAIRS, EmployeeRecords
from system_apis.connectors.bamboohr.settings import BambooHrSettings
from system_apis.connectors.bamboohr.workers import Workers

_ORG_UNITS = ("department", "division")


class BambooHrPort:
    """Implements `HcmPort`."""

    def __init__(self, settings: BambooHrSettings, context: ConnectionContext) -> None:
        self._settings = settings
        self._clock = context.clock
        self._client = BambooHrClient(context.http, settings)
        self._workers = Workers(self._client, settings)
        self._assignments = Assignments(self._client, settings, context.clock)

    def abilities(self) -> HcmAbilities:
        return HcmAbilities(
            webhooks=bool(self._settings.webhook_keys),
            lists=["workers", "org-units", "assignments"],
            deltas=["workers", "assignments"],
            deletions=["workers"],
            dated_assignments=True,
            repairs=REPAIRS,
        )

    async def workers(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> WorkerPage:
        if changed_since is None:
            return await self._workers.everybody(cursor, limit)
        return await self._workers.changed(cursor, limit, self._looked_back(changed_since))

    async def org_units(
        self,
        cursor: str | None,  # noqa: ARG002 - they are few: always all of them
        limit: int,  # noqa: ARG002
        changed_since: datetime | None,  # noqa: ARG002
    ) -> OrgUnitPage:
        lists = await self._client.lists()
        # Without the list of departments the key's user may not see it.
        page = OrgUnitPage(items=[], complete="department" in {field.alias for field in lists})
        for field in lists:
            if field.alias in _ORG_UNITS:
                kind = str(field.alias)

                def unit(row: object, kind: str = kind) -> OrgUnit:
                    return to_org_unit(Option.model_validate(row), kind)

                items, faulty = read_rows(field.options, unit)
                page.items += items
                page.faulty += faulty
        return page

    async def cost_centres(
        self,
        cursor: str | None,  # noqa: ARG002 - BambooHR has none
        limit: int,  # noqa: ARG002
        changed_since: datetime | None,  # noqa: ARG002
    ) -> CostCentrePage:
        return CostCentrePage(items=[], complete=False)

    async def assignments(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> AssignmentPage:
        since = self._looked_back(changed_since) if changed_since else None
        return await self._assignments.page(cursor, limit, since)

    async def repair(
        self, items: Sequence[RepairToMake], deadline: datetime
    ) -> Sequence[RepairMade]:
        return await repair_records(EmployeeRecords(self._client), items, deadline, self._clock)

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> None:
        webhooks.verify(headers, body, self._settings.webhook_keys, self._clock)

    def parse_webhook(
        self,
        headers: Mapping[str, str],  # noqa: ARG002 - the body tells all
        body: bytes,
    ) -> Sequence[MasterEvent]:
        return webhooks.parse(body)

    async def check(self) -> Sequence[str]:
        """
        :raises TimepostProblem: the account cannot be read, or not enough of it.
        """
        page = await self._client.employees(None, 1)
        people, _ = read_rows(page.data, Employee.model_validate)
        withheld = sorted({name for each in people for name in each.restricted if name in NEEDED})
        if withheld:
            raise UpstreamRefused(
                f"The API key's user may not read {', '.join(withheld)}.",
                action="Give the user access to these fields of everybody.",
                code="bamboohr_fields_withheld",
            )
        history = await self._client.changed_job_history(self._clock.now() - timedelta(days=1))
        return [
            f"{page.meta.total} employees can be read",
            f"job histories of {len(history.employees)} that changed since yesterday can be read",
            f"{len(self._settings.webhook_keys)} webhook keys are configured",
        ]

    async def close(self) -> None:
        """Nothing to close: the HTTP client belongs to the caller."""

    def _looked_back(self, since: datetime) -> datetime:
        return since - timedelta(seconds=self._settings.look_back_seconds)
