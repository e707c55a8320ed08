"""Staff: a made-up HCM that is a directory as well, with one of everything."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from pydantic import BaseModel

from shared.problems import Unauthenticated
from system_apis.capabilities.connector import ConnectionContext, Connector
from system_apis.capabilities.deliveries import UnreadableWebhook
from system_apis.capabilities.directory.schemas import (
    DirectoryAbilities,
    Group,
    GroupMember,
    GroupPage,
    User,
    UserPage,
)
from system_apis.capabilities.hcm.schemas import (
    Assignment,
    AssignmentPage,
    CostCentre,
    CostCentrePage,
    HcmAbilities,
    OrgUnit,
    OrgUnitPage,
    Worker,
    WorkerPage,
    WorkerStatus,
)
from system_apis.capabilities.master_events import MasterEvent
from system_apis.capabilities.master_lists import FaultyRow
from system_apis.capabilities.repairs import RepairMade, RepairStatus, RepairToMake

HIRED = date(2020, 3, 1)


class StaffSettings(BaseModel):
    base_url: str = "http://127.0.0.1:9"


class StaffHcm:
    def __init__(self, settings: StaffSettings, context: ConnectionContext) -> None:
        self._entities = context.legal_entities

    def abilities(self) -> HcmAbilities:
        return HcmAbilities(
            webhooks=True,
            lists=["workers", "org-units", "cost-centres", "assignments"],
            deltas=["workers"],
            deletions=[],
            dated_assignments=True,
        )

    async def workers(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> WorkerPage:
        worker = Worker(
            external_id="1", name="Lena", status=WorkerStatus.ACTIVE, modified_at=changed_since
        )
        return WorkerPage(
            items=[worker],
            next_cursor=cursor,
            faulty=[FaultyRow(external_id="2", reason="hire_date: is no date")],
            complete=changed_since is None,
        )

    async def org_units(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> OrgUnitPage:
        return OrgUnitPage(items=[OrgUnit(external_id="d1", name="Audit")], complete=True)

    async def cost_centres(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> CostCentrePage:
        centre = CostCentre(external_id="c1", code="4100", name="Audit")
        return CostCentrePage(items=[centre], complete=True)

    async def assignments(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> AssignmentPage:
        assignment = Assignment(
            external_id="1:2020-03-01",
            worker_id="1",
            valid_from=HIRED,
            legal_entity=self._entities[0],
        )
        return AssignmentPage(items=[assignment], complete=True)

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> None:
        if headers.get("x-staff-key") != "staff-key":
            raise Unauthenticated("The key is not Staff's.")

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[MasterEvent]:
        try:
            changed = json.loads(body)
        except ValueError:
            raise UnreadableWebhook("it is not JSON.") from None
        return [MasterEvent(domain="workers", subject=each) for each in changed["workers"]]

    async def check(self) -> Sequence[str]:
        return ["signed in"]

    async def close(self) -> None:
        return None


class StaffDirectory:
    def __init__(self, settings: StaffSettings, context: ConnectionContext) -> None:
        del settings, context

    def abilities(self) -> DirectoryAbilities:
        return DirectoryAbilities(
            lists=["users", "groups"], deltas=["users"], deletions=[], repairs=["worker.name"]
        )

    async def repair(
        self, items: Sequence[RepairToMake], deadline: datetime
    ) -> Sequence[RepairMade]:
        return [
            RepairMade(reference=each.reference, status=RepairStatus.DONE, written=True)
            for each in items
        ]

    async def users(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> UserPage:
        user = User(external_id="1", user_name="lena", active=True)
        return UserPage(items=[user], complete=changed_since is None)

    async def groups(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> GroupPage:
        members = [GroupMember(kind="user", external_id="1")]
        return GroupPage(
            items=[Group(external_id="g1", name="Finance", members=members)], complete=True
        )

    async def check(self) -> Sequence[str]:
        return ["signed in"]

    async def close(self) -> None:
        return None


CONNECTOR = Connector(
    "staff", "Staff", "hcm", StaffSettings, StaffHcm, also={"directory": StaffDirectory}
)
