"""The capabilities `directory` and `hcm` for one SCIM service."""

from collections.abc import Sequence
from datetime import UTC, datetime

from shared.problems import UpstreamRefused
from system_apis.capabilities.connector import ConnectionContext
from system_apis.capabilities.deliveries import NoWebhooks
from system_apis.capabilities.directory.schemas import DirectoryAbilities, GroupPage, UserPage
from system_apis.capabilities.hcm.schemas import (
    Assignment,
    AssignmentPage,
    CostCentrePage,
    HcmAbilities,
    OrgUnitPage,
    Worker,
    WorkerPage,
)
from system_apis.capabilities.repairing import Values, repair_records
from system_apis.capabilities.repairs import RepairMade, RepairToMake
from system_apis.connectors.scim import mapping
from system_apis.connectors.scim.client import ScimClient
from system_apis.connectors.scim.platform_models import Group, User
from system_apis.connectors.scim.repairing import REPAIRS, UserRecords
from system_apis.connectors.scim.scan import Scan, read
from system_apis.connectors.scim.settings import ScimSettings

_FAR_OFF = datetime(2099, 1, 1, tzinfo=UTC)


class ScimDirectory:
    """Implements `DirectoryPort`."""

    def __init__(self, settings: ScimSettings, context: ConnectionContext) -> None:
        self._settings = settings
        self._clock = context.clock
        self._client = ScimClient(context.http, settings)
        self._scan = Scan(self._client, settings)

    def abilities(self) -> DirectoryAbilities:
        deltas = self._settings.delta
        return DirectoryAbilities(
            lists=["users", "groups"],
            deltas=["users", "groups"] if deltas else [],
            deletions=[],
            repairs=REPAIRS,
        )

    async def users(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> UserPage:
        page = await self._scan.page("Users", cursor, limit, changed_since)
        items, faulty = read(page, User, mapping.to_user)
        return UserPage(
            items=items, faulty=faulty, next_cursor=page.next_cursor, complete=page.complete
        )

    async def groups(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> GroupPage:
        page = await self._scan.page("Groups", cursor, limit, changed_since)
        items, faulty = read(page, Group, mapping.to_group)
        return GroupPage(
            items=items, faulty=faulty, next_cursor=page.next_cursor, complete=page.complete
        )

    async def repair(
        self, items: Sequence[RepairToMake], deadline: datetime
    ) -> Sequence[RepairMade]:
        def values_of(found: User) -> Values:
            user = mapping.to_user(found)
            return {"name": user.name, "email": user.email, "cost_centre": user.cost_centre}

        records = UserRecords(self._client, values_of)
        return await repair_records(records, items, deadline, self._clock)

    async def check(self) -> Sequence[str]:
        return await _check(self._client, self._settings)

    async def close(self) -> None:
        """Nothing to close: the HTTP client belongs to the caller."""


class ScimHcm(NoWebhooks):
    """Implements `HcmPort`, with what a directory knows of workers."""

    def __init__(self, settings: ScimSettings, context: ConnectionContext) -> None:
        self._settings = settings
        self._clock = context.clock
        self._client = ScimClient(context.http, settings)
        self._scan = Scan(self._client, settings)

    def abilities(self) -> HcmAbilities:
        return HcmAbilities(
            webhooks=False,
            lists=["workers", "assignments"],
            deltas=["workers", "assignments"] if self._settings.delta else [],
            deletions=[],
            dated_assignments=False,
            repairs=REPAIRS,
        )

    async def workers(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> WorkerPage:
        page = await self._scan.page("Users", cursor, limit, changed_since)
        items, faulty = read(page, User, self._worker)
        return WorkerPage(
            items=items, faulty=faulty, next_cursor=page.next_cursor, complete=page.complete
        )

    async def org_units(
        self,
        cursor: str | None,  # noqa: ARG002 - the port's
        limit: int,  # noqa: ARG002
        changed_since: datetime | None,  # noqa: ARG002
    ) -> OrgUnitPage:
        return OrgUnitPage(items=[], complete=False)

    async def cost_centres(
        self,
        cursor: str | None,  # noqa: ARG002 - the port's
        limit: int,  # noqa: ARG002
        changed_since: datetime | None,  # noqa: ARG002
    ) -> CostCentrePage:
        return CostCentrePage(items=[], complete=False)

    async def assignments(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> AssignmentPage:
        page = await self._scan.page("Users", cursor, limit, changed_since)
        items, faulty = read(page, User, self._assignment)
        return AssignmentPage(
            items=items, faulty=faulty, next_cursor=page.next_cursor, complete=page.complete
        )

    async def repair(
        self, items: Sequence[RepairToMake], deadline: datetime
    ) -> Sequence[RepairMade]:
        def values_of(found: User) -> Values:
            worker = mapping.to_worker(found, self._settings)
            centre = found.enterprise.cost_center
            return {"name": worker.name, "email": worker.email, "cost_centre": centre}

        records = UserRecords(self._client, values_of)
        return await repair_records(records, items, deadline, self._clock)

    async def check(self) -> Sequence[str]:
        return await _check(self._client, self._settings)

    async def close(self) -> None:
        """Nothing to close: the HTTP client belongs to the caller."""

    def _worker(self, user: User) -> Worker | None:
        is_one = mapping.is_worker(user, self._settings)
        return mapping.to_worker(user, self._settings) if is_one else None

    def _assignment(self, user: User) -> Assignment | None:
        is_one = mapping.is_worker(user, self._settings)
        return mapping.to_assignment(user, self._settings) if is_one else None


async def _check(client: ScimClient, settings: ScimSettings) -> list[str]:
    """
    :raises TimepostProblem: users or groups are out of reach, or a filter by date is ignored.
    """
    users = await client.list("Users", 1, 2, None)
    groups = await client.list("Groups", 1, 2, None)
    told = [f"{users.total_results} users and {groups.total_results} groups can be read"]
    if settings.delta:
        later = await client.list("Users", 1, 2, _FAR_OFF)
        if later.total_results:
            raise UpstreamRefused(
                "The SCIM service ignores the filter by meta.lastModified: asked for the year 2099 "
                "it gives what there is now.",
                action="Set delta = false.",
                code="scim_filter_ignored",
            )
        told.append("changes can be asked for by meta.lastModified")
    return told
