"""The roles that groups of a directory give to a person, where the ownership file says so.

Somebody is known by the directory's own id alone, never by a name or an address: those are
anybody's to change. A reading that is too old gives nothing, and only whole ones count: not all
systems tell who was deleted.
"""

from datetime import timedelta
from typing import Annotated

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import Database, as_json
from process_apis.processes.master_data.ownership.configuration import Ownership
from process_apis.processes.master_data.ownership.group_roles import INSIDE, mappings
from process_apis.provided import provided
from shared.identity import Principal
from shared.values import Clock

_GRANTED = text(
    f"""
    {INSIDE}
    SELECT DISTINCT inside.role
    FROM inside
    JOIN directory_group AS direct USING (owner_connection, owner_external_id)
    CROSS JOIN LATERAL jsonb_array_elements(coalesce(direct.members, '[]')) AS member
    JOIN directory_user AS login ON login.owner_connection = direct.owner_connection
      AND login.owner_external_id = member ->> 'external_id'
    WHERE member ->> 'kind' = 'user' AND login.active AND login.vanished_at IS NULL
      AND inside.grants AND login.owner_external_id = :person
      AND EXISTS (SELECT FROM master_data_run AS run WHERE run.status = 'DONE' AND NOT run.dry_run
            AND run.changed_since IS NULL AND run.connection = direct.owner_connection
            AND run.started_at >= :fresh)
    """  # noqa: S608 - our own SQL
)


class GroupGrants:
    """Answers what groups give.

    :param fresh_for: how old the latest whole reading of a directory may be.
    """

    def __init__(
        self, database: Database, ownership: Ownership, clock: Clock, fresh_for: timedelta
    ) -> None:
        self._database = database
        self._ownership = ownership
        self._clock = clock
        self._fresh_for = fresh_for

    @property
    def has_any(self) -> bool:
        """Whether any group gives a role at all."""
        return any(each.grants for each in self._ownership.roles)

    async def of(self, caller: Principal) -> frozenset[str]:
        """The roles of whoever the directory knows by the caller's id."""
        async with self._database.transaction() as transaction:
            return await self.read(transaction, caller)

    async def read(self, transaction: AsyncConnection, caller: Principal) -> frozenset[str]:
        """As `of`, in a transaction that is open already."""
        if not self.has_any or not caller.is_user or caller.directory_id is None:
            return frozenset()
        granting = [each for each in self._ownership.roles if each.grants]
        asked = {
            "mappings": as_json(mappings(granting)),
            "person": caller.directory_id,
            "fresh": self._clock.now() - self._fresh_for,
        }
        return frozenset(row.role for row in await transaction.execute(_GRANTED, asked))


TheGrants = Annotated[GroupGrants, provided("group_grants")]
