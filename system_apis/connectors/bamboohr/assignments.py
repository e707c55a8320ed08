"""The job history as assignments by date.

BambooHR gives the whole history in one answer only. So it is kept while the pages of one listing
are read, and fetched anew for the next; a page that finds it gone fetches it, too.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from shared.values import Clock
from system_apis.capabilities import cursors
from system_apis.capabilities.hcm.schemas import AssignmentPage
from system_apis.capabilities.rows import read_rows
from system_apis.connectors.bamboohr.client import BambooHrClient
from system_apis.connectors.bamboohr.mapping import (
    Stay,
    org_unit_id,
    present_stay,
    stays,
    to_assignment,
)
from system_apis.connectors.bamboohr.platform_models import Employee, Option
from system_apis.connectors.bamboohr.settings import BambooHrSettings

History = Mapping[int, Sequence[Any]]

# Rows that name no employee are told as faulty; nobody has this number.
_NOBODY = 0


class _Place(BaseModel):
    """Everybody with a lower number was told."""

    after: int = Field(default=_NOBODY - 1, ge=_NOBODY - 1)


class Assignments:
    """Reads the job history of one company."""

    def __init__(self, client: BambooHrClient, settings: BambooHrSettings, clock: Clock) -> None:
        self._client = client
        self._settings = settings
        self._clock = clock
        self._kept: History = {}
        self._kept_until: datetime | None = None

    async def page(self, cursor: str | None, limit: int, since: datetime | None) -> AssignmentPage:
        """Whole people, as many as have about ``limit`` rows together."""
        place = cursors.read(cursor, _Place) if cursor else _Place()
        history = await self._history(since, is_first=cursor is None)
        chosen, is_last = _slice(history, place.after, limit)
        people = await self._people(chosen)
        departments = await self._departments() if chosen else {}
        today = self._clock.now().date()
        placed: list[tuple[Stay, Employee | None, bool]] = []
        for number in chosen:
            own = stays(str(number), history[number])
            present = present_stay(own, today)
            placed += [(each, people.get(str(number)), each is present) for each in own]
        items, faulty = read_rows(
            placed,
            lambda each: to_assignment(
                each[0], each[1], departments, self._settings, is_present=each[2]
            ),
            lambda each: each[0].external_id,
        )
        if is_last:
            self._kept, self._kept_until = {}, None
        return AssignmentPage(
            items=items,
            faulty=faulty,
            next_cursor=None if is_last else cursors.written(_Place(after=chosen[-1])),
            complete=is_last and since is None,
        )

    async def _history(self, since: datetime | None, *, is_first: bool) -> History:
        if since is not None:
            told = (await self._client.changed_job_history(since)).employees
            return {int(key): each.rows for key, each in told.items() if key.isdigit()}
        now = self._clock.now()
        if is_first or self._kept_until is None or now >= self._kept_until:
            by_employee: dict[int, list[Any]] = defaultdict(list)
            for row in await self._client.job_history():
                number = row.get("employeeId") if isinstance(row, dict) else None
                key = int(number) if isinstance(number, str) and number.isdigit() else _NOBODY
                by_employee[key].append(row)
            self._kept = by_employee
            self._kept_until = now + timedelta(seconds=self._settings.keep_history_seconds)
        return self._kept

    async def _people(self, numbers: Sequence[int]) -> dict[str, Employee]:
        """Present records; one that makes no sense is left to the list of workers."""
        ids = [str(each) for each in numbers if each != _NOBODY]
        if not ids:
            return {}
        found: dict[str, Employee] = {}
        for row in (await self._client.employees(None, len(ids), ids)).data:
            try:
                employee = Employee.model_validate(row)
            except ValidationError:
                continue
            found[employee.employee_id] = employee
        return found

    async def _departments(self) -> dict[str, str]:
        """Ids by name; of two with one name, the one that is not archived."""
        found: dict[str, str] = {}
        for field in await self._client.lists():
            if field.alias == "department":
                options, _ = read_rows(field.options, Option.model_validate)
                for option in sorted(options, key=lambda each: each.archived != "yes"):
                    found[option.name] = org_unit_id("department", option.id)
        return found


def _slice(history: History, after: int, limit: int) -> tuple[list[int], bool]:
    """Numbers of whole people, at least one; and whether they are the last."""
    rest = sorted(number for number in history if number > after)
    chosen: list[int] = []
    rows = 0
    for number in rest:
        if chosen and rows + len(history[number]) > limit:
            break
        chosen.append(number)
        rows += len(history[number])
    return chosen, len(chosen) == len(rest)
