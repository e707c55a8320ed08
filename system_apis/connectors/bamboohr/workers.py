"""Employees: everybody by pages, or those who changed since an instant."""

from datetime import datetime

from pydantic import BaseModel, Field

from shared.problems import UpstreamRefused, UpstreamUnavailable
from system_apis.capabilities import cursors
from system_apis.capabilities.hcm.schemas import Worker, WorkerPage
from system_apis.capabilities.rows import read_rows, under
from system_apis.connectors.bamboohr.client import BambooHrClient, PageGone
from system_apis.connectors.bamboohr.mapping import to_worker
from system_apis.connectors.bamboohr.platform_models import Employee
from system_apis.connectors.bamboohr.settings import BambooHrSettings

_MOST_RESTARTS = 3


class _Place(BaseModel):
    """``after`` is BambooHR's own cursor."""

    after: str | None = None
    restarts: int = Field(default=0, ge=0)


class _DeltaPlace(BaseModel):
    """Everybody with a lower number was told."""

    after: int = Field(default=0, ge=0)


class Workers:
    """Reads the people of one company."""

    def __init__(self, client: BambooHrClient, settings: BambooHrSettings) -> None:
        self._client = client
        self._settings = settings

    async def everybody(self, cursor: str | None, limit: int) -> WorkerPage:
        """A page by ascending number. Who is deleted meanwhile shifts nobody; only if it is the
        very one that the cursor names, everybody is told again from the start.

        :raises UpstreamUnavailable: that happened again and again.
        :raises UpstreamRefused: there is nobody.
        """
        place = cursors.read(cursor, _Place) if cursor else _Place()
        try:
            found = await self._client.employees(place.after, limit)
        except PageGone:
            if place.restarts >= _MOST_RESTARTS:
                raise UpstreamUnavailable("BambooHR's list changes while it is read.") from None
            again = _Place(restarts=place.restarts + 1)
            return WorkerPage(items=[], next_cursor=cursors.written(again), complete=False)
        if not cursor and not found.meta.total:
            # Taken for true, it would have everybody leave.
            raise UpstreamRefused(
                "BambooHR shows the API key's user nobody at all.",
                action="Give the user access to everybody, former employees included.",
                code="bamboohr_nobody_visible",
            )
        items, faulty = read_rows(found.data, lambda row: self._worker(row, {}), _ID)
        following = found.meta.page.next_cursor
        onward = cursors.written(place.model_copy(update={"after": following}))
        return WorkerPage(
            items=items,
            faulty=faulty,
            next_cursor=onward if following else None,
            complete=following is None,
        )

    async def changed(self, cursor: str | None, limit: int, since: datetime) -> WorkerPage:
        """Those who changed; with the first page, who was deleted.

        What changes while the pages are read is in the next delta.
        """
        place = cursors.read(cursor, _DeltaPlace) if cursor else _DeltaPlace()
        changes = (await self._client.changes(since)).employees
        deleted = sorted(number for number, each in changes.items() if each.action == "Deleted")
        there = sorted(
            int(number)
            for number, each in changes.items()
            if each.action != "Deleted" and number.isdigit()
        )
        chosen = [number for number in there if number > place.after][:limit]
        page = WorkerPage(items=[], deleted=[] if cursor else deleted, complete=False)
        if not chosen:
            return page
        found = await self._client.employees(None, limit, [str(each) for each in chosen])
        told = {number: each.last_changed for number, each in changes.items()}
        page.items, page.faulty = read_rows(found.data, lambda row: self._worker(row, told), _ID)
        if chosen[-1] < there[-1]:
            page.next_cursor = cursors.written(_DeltaPlace(after=chosen[-1]))
        return page

    def _worker(self, row: object, changed: dict[str, datetime | None]) -> Worker:
        found = Employee.model_validate(row)
        return to_worker(found, self._settings, changed.get(found.employee_id))


_ID = under("employeeId")
