"""Lists of a window of work dates: Redmine has no other way to see what changed.

- It ignores filters and sorting by `updated_on`: a sweep leaves out here what has not changed.
- It tells no deletions: a listing of everything does, by what is absent from it. That was deleted,
  or archived with its project.
- Pages shift when entries come and go. Each page begins with the last row of the one before; if it
  does not, the scan steps back, and no longer claims to be complete.
"""

from datetime import date, datetime, timedelta

import structlog
from pydantic import BaseModel, Field, ValidationError

from system_apis.capabilities import cursors
from system_apis.capabilities.time_tracking.schemas import (
    ChangeKind,
    EntryChange,
    EntryChanges,
    EntryListing,
    TimeEntry,
)
from system_apis.connectors.redmine.client import Forbidden, RedmineClient
from system_apis.connectors.redmine.entries import Entries
from system_apis.connectors.redmine.platform_models import Entry, Row
from system_apis.connectors.redmine.settings import RedmineSettings

_log = structlog.get_logger(__name__)

_PAGE = 100
_MOST_SHIFTS = 5
_DAY = timedelta(days=1)


class _Place(BaseModel):
    """``last`` is the row before ``offset``; ``flawed`` scans are not complete."""

    project: int = Field(default=0, ge=0)
    offset: int = Field(default=0, ge=0)
    last: int | None = None
    shifts: int = 0
    flawed: bool = False


class Scan:
    """Lists the entries of one connection."""

    def __init__(self, client: RedmineClient, entries: Entries, settings: RedmineSettings) -> None:
        self._client = client
        self._entries = entries
        self._settings = settings
        # Without projects to choose from, one scan goes over all that the account sees.
        self._projects: list[str | None] = [*settings.projects] or [None]

    async def changes(
        self, since: datetime, until: datetime, cursor: str | None, limit: int
    ) -> EntryChanges:
        """The next changes; pages on which nothing changed are passed over."""
        place = cursors.read(cursor, _Place) if cursor else _Place()
        changes: list[EntryChange] = []
        while not self._ended(place) and not changes:
            rows, place = await self._rows(self._first_day(since, until), place, limit)
            changes = [change for row in rows if (change := await self._change(row, since))]
        return EntryChanges(changes=changes, next_cursor=self._cursor(place))

    async def listing(
        self, first_day: date, last_day: date, cursor: str | None, limit: int
    ) -> EntryListing:
        """The next entries of a window of work dates."""
        place = cursors.read(cursor, _Place) if cursor else _Place()
        rows: list[Row] = []
        while not self._ended(place) and not rows:
            rows, place = await self._rows(first_day, place, limit)
        entries: list[TimeEntry] = []
        unreadable: list[str] = []
        for row in rows:
            entry = _read(row)
            mapped = await self._entries.mapped(entry) if entry else None
            if mapped is None:
                unreadable.append(str(row.id))
            elif mapped.work_date <= last_day:
                entries.append(mapped)
        return EntryListing(
            entries=entries,
            unreadable=unreadable,
            next_cursor=self._cursor(place),
            complete=not place.flawed,
        )

    def _ended(self, place: _Place) -> bool:
        return place.project >= len(self._projects)

    def _cursor(self, place: _Place) -> str | None:
        return None if self._ended(place) else cursors.written(place)

    def _first_day(self, since: datetime, until: datetime) -> date:
        """A day more than asked, because work dates are in people's own zones."""
        start = min(since, until - timedelta(days=self._settings.scan_days))
        return start.date() - _DAY

    async def _rows(self, first_day: date, place: _Place, limit: int) -> tuple[list[Row], _Place]:
        project = self._projects[place.project]
        overlap = 0 if place.last is None else 1
        size = min(limit, _PAGE - 1)
        try:
            page = await self._client.entries(
                first_day, project, place.offset - overlap, size + overlap
            )
        except Forbidden:
            if project is None:
                raise
            _log.warning("redmine_project_left_out", project=project, reason="forbidden")
            return [], _Place(project=place.project + 1, flawed=True)
        rows = page.time_entries
        if overlap and (not rows or rows[0].id != place.last):
            return [], _stepped_back(place, size)
        rows = rows[overlap:]
        offset = place.offset + len(rows)
        if not rows or offset >= page.total_count:
            return rows, _Place(project=place.project + 1, flawed=place.flawed)
        return rows, place.model_copy(update={"offset": offset, "last": rows[-1].id})

    async def _change(self, row: Row, since: datetime) -> EntryChange | None:
        """None if it has not changed since. A row that makes no sense is told without content."""
        entry = _read(row)
        if entry is None:
            return EntryChange(external_id=str(row.id), change=ChangeKind.CHANGED)
        look_back = timedelta(seconds=self._settings.look_back_seconds)
        if entry.updated_on and entry.updated_on < since - look_back:
            return None
        return EntryChange(
            external_id=str(entry.id),
            change=ChangeKind.CHANGED,
            entry=await self._entries.mapped(entry),
        )


def _read(row: Row) -> Entry | None:
    try:
        return Entry.model_validate(row.model_dump())
    except ValidationError:
        return None


def _stepped_back(place: _Place, size: int) -> _Place:
    """To before the shift. A list that never rests is read on, at the price of completeness."""
    offset = place.offset if place.shifts >= _MOST_SHIFTS else max(0, place.offset - 2 * size)
    return _Place(project=place.project, offset=offset, shifts=place.shifts + 1, flawed=True)
