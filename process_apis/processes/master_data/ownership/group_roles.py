"""Who is in which group of a directory, and which roles that would mean.

A list for those who review access. Which of these count beside the token's is said by `granting`.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts, as_json
from process_apis.processes.master_data.ownership.configuration import GroupRole, Ownership
from process_apis.processes.master_data.ownership.role_schemas import (
    GroupView,
    OwnRoles,
    PersonView,
    RolePage,
    RoleQuery,
    RoleView,
)
from shared.identity import Principal

# A group in a group counts; UNION ends where groups are in one another. What grants a role is found
# by the directory's own id: names of groups are given by whoever may create one.
INSIDE = """
    WITH RECURSIVE wanted AS (
        SELECT * FROM jsonb_to_recordset(CAST(:mappings AS jsonb))
            AS mapping (number int, connection text, groups text, role text, grants boolean)
    ), mapped AS (
        SELECT wanted.number, wanted.role, wanted.grants, known.owner_connection,
               known.owner_external_id, known.name, known.members
        FROM wanted JOIN directory_group AS known
          ON (wanted.groups = known.owner_external_id
              OR NOT wanted.grants AND lower(wanted.groups) = lower(known.name))
         AND (wanted.connection IS NULL OR wanted.connection = known.owner_connection)
        WHERE known.vanished_at IS NULL
    ), inside AS (
        SELECT role, grants, name AS through, owner_connection, owner_external_id FROM mapped
        UNION
        SELECT inside.role, inside.grants, inside.through, child.owner_connection,
               child.owner_external_id
        FROM inside
        JOIN directory_group AS parent USING (owner_connection, owner_external_id)
        CROSS JOIN LATERAL jsonb_array_elements(coalesce(parent.members, '[]')) AS member
        JOIN directory_group AS child ON child.owner_connection = parent.owner_connection
          AND child.owner_external_id = member ->> 'external_id'
        WHERE member ->> 'kind' = 'group' AND child.vanished_at IS NULL
    )
"""

_PEOPLE = text(
    f"""
    {INSIDE}
    , belonging AS (
        SELECT DISTINCT login.owner_connection, login.owner_external_id, login.user_name,
               login.name, login.email, inside.role, inside.grants, inside.through
        FROM inside
        JOIN directory_group AS direct USING (owner_connection, owner_external_id)
        CROSS JOIN LATERAL jsonb_array_elements(coalesce(direct.members, '[]')) AS member
        JOIN directory_user AS login ON login.owner_connection = direct.owner_connection
          AND login.owner_external_id = member ->> 'external_id'
        WHERE member ->> 'kind' = 'user' AND login.active AND login.vanished_at IS NULL
          AND (CAST(:subject AS text) IS NULL OR login.owner_external_id = :subject
            OR lower(login.user_name) = lower(:subject))
    )
    SELECT owner_connection AS connection, owner_external_id AS external_id, user_name, name, email,
           jsonb_agg(jsonb_build_object('role', role, 'group', through, 'grants', grants)
                     ORDER BY role, through, grants) AS roles
    FROM belonging
    WHERE (owner_connection, owner_external_id) > (:connection, :external_id)
    GROUP BY 1, 2, 3, 4, 5
    HAVING CAST(:role AS text) IS NULL OR bool_or(role = :role)
    ORDER BY owner_connection, owner_external_id LIMIT :limit
    """  # noqa: S608 - our own SQL
)

_GROUPS = text(
    f"""
    {INSIDE}
    SELECT wanted.groups AS asked, wanted.role, wanted.grants,
           mapped.owner_connection AS connection, mapped.owner_external_id AS external_id,
           mapped.name, mapped.members IS NOT NULL AS members_told,
           (SELECT max(started_at) FROM master_data_run AS run WHERE run.status = 'DONE'
              AND NOT run.dry_run AND run.connection = mapped.owner_connection) AS read_at
    FROM wanted LEFT JOIN mapped USING (number)
    ORDER BY wanted.number, connection, external_id
    """  # noqa: S608 - our own SQL
)


async def page(transaction: AsyncConnection, ownership: Ownership, query: RoleQuery) -> RolePage:
    """People in mapped groups who may sign in, with the roles that follow."""
    connection, _, external_id = (query.after or "").partition("/")
    people = await _people(
        transaction, ownership, query.role, None, connection, external_id, query.limit + 1
    )
    shown = people[: query.limit]
    asked = {"mappings": as_json(mappings(ownership.roles))}
    groups = as_dicts(await transaction.execute(_GROUPS, asked))
    more = len(people) > query.limit
    return RolePage(
        people=shown,
        groups=[GroupView(**each, found=each["name"] is not None) for each in groups],
        next_after=f"{shown[-1].connection}/{shown[-1].external_id}" if more else None,
    )


async def own(
    transaction: AsyncConnection,
    ownership: Ownership,
    caller: Principal,
    granted: frozenset[str],
) -> OwnRoles:
    """The caller's roles by their token, and by the groups of whoever has that id or name.

    :param granted: what groups give to them.
    """
    found = await _people(transaction, ownership, None, caller.subject, "", "", 2)
    by_token = caller.roles - caller.granted
    known = len(found) == 1
    by_groups = {each.role for one in found for each in one.roles} if known else set()
    return OwnRoles(
        subject=caller.subject,
        known=known,
        by_token=sorted(by_token),
        by_groups=sorted(by_groups),
        only_by_token=sorted(by_token - by_groups) if known else [],
        only_by_groups=sorted(by_groups - by_token),
        granted=sorted(granted),
    )


async def _people(
    transaction: AsyncConnection,
    ownership: Ownership,
    role: str | None,
    subject: str | None,
    connection: str,
    external_id: str,
    limit: int,
) -> list[PersonView]:
    asked = {"mappings": as_json(mappings(ownership.roles)), "role": role, "subject": subject}
    place = {"connection": connection, "external_id": external_id, "limit": limit}
    rows = as_dicts(await transaction.execute(_PEOPLE, {**asked, **place}))
    return [
        PersonView(**{**row, "roles": [RoleView(**each) for each in row["roles"]]}) for row in rows
    ]


def mappings(roles: Iterable[GroupRole]) -> list[dict[str, Any]]:
    """As the statements take them."""
    return [
        {
            "number": number,
            "connection": each.connection,
            "groups": each.group,
            "role": each.role,
            "grants": each.grants,
        }
        for number, each in enumerate(roles)
    ]
