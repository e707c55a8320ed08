"""Lists page by page, by an index that shifts when rows come and go.

Each page begins with the last row of the one before. If it does not, something was added or
deleted in between, and rows may have fallen through: the scan steps back, and no longer claims to
be complete. Nor does it if it met another number of rows than the service says that there are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import BaseModel, Field

from system_apis.capabilities import cursors
from system_apis.capabilities.master_lists import FaultyRow
from system_apis.capabilities.rows import read_rows
from system_apis.connectors.scim.client import Kind, ScimClient
from system_apis.connectors.scim.settings import ScimSettings

T = TypeVar("T")

_MOST_SHIFTS = 5


class _Place(BaseModel):
    """``seen`` rows were told; ``last`` is the id of the latest of them."""

    seen: int = Field(default=0, ge=0)
    last: str | None = None
    shifts: int = Field(default=0, ge=0)
    flawed: bool = False


@dataclass(frozen=True)
class Scanned:
    """Rows of one page as they came, with where to go on."""

    rows: list[Any]
    next_cursor: str | None
    complete: bool


class Scan:
    """Lists users and groups of one service."""

    def __init__(self, client: ScimClient, settings: ScimSettings) -> None:
        self._client = client
        self._settings = settings

    async def page(
        self, kind: Kind, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> Scanned:
        """The next rows; of a delta, those that were changed since."""
        place = cursors.read(cursor, _Place) if cursor else _Place()
        since = changed_since if self._settings.delta else None
        if since is not None:
            since -= timedelta(seconds=self._settings.look_back_seconds)
        overlap = 0 if place.last is None else 1
        size = min(limit, self._settings.page_size)
        first = place.seen - overlap + 1
        found = await self._client.list(kind, first, size + overlap, since)
        rows = found.resources
        if overlap and (not rows or _id_of(rows[0]) != place.last):
            return Scanned([], cursors.written(_stepped_back(place, size)), False)
        rows = rows[overlap:]
        seen = place.seen + len(rows)
        if rows and seen < found.total_results:
            last = _id_of(rows[-1])
            onward = place.model_copy(update={"seen": seen, "last": last})
            return Scanned(rows, cursors.written(onward), False)
        # A listing of nobody claims nothing: the token may have lost its rights.
        whole = since is None and not place.flawed and 0 < seen == found.total_results
        return Scanned(rows, None, whole)


def read(
    page: Scanned, model: type[BaseModel], make: Callable[[Any], T | None]
) -> tuple[list[T], list[FaultyRow]]:
    """What the rows mean in our words; a row whose attributes make no sense is faulty."""
    return read_rows(page.rows, lambda row: make(model.model_validate(row)))


def _stepped_back(place: _Place, size: int) -> _Place:
    """To before the shift. A list that never rests is read on, at the price of completeness."""
    seen = place.seen if place.shifts >= _MOST_SHIFTS else max(0, place.seen - 2 * size)
    return _Place(seen=seen, shifts=place.shifts + 1, flawed=True)


def _id_of(row: Any) -> str | None:
    given = row.get("id") if isinstance(row, dict) else None
    return given if isinstance(given, str) else None
