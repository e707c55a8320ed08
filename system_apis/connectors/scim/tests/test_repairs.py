"""Attributes of users that are brought in line with their owner, on the real scim2-server."""

from datetime import UTC, datetime, timedelta

from system_apis.capabilities.connector import ConnectionContext
from system_apis.capabilities.repairing import Repairer
from system_apis.capabilities.repairs import (
    RepairedAttribute,
    RepairMade,
    RepairStatus,
    RepairToMake,
)
from system_apis.connectors.scim.platform_models import ENTERPRISE
from system_apis.connectors.scim.port import ScimDirectory, ScimHcm
from system_apis.connectors.scim.tests.conftest import Tenant, settings_for


def repair(
    number: str, attribute: RepairedAttribute, seen: str | None, wanted: str
) -> RepairToMake:
    return RepairToMake(
        reference=attribute,
        kind="worker",
        external_id=number,
        attribute=attribute,
        seen=seen,
        wanted=wanted,
    )


async def repaired(port: Repairer, *items: RepairToMake) -> list[RepairMade]:
    return list(await port.repair(items, datetime.now(UTC) + timedelta(seconds=30)))


async def test_name_address_and_cost_centre_are_written_and_the_rest_stays(
    tenant: Tenant, context: ConnectionContext
) -> None:
    ada = await tenant.add_user(
        "ada",
        emails=[
            {"value": "ada@home.example", "type": "home"},
            {"value": "ada@old.example", "type": "work"},
        ],
        **{ENTERPRISE: {"employeeNumber": "4711", "costCenter": "4100"}},
    )
    port = ScimDirectory(settings_for(tenant.url), context)
    items = [
        repair(ada, "name", "Ada", 'Ada "Countess" Lovelace'),
        repair(ada, "email", "ada@old.example", "ada@haldenridge.example"),
        repair(ada, "cost_centre", "4100", "4200"),
    ]

    made = await repaired(port, *items)
    again = await repaired(port, *items)

    (user,) = (await port.users(None, 100, None)).items
    assert (user.name, user.email) == ('Ada "Countess" Lovelace', "ada@haldenridge.example")
    assert (user.cost_centre, user.employee_number) == ("4200", "4711")
    assert {(each.status, each.written) for each in made} == {(RepairStatus.DONE, True)}
    assert {(each.status, each.written) for each in again} == {(RepairStatus.DONE, False)}
    answer = await tenant.http.get(
        f"{tenant.url}/Users/{ada}", headers={"Authorization": "Bearer directory-token"}
    )
    assert {each["value"] for each in answer.json()["emails"]} == {
        "ada@home.example",
        "ada@haldenridge.example",
    }


async def test_a_user_without_an_address_gets_one(
    tenant: Tenant, context: ConnectionContext
) -> None:
    ada = await tenant.add_user("ada", emails=[])
    port = ScimHcm(settings_for(tenant.url), context)

    (made,) = await repaired(port, repair(ada, "email", None, "ada@haldenridge.example"))

    (worker,) = (await port.workers(None, 100, None)).items
    assert (made.status, worker.email) == (RepairStatus.DONE, "ada@haldenridge.example")


async def test_what_was_changed_meanwhile_or_deleted_stays(
    tenant: Tenant, context: ConnectionContext
) -> None:
    ada, bo = await tenant.add_user("ada"), await tenant.add_user("bo")
    await tenant.delete("Users", "bo")
    port = ScimDirectory(settings_for(tenant.url), context)

    (changed,) = await repaired(port, repair(ada, "name", "Ada Ito", "Ada Byron"))
    (gone,) = await repaired(port, repair(bo, "name", "Bo", "Bo Dale"))

    (user,) = (await port.users(None, 100, None)).items
    assert (changed.status, gone.status) == (RepairStatus.CHANGED, RepairStatus.CHANGED)
    assert user.name == "Ada"
