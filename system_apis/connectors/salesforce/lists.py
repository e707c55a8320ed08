"""Accounts and opportunities by ascending id, each page asking for those beyond the last one.

So nothing shifts when records come and go, and no cursor of Salesforce's can expire between pages.
A delta asks with `queryAll`, which shows the deleted ones, too.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from system_apis.capabilities import cursors
from system_apis.connectors.salesforce.client import SalesforceClient

Kind = Literal["Account", "Opportunity"]


class _Place(BaseModel):
    """The form of the id is checked: it becomes part of a query."""

    beyond: str = Field(pattern=r"^[A-Za-z0-9]{15,18}$")


@dataclass(frozen=True)
class Listed:
    """Rows of one page as they came, with the ids of deleted ones."""

    rows: list[Any]
    deleted: list[str]
    next_cursor: str | None
    complete: bool


class Lists:
    """Lists the records of one org."""

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client

    async def page(
        self, kind: Kind, fields: list[str], cursor: str | None, limit: int, since: datetime | None
    ) -> Listed:
        place = cursors.read(cursor, _Place) if cursor else None
        soql = query_of(kind, fields, place.beyond if place else None, limit, since)
        found = await self._client.query(soql, with_deleted=since is not None)
        last = _id_of(found[-1]) if len(found) >= limit else None
        deleted = [number for row in found if _is_deleted(row) and (number := _id_of(row))]
        return Listed(
            rows=[row for row in found if not _is_deleted(row)],
            deleted=deleted,
            next_cursor=cursors.written(_Place(beyond=last)) if last else None,
            # A listing of nothing claims nothing: the user may have lost sight of it all.
            complete=since is None and len(found) < limit and bool(found or cursor),
        )


def query_of(
    kind: Kind, fields: list[str], beyond: str | None, limit: int, since: datetime | None
) -> str:
    """Names come from the settings and ids from a cursor; both have been checked for their form."""
    conditions = []
    if beyond is not None:
        conditions.append(f"Id > '{beyond}'")
    if since is not None:
        instant = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        conditions.append(f"SystemModstamp >= {instant}")
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    parts = ["SELECT", ", ".join(fields), "FROM", kind, where, "ORDER BY Id LIMIT", str(limit)]
    return " ".join(part for part in parts if part)


def _id_of(row: Any) -> str | None:
    given = row.get("Id") if isinstance(row, dict) else None
    return given if isinstance(given, str) and given.isalnum() else None


def _is_deleted(row: Any) -> bool:
    return isinstance(row, dict) and row.get("IsDeleted") is True
