"""What people do in TimeTagger, which has no approvals, and at Timepost's own dashboard."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, time, timedelta
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from deploy.local.connections_file import SECOND_TRACKER
from deploy.local.scenario.dashboard import Dashboard
from deploy.local.scenario.plan import PlannedEntry
from deploy.timetagger.person import Person as Account
from tests.journeys.people import EARLIER, Office, Week
from tests.journeys.product import Product, until


class SecondTracker:
    """TimeTagger and the dashboard. Weeks are the office's, so that journeys do not meet."""

    def __init__(self, product: Product, office: Office) -> None:
        self._product = product
        self._office = office
        self.dashboard = Dashboard(
            product.url("experience"),
            product.url("identity"),
            product.stack.secrets.login_password,
        )
        self._accounts: dict[tuple[str, int | None], Account] = {}

    async def track(
        self, name: str, *minutes: int, project: str = "HR-1042", task: str = "Build"
    ) -> Week:
        """A week of somebody's with one record a day from Monday on; a sweep has found it."""
        firm = self._office.firm
        week = self._office.free_week(firm.person(name), weeks_back=EARLIER)
        account = self._account(week)
        for day, duration in enumerate(minutes):
            start = datetime.combine(week.monday + timedelta(days=day), time(9), week.person.zone)
            narrative = f"Confidential {uuid4().hex}"
            self._product.written.add(narrative)
            entry = PlannedEntry(firm.project(project), task, start, duration, narrative)
            text = f"{narrative} #{project.lower()}/{task.lower()}"
            key = await asyncio.to_thread(account.track, start, entry.end, text)
            week.entries[f"{week.person.email}:{key}"] = entry
        await self.sweep()
        await self.until_states(dict.fromkeys(week.entries, None))
        return week

    async def change(self, week: Week, entry_id: str, minutes: int) -> None:
        """Change a record; the week knows what must stand in the ERP from now on."""
        entry = week.entries[entry_id] = replace(week.entries[entry_id], minutes=minutes)
        ends = int(entry.end.timestamp())
        await asyncio.to_thread(self._account(week).change, _key(entry_id), t2=ends)

    async def delete(self, week: Week, entry_id: str) -> None:
        """Hide a record, which is what TimeTagger calls deleting."""
        await asyncio.to_thread(self._account(week).delete, _key(entry_id))

    async def text(self, week: Week, entry_id: str) -> str:
        """What its person reads."""
        record = await asyncio.to_thread(self._account(week).record, _key(entry_id))
        return str(record["ds"])

    async def sweep(self) -> None:
        """Have what is new in TimeTagger looked for; it tells nobody by itself."""
        answer = await self._office.operator.call("POST", f"/v1/sweeps/{SECOND_TRACKER}")
        assert answer.status_code == 202, answer.text

    async def until_states(self, wanted: dict[str, str | None]) -> None:
        """Wait until Timepost knows these entries; in these states, where one is named."""

        async def so() -> bool:
            known = await self._office.operator.entries_of(SECOND_TRACKER)
            return all(
                entry_id in known and state in (None, known[entry_id].state)
                for entry_id, state in wanted.items()
            )

        await until(self._product, f"TimeTagger's entries are {set(wanted.values())}", so)

    async def until_minutes(self, entry_id: str, minutes: int) -> None:
        """Wait until Timepost knows of a change."""

        async def so() -> bool:
            known = await self._office.operator.entries_of(SECOND_TRACKER)
            return known[entry_id].minutes == minutes

        await until(self._product, f"{entry_id} has {minutes} minutes", so)

    async def submit(self, who: str, week: Week) -> dict[str, Any]:
        """Submit a week; answers the one approval that is asked for."""
        day = week.monday.isoformat()
        told = await self.dashboard.submit(who, connection=SECOND_TRACKER, day=day)
        (row,) = told["approvals"]
        return dict(row)

    async def until_waiting(self, entry_id: str) -> str:
        """Wait until no policy has approved an entry; answers why not."""
        reasons: list[str] = []

        async def so() -> bool:
            page = await self._office.operator.read(
                "/v1/approvals/waiting", connection=SECOND_TRACKER
            )
            for each in page["entries"]:
                if each["external_id"] == entry_id:
                    reasons.extend(each["reasons"])
            return bool(reasons)

        await until(self._product, f"{entry_id} waits for a person", so)
        return reasons[0]

    async def until_marked(self, week: Week, *entry_ids: str) -> None:
        """Wait until the person sees in TimeTagger that these are posted."""

        async def so() -> bool:
            texts = [await self.text(week, entry_id) for entry_id in entry_ids]
            return all(text.endswith(" #posted") for text in texts)

        await until(self._product, "TimeTagger shows them as posted", so)

    def _account(self, week: Week) -> Account:
        """Signed in anew after TimeTagger has been started anew."""
        server, email = self._product.stack.timetagger, week.person.email
        known = (email, server.pid)
        if known not in self._accounts:
            self._accounts[known] = server.person(email)
        return self._accounts[known]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.dashboard.__aexit__(kind, error, traceback)


def _key(entry_id: str) -> str:
    return entry_id.partition(":")[2]
