"""What people do in the tracker: consultants and managers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx2

from deploy.local.scenario.firm import Firm, Person, read_firm
from deploy.local.scenario.make_plan import CONTRACTOR, manager_of
from deploy.local.scenario.operator import CLIENT, Operator
from deploy.local.scenario.plan import PlannedEntry
from deploy.local.scenario.tracker import Tracker
from deploy.local.scenario.verdict import Line
from tests.journeys.product import Product, until

WEEKS_BACK = 7
RECENT, EARLIER = range(1, WEEKS_BACK), range(WEEKS_BACK, 3 * WEEKS_BACK)


@dataclass
class Week:
    """Somebody's week in the tracker: its entries by the tracker's ids."""

    person: Person
    monday: date
    approver: Person
    entries: dict[str, PlannedEntry] = field(default_factory=dict)
    approval_id: str = ""

    @property
    def lines(self) -> list[Line]:
        """What must stand in the ERP once it is approved."""
        return sorted(
            Line(
                email=self.person.email,
                date=entry.start.date(),
                project=entry.project.name,
                task=entry.task or "",
                minutes=entry.minutes,
            )
            for entry in self.entries.values()
        )

    @property
    def entry_id(self) -> str:
        """Of a week with a single entry."""
        (only,) = self.entries
        return only


class Integrator(Operator):
    """The operator with the whole of the process tier's API at hand."""

    async def call(
        self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any
    ) -> httpx2.Response:
        headers = {**(headers or {}), "Authorization": f"Bearer {await self._valid_token()}"}
        return await self._http.request(method, path, headers=headers, **more)

    async def read(self, path: str, **query: str) -> dict[str, Any]:
        """What the API answers; a refusal fails the test."""
        answer = await self.call("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def entry(self, external_id: str) -> dict[str, Any]:
        """An entry with its versions and lineage, by the tracker's id."""
        page = await self.read("/v1/time-entries", external_id=external_id)
        (found,) = page["entries"]
        return await self.read(f"/v1/time-entries/{found['id']}")

    async def steps_of(self, external_id: str) -> list[dict[str, Any]]:
        """The entry's lineage, oldest first."""
        return list((await self.entry(external_id))["lineage"])


class Office:
    """The firm's people at work. Each week is given out once, so that journeys do not meet."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.tracker = Tracker(product.url("clockify"), product.stack.firm)
        self.operator = Integrator(
            product.url("process"), product.url("identity"), product.stack.secrets.clients[CLIENT]
        )
        self._this_monday = _monday_of(datetime.now(UTC).date())
        self.firm: Firm = read_firm(self._this_monday - timedelta(weeks=WEEKS_BACK))

    def free_week(
        self,
        person: Person | None = None,
        monday: date | None = None,
        weeks_back: Sequence[int] = RECENT,
    ) -> Week:
        """A past week that nobody has worked in yet; of anybody, unless somebody is named."""
        mondays = [self._this_monday - timedelta(weeks=back) for back in weeks_back]
        for begins in [monday] if monday else mondays:
            for each in [person] if person else self.firm.people:
                key = (each.email, begins.isoformat())
                if key not in self.product.weeks_given:
                    self.product.weeks_given.add(key)
                    return Week(each, begins, manager_of(self.firm, each))
        raise LookupError("there is no free week any more")

    async def enter(
        self,
        *minutes: int,
        project: str = "HR-1042",
        task: str | None = "Build",
        person: Person | None = None,
        monday: date | None = None,
    ) -> Week:
        """A week with one entry a day from Monday on."""
        week = self.free_week(person, monday)
        for day, duration in enumerate(minutes):
            start = datetime.combine(week.monday + timedelta(days=day), time(9), week.person.zone)
            narrative = f"Confidential {uuid4().hex}"
            self.product.written.add(narrative)
            entry = PlannedEntry(self.firm.project(project), task, start, duration, narrative)
            week.entries[await self.tracker.enter(week.person, entry)] = entry
        return week

    async def submit(self, week: Week) -> None:
        week.approval_id = await self.tracker.submit(week.person, week.monday)

    async def approve(self, week: Week) -> None:
        await self.tracker.decide(week.approver, week.approval_id, "APPROVED")

    async def approved_week(self, *minutes: int, **more: Any) -> Week:
        """Entered, submitted and approved."""
        week = await self.enter(*minutes, **more)
        await self.submit(week)
        await self.approve(week)
        return week

    async def reopen(self, week: Week) -> None:
        """Take the approval back, so that entries can be changed."""
        await self.tracker.decide(week.approver, week.approval_id, "WITHDRAWN_APPROVAL")

    async def shorten(self, week: Week, entry_id: str, minutes: int) -> None:
        """Change an entry in the tracker; the week still knows what was approved."""
        shorter = replace(week.entries[entry_id], minutes=minutes)
        await self.tracker.edit(week.person, entry_id, shorter)

    async def change(self, week: Week, entry_id: str, **changes: Any) -> None:
        """Open the week again, change one of its entries, and have it approved again."""
        await self.reopen(week)
        changed = replace(week.entries[entry_id], **changes)
        await self.tracker.edit(week.person, entry_id, changed)
        week.entries[entry_id] = changed
        await self.submit(week)
        await self.approve(week)

    async def delete(self, week: Week, entry_id: str) -> None:
        """Open the week again, delete one of its entries, and have the rest approved again."""
        await self.reopen(week)
        await self.tracker.delete(week.person, entry_id)
        del week.entries[entry_id]
        await self.submit(week)
        await self.approve(week)

    async def until_told(self, *weeks: Week, seconds: float = 60) -> None:
        """Wait until the tracker shows every entry of the weeks as posted."""
        waiting = [entry_id for week in weeks for entry_id in week.entries]

        async def all_marked() -> bool:
            while waiting and await self.tracker.is_marked(waiting[-1]):
                waiting.pop()
            return not waiting

        await until(self.product, "the tracker shows the entries as posted", all_marked, seconds)

    async def posted(self, *weeks: Week, seconds: float = 60) -> None:
        """Assert that each entry stands in the ERP exactly once, as it was approved."""
        await self.until_told(*weeks, seconds=seconds)
        await self.standing(*weeks)

    async def standing(self, *weeks: Week) -> None:
        """Assert what stands in the ERP now: these weeks' entries exactly once, nothing else."""
        found = await asyncio.to_thread(self.lines_of, weeks)
        assert found == sorted(line for week in weeks for line in week.lines)

    async def until_standing(self, *weeks: Week) -> None:
        """Wait until these stand in the ERP; asks nobody but the ERP."""

        async def so() -> bool:
            found = await asyncio.to_thread(self.lines_of, weeks)
            return found == sorted(line for week in weeks for line in week.lines)

        await until(self.product, "the entries stand in the ERP", so)

    async def not_posted(self, *weeks: Week) -> None:
        assert await asyncio.to_thread(self.lines_of, weeks) == []

    async def cases_of(self, *weeks: Week) -> dict[str, str]:
        """Codes of open cases by the tracker's entry ids, as the process API lists them."""
        wanted = {entry_id for week in weeks for entry_id in week.entries}
        cases = await self.operator.open_cases()
        return {case.entry_id: case.code for case in cases if case.entry_id in wanted}

    async def until_cases(self, code: str, *weeks: Week) -> None:
        """Wait until every entry of these weeks is a case of this code."""
        wanted = {entry_id: code for week in weeks for entry_id in week.entries}

        async def as_wanted() -> bool:
            return await self.cases_of(*weeks) == wanted

        await until(self.product, f"{len(wanted)} entries are cases of {code}", as_wanted)

    async def until_calm(self) -> None:
        """Wait until no webhook is under way and nothing moves in the process tier."""
        await self.tracker.wait_for_webhooks()

        async def calm() -> bool:
            status = await self.operator.status()
            return status.under_way == 0 and status.feedback.get("PENDING", 0) == 0

        await until(self.product, "nothing is under way any more", calm)

    def lines_of(self, weeks: Sequence[Week]) -> list[Line]:
        with self.product.read_erp() as erp:
            rows = erp.lines()
        return sorted(
            Line(row.employee_email, row.date, row.project, row.task or "", row.minutes)
            for row in rows
            if any(
                row.employee_email == week.person.email
                and week.monday <= row.date < week.monday + timedelta(days=7)
                for week in weeks
            )
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.tracker.__aexit__(kind, error, traceback)
        await self.operator.__aexit__(kind, error, traceback)


def contractor() -> Person:
    """Known to the tracker, and not to the ERP."""
    return CONTRACTOR


def _monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())
