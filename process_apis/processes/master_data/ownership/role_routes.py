"""Routes of roles by group: for those who review access, and for everybody about themselves."""

from typing import Annotated

from fastapi import APIRouter, Query

from process_apis.database import TheDatabase
from process_apis.processes.master_data.ownership import group_roles
from process_apis.processes.master_data.ownership.configuration import TheOwnership
from process_apis.processes.master_data.ownership.granting import TheGrants
from process_apis.processes.master_data.ownership.role_schemas import (
    OwnRoles,
    RolePage,
    RoleQuery,
)
from shared.identity import Principal, requires
from shared.web import throttled

router = APIRouter(prefix="/roles")

REVIEWERS = frozenset({"data.steward", "integration.operator", "finance.controller"})


@router.get(
    "",
    operation_id="list_roles_by_group",
    summary="Who would have which role by their groups",
    description="As the ownership file maps groups of directories to roles, with groups that were "
    "not found. What grants a role counts beside the token; what does not is only compared.",
    dependencies=[requires("masters:read", roles=REVIEWERS)],
)
@throttled("120/minute")
async def list_roles_by_group(
    query: Annotated[RoleQuery, Query()], ownership: TheOwnership, database: TheDatabase
) -> RolePage:
    async with database.transaction() as transaction:
        return await group_roles.page(transaction, ownership, query)


@router.get(
    "/mine",
    operation_id="compare_own_roles",
    summary="One's own roles, by token and by group",
    description="Which of them only the token has, which only the groups, and which are granted.",
)
@throttled("120/minute")
async def compare_own_roles(
    caller: Annotated[Principal, requires("masters:read")],
    ownership: TheOwnership,
    database: TheDatabase,
    grants: TheGrants,
) -> OwnRoles:
    async with database.transaction() as transaction:
        granted = await grants.read(transaction, caller)
        return await group_roles.own(transaction, ownership, caller, granted)
