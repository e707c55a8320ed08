"""The connector against the real scim2-server."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from shared.problems import UpstreamRefused
from system_apis.capabilities.connector import ConnectionContext
from system_apis.capabilities.directory.schemas import GroupMember
from system_apis.capabilities.hcm.schemas import WorkerKind, WorkerStatus
from system_apis.capabilities.master_lists import MasterPage
from system_apis.connectors.scim.platform_models import ENTERPRISE
from system_apis.connectors.scim.port import ScimDirectory, ScimHcm
from system_apis.connectors.scim.tests.conftest import Tenant, settings_for

List = Callable[[str | None, int, datetime | None], Awaitable[MasterPage]]


async def everything(
    pages: List, since: datetime | None = None, limit: int = 500
) -> tuple[list[Any], bool]:
    """All rows, and whether the last page says that they are complete."""
    rows: list[Any] = []
    cursor: str | None = None
    while True:
        page = await pages(cursor, limit, since)
        rows += getattr(page, "items")  # noqa: B009 - every page has them
        cursor = page.next_cursor
        if cursor is None:
            return rows, page.complete


async def test_users_are_read_with_what_the_enterprise_extension_tells(
    tenant: Tenant, context: ConnectionContext
) -> None:
    boss = await tenant.add_user("boss")
    more = {
        "employeeNumber": "4711",
        "costCenter": "4100",
        "department": "Audit",
        "manager": {"value": boss},
    }
    ada = await tenant.add_user("ada", **{ENTERPRISE: more})
    await tenant.change("boss", active=False)
    directory = ScimDirectory(settings_for(tenant.url), context)

    users, complete = await everything(directory.users)

    found = {user.external_id: user for user in users}
    assert complete
    assert found.keys() == {boss, ada}
    assert (found[ada].user_name, found[ada].name) == ("ada", "Ada")
    assert found[ada].email == "ada@haldenridge.example"
    assert (found[ada].employee_number, found[ada].cost_centre) == ("4711", "4100")
    assert (found[ada].department, found[ada].manager_id) == ("Audit", boss)
    assert (found[ada].active, found[boss].active) == (True, False)


async def test_groups_name_their_members_and_the_groups_in_them(
    tenant: Tenant, context: ConnectionContext
) -> None:
    ada, bo = await tenant.add_user("ada"), await tenant.add_user("bo")
    finance = await tenant.add_group("Finance", ("User", "ada"))
    await tenant.add_group("Everybody", ("Group", "Finance"), ("User", "bo"))
    await tenant.add_group("Nobody")
    directory = ScimDirectory(settings_for(tenant.url), context)

    groups, complete = await everything(directory.groups)

    members = {group.name: group.members for group in groups}
    assert complete
    assert members["Finance"] == [GroupMember(kind="user", external_id=ada)]
    assert members["Everybody"] == [
        GroupMember(kind="group", external_id=finance),
        GroupMember(kind="user", external_id=bo),
    ]
    assert members["Nobody"] == []


async def test_workers_and_their_assignments_are_users_with_a_number(
    tenant: Tenant, context: ConnectionContext
) -> None:
    more = {"employeeNumber": "4711", "organization": "HRC-AT", "department": "Tax"}
    ada = await tenant.add_user("ada", userType="Contractor", title="Manager", **{ENTERPRISE: more})
    await tenant.add_user("backup-robot", **{ENTERPRISE: {"department": "IT"}})
    await tenant.change("ada", active=False)
    hcm = ScimHcm(settings_for(tenant.url), context)

    workers, complete = await everything(hcm.workers)
    assignments, _ = await everything(hcm.assignments)

    assert complete
    (worker,), (assignment,) = workers, assignments
    assert (worker.external_id, worker.employee_number) == (ada, "4711")
    assert (worker.kind, worker.status) == (WorkerKind.CONTRACTOR, WorkerStatus.INACTIVE)
    assert worker.hire_date is worker.termination_date is None
    assert (assignment.worker_id, assignment.valid_from) == (ada, None)
    assert (assignment.legal_entity, assignment.org_unit_name) == ("HRC-AT", "Tax")
    assert assignment.job_title == "Manager"
    assert (await everything(hcm.org_units)) == ([], False)
    assert "org-units" not in hcm.abilities().lists


async def test_every_user_is_told_once_whatever_the_size_of_the_pages(
    tenant: Tenant, context: ConnectionContext
) -> None:
    wanted = {await tenant.add_user(f"user{number}") for number in range(17)}

    for limit in (1, 4, 17, 100):
        users, complete = await everything(
            ScimDirectory(settings_for(tenant.url, page_size=5), context).users, limit=limit
        )
        assert complete
        assert sorted(user.external_id for user in users) == sorted(wanted)


async def test_only_what_changed_is_told_and_never_as_complete(
    tenant: Tenant, context: ConnectionContext
) -> None:
    await tenant.add_user("ada")
    bo = await tenant.add_user("bo")
    settings = settings_for(tenant.url, look_back_seconds=0)
    hcm = ScimHcm(settings, context)
    (before,) = [each for each in (await everything(hcm.workers))[0] if each.external_id == bo]
    since = before.modified_at + timedelta(microseconds=1)

    assert await everything(hcm.workers, since) == ([], False)
    await tenant.change("bo", displayName="Bo the Second")

    (changed,), complete = await everything(hcm.workers, since)
    assert (changed.external_id, changed.name) == (bo, "Bo the Second")
    assert not complete


async def test_without_deltas_every_question_is_answered_with_everything(
    tenant: Tenant, context: ConnectionContext
) -> None:
    await tenant.add_user("ada")
    directory = ScimDirectory(settings_for(tenant.url, delta=False), context)

    users, complete = await everything(directory.users, datetime(2099, 1, 1, tzinfo=UTC))

    assert ([user.user_name for user in users], complete) == (["ada"], True)
    assert directory.abilities().deltas == []


async def test_what_is_deleted_while_pages_are_read_makes_them_incomplete(
    tenant: Tenant, context: ConnectionContext
) -> None:
    """Otherwise the users after it would shift, one would be skipped, and count as deleted."""
    names = {await tenant.add_user(f"user{number}"): f"user{number}" for number in range(9)}
    directory = ScimDirectory(settings_for(tenant.url), context)
    first = await directory.users(None, 4, None)
    await tenant.delete("Users", names[first.items[0].external_id])

    told = {user.external_id for user in first.items}
    cursor = first.next_cursor
    while cursor:
        page = await directory.users(cursor, 4, None)
        told |= {user.external_id for user in page.items}
        cursor = page.next_cursor

    assert told == names.keys()
    assert not page.complete
    assert (await everything(directory.users))[1]


async def test_the_check_says_what_can_be_read(tenant: Tenant, context: ConnectionContext) -> None:
    await tenant.add_user("ada")
    settings = settings_for(tenant.url)

    for port in (ScimDirectory(settings, context), ScimHcm(settings, context)):
        assert await port.check() == [
            "1 users and 0 groups can be read",
            "changes can be asked for by meta.lastModified",
        ]


async def test_a_wrong_token_is_the_operators_affair(
    tenant: Tenant, context: ConnectionContext
) -> None:
    settings = settings_for(tenant.url, token=SecretStr("wrong-token"))

    with pytest.raises(UpstreamRefused) as caught:
        await ScimDirectory(settings, context).users(None, 10, None)

    assert caught.value.code == "scim_credentials_refused"
    assert "wrong-token" not in caught.value.detail


async def test_an_address_that_is_no_scim_service_is_told(
    tenant: Tenant, context: ConnectionContext
) -> None:
    settings = settings_for(f"{tenant.url}/Users")

    with pytest.raises(UpstreamRefused) as caught:
        await ScimDirectory(settings, context).check()

    assert "base_url" in caught.value.action


async def test_groups_have_no_user_name_to_be_sorted_by(
    tenant: Tenant, context: ConnectionContext
) -> None:
    await tenant.add_user("ada")
    await tenant.add_group("Finance")
    directory = ScimDirectory(settings_for(tenant.url, sort_by="userName"), context)
    assert (await everything(directory.users))[1]
    assert (await everything(directory.groups))[1]
