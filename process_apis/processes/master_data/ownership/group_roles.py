"""Who is in which group of a directory, and which roles that would mean.

A list for those who review access. Nobody is let in or kept out by it: roles come with the token.
"""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts, as_json
from process_apis.processes.master_data.ownership.configuration import Ownership
from process_apis.processes.master_data.ownership.role_schemas import (
    GroupView,
    OwnRoles,
    PersonView,
    RolePage,
    RoleQuery,
    RoleView,
)
from shared.identity import Principal

# A group in a group counts; UNION ends where groups are in one another.
_INSIDE = """
    WITH RECURSIVE wanted AS (
        SELECT * FROM jsonb_to_recordset(CAST(:mappings AS jsonb))
            AS mapping (number int, connection text, groups text, role text)
    ), mapped AS (
        SELECT wanted.number, wanted.role, known.owner_connection, known.owner_external_id,
               known.name, known.members
        FROM wanted JOIN directory_group AS known
          ON (wanted.groups = known.owner_external_id OR lower(wanted.groups) = lower(known.name))
         AND (wanted.connection IS NULL OR wanted.connection = known.owner_connection)
        WHERE known.vanished_at IS NULL
    ), inside AS (
        SELECT role, name AS through, owner_connection, owner_external_id FROM mapped
        UNION
        SELECT inside.role, inside.through, child.owner_connection, child.owner_external_id
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
    {_INSIDE}
    , belonging AS (
        SELECT DISTINCT login.owner_connection, login.owner_external_id, login.user_name,
               login.name, login.email, inside.role, inside.through
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
           jsonb_agg(jsonb_build_object('role', role, 'group', through) ORDER BY role, through)
               AS roles
    FROM belonging
    WHERE (owner_connection, owner_external_id) > (:connection, :external_id)
    GROUP BY 1, 2, 3, 4, 5
    HAVING CAST(:role AS text) IS NULL OR bool_or(role = :role)
    ORDER BY owner_connection, owner_external_id LIMIT :limit
    """  # noqa: S608 - our own SQL
)

_GROUPS = text(
    f"""
    {_INSIDE}
    SELECT wanted.groups AS asked, wanted.role, mapped.owner_connection AS connection,
           mapped.owner_external_id AS external_id, mapped.name,
           mapped.members IS NOT NULL AS members_told
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
    asked = {"mappings": _mappings(ownership)}
    groups = as_dicts(await transaction.execute(_GROUPS, asked))
    more = len(people) > query.limit
    return RolePage(
        people=shown,
        groups=[GroupView(**each, found=each["name"] is not None) for each in groups],
        next_after=f"{shown[-1].connection}/{shown[-1].external_id}" if more else None,
    )


async def own(transaction: AsyncConnection, ownership: Ownership, caller: Principal) -> OwnRoles:
    """The caller's roles by their token, and by the groups of whoever has that id or name."""
    found = await _people(transaction, ownership, None, caller.subject, "", "", 2)
    by_groups = sorted({each.role for one in found for each in one.roles})
    return OwnRoles(
        subject=caller.subject,
        known=len(found) == 1,
        by_token=sorted(caller.roles),
        by_groups=by_groups if len(found) == 1 else [],
        only_by_token=sorted(caller.roles - set(by_groups)) if len(found) == 1 else [],
        only_by_groups=sorted(set(by_groups) - caller.roles) if len(found) == 1 else [],
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
    asked = {"mappings": _mappings(ownership), "role": role, "subject": subject}
    place = {"connection": connection, "external_id": external_id, "limit": limit}
    rows = as_dicts(await transaction.execute(_PEOPLE, {**asked, **place}))
    return [
        PersonView(**{**row, "roles": [RoleView(**each) for each in row["roles"]]}) for row in rows
    ]


def _mappings(ownership: Ownership) -> str:
    rows: list[dict[str, Any]] = [
        {
            "number": number,
            "connection": each.connection,
            "groups": each.group,
            "role": each.role,
        }
        for number, each in enumerate(ownership.roles)
    ]
    return as_json(rows)
