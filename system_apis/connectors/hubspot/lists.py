"""Companies and deals: all of them page by page, or what changed since an instant.

A delta goes through two lists one after the other: a search for what changed, and the recycle bin
for what was deleted since. A search skips nothing however many hits it has, because each of its
pages asks for ids beyond the last one. What changes while the pages are read is in the next delta.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError

from system_apis.capabilities import cursors
from system_apis.connectors.hubspot.client import HubSpotClient, Kind
from system_apis.connectors.hubspot.platform_models import ArchivedRecord


class _Place(BaseModel):
    """``after`` is HubSpot's own cursor, ``beyond`` the highest id that a search has told."""

    step: Literal["all", "changed", "archived"]
    after: str | None = None
    beyond: int = Field(default=0, ge=0)


@dataclass(frozen=True)
class Listed:
    """Rows of one page as they came, with what was deleted."""

    rows: list[Any]
    next_cursor: str | None = None
    deleted: list[str] = field(default_factory=list)
    complete: bool = False


class Lists:
    """Lists one account's companies and deals."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client

    async def page(
        self,
        kind: Kind,
        cursor: str | None,
        limit: int,
        since: datetime | None,
        properties: list[str],
    ) -> Listed:
        """The next page of a full listing, or of a delta."""
        place = _place(cursor, since)
        if place.step == "all" or since is None:
            found = await self._client.page(kind, place.after, limit, properties)
            onward = _written("all", after=found.after) if found.after else None
            # A listing of nothing claims nothing: the token may have lost its rights.
            is_whole = onward is None and bool(found.results or cursor)
            return Listed(found.results, onward, complete=is_whole)
        if place.step == "changed":
            return await self._changed(kind, place, limit, since, properties)
        return await self._archived(kind, place, limit, since)

    async def _changed(
        self, kind: Kind, place: _Place, limit: int, since: datetime, properties: list[str]
    ) -> Listed:
        found = await self._client.changed(kind, since, place.beyond, limit, properties)
        ids = [number for row in found.results if (number := _number_of(row)) is not None]
        if len(found.results) >= found.total or not ids:
            return Listed(found.results, _written("archived"))
        return Listed(found.results, _written("changed", beyond=max(ids)))

    async def _archived(self, kind: Kind, place: _Place, limit: int, since: datetime) -> Listed:
        """The recycle bin cannot be asked by date."""
        found = await self._client.page(kind, place.after, limit, archived=True)
        binned = [each for row in found.results if (each := _archived_of(row))]
        deleted = [
            each.id for each in binned if each.archived_at is None or each.archived_at >= since
        ]
        onward = _written("archived", after=found.after) if found.after else None
        return Listed([], onward, deleted)


def _place(cursor: str | None, since: datetime | None) -> _Place:
    if cursor:
        return cursors.read(cursor, _Place)
    return _Place(step="all" if since is None else "changed")


def _written(
    step: Literal["all", "changed", "archived"], *, after: str | None = None, beyond: int = 0
) -> str:
    return cursors.written(_Place(step=step, after=after, beyond=beyond))


def _number_of(row: Any) -> int | None:
    given = row.get("id") if isinstance(row, dict) else None
    return int(given) if isinstance(given, str) and given.isdigit() else None


def _archived_of(row: Any) -> ArchivedRecord | None:
    try:
        return ArchivedRecord.model_validate(row)
    except ValidationError:
        return None
