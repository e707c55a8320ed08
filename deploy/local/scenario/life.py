"""Lets the people of the plan live their four weeks in the tracker."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from deploy.local.scenario.plan import Delivery, Fate, Later, Plan, PlannedEntry, PlannedWeek
from deploy.local.scenario.tracker import Tracker
from deploy.local.scenario.verdict import Expectation

# Seconds between two things that one person does. Twelve people who type at once, without a
# pause, would only show how fast the tracker's stand-in is.
PAUSE = 0.25
MINUTES_LESS = 45


@dataclass
class WeekInTracker:
    """A week as it stands in the tracker: ids of its approval request and of its entries."""

    plan: PlannedWeek
    approval_id: str | None = None
    entries: list[tuple[str, PlannedEntry]] = field(default_factory=list)


class Life:
    """Plays the plan, and notes what must come of it. `deleted`: approved entries gone since."""

    def __init__(
        self,
        tracker: Tracker,
        expectation: Expectation,
        entered: Callable[[], None],
        pause: float = PAUSE,
    ) -> None:
        self._pause = pause
        self._tracker = tracker
        self._expectation = expectation
        self._entered = entered
        self._weeks: list[WeekInTracker] = []
        self.deleted = 0

    async def live(self, plan: Plan) -> None:
        """All weeks: people beside each other, everybody's own weeks one after the other.

        Weeks with disturbed webhooks come last and alone, for a disturbance hits whatever is sent.
        """
        undisturbed = defaultdict(list)
        disturbed = []
        for week in plan.weeks:
            if week.delivery is Delivery.ONCE:
                undisturbed[week.person].append(week)
            else:
                disturbed.append(week)
        async with asyncio.TaskGroup() as people:
            for weeks in undisturbed.values():
                people.create_task(self._one_after_another(weeks))
        for week in disturbed:
            await self._tracker.wait_for_webhooks()
            await self._live_disturbed(week)
        await self._tracker.wait_for_webhooks()

    async def change_what_was_posted(self) -> None:
        """Withdraw, change or delete, submit and approve again, as the tracker demands."""
        for week in self._weeks:
            if any(entry.later for _, entry in week.entries):
                await self._reopen_and_change(week)
        await self._tracker.wait_for_webhooks()

    async def _one_after_another(self, weeks: list[PlannedWeek]) -> None:
        for week in weeks:
            await self._decide(await self._submit(await self._enter(week)))

    async def _live_disturbed(self, plan: PlannedWeek) -> None:
        if plan.delivery is Delivery.THREE_TIMES:
            await self._tracker.disturb_webhooks(copies=3)
            await self._decide(await self._submit(await self._enter(plan)))
        elif plan.delivery is Delivery.REVERSED:
            await self._tracker.disturb_webhooks(hold=True)
            await self._decide(await self._submit(await self._enter(plan)))
            await self._tracker.release_webhooks_newest_first()
        else:
            week = await self._submit(await self._enter(plan))
            await self._tracker.wait_for_webhooks()
            await self._tracker.disturb_webhooks(drop_next=1)
            await self._decide(week)
        await self._tracker.disturb_webhooks()

    async def _enter(self, plan: PlannedWeek) -> WeekInTracker:
        week = WeekInTracker(plan)
        self._weeks.append(week)
        for entry in plan.entries:
            entry_id = await self._tracker.enter(plan.person, entry)
            week.entries.append((entry_id, entry))
            self._expectation.note(entry_id, plan, entry)
            self._entered()
            await asyncio.sleep(self._pause)
        return week

    async def _submit(self, week: WeekInTracker) -> WeekInTracker:
        if week.plan.fate is not Fate.DRAFT:
            week.approval_id = await self._tracker.submit(week.plan.person, week.plan.monday)
            await asyncio.sleep(self._pause)
        return week

    async def _decide(self, week: WeekInTracker) -> None:
        if week.approval_id is None or week.plan.fate is Fate.SUBMITTED:
            return
        approved = week.plan.fate is Fate.APPROVED
        state, note = ("APPROVED", "") if approved else ("REJECTED", "Friday is missing.")
        await self._tracker.decide(week.plan.approver, week.approval_id, state, note)

    async def _reopen_and_change(self, week: WeekInTracker) -> None:
        person, approver = week.plan.person, week.plan.approver
        if week.approval_id is None:
            raise ValueError(f"{person.name}'s week of {week.plan.monday} was never submitted")
        await self._tracker.decide(approver, week.approval_id, "WITHDRAWN_APPROVAL")
        for entry_id, entry in week.entries:
            if entry.later is Later.EDIT:
                shorter = replace(entry, minutes=entry.minutes - MINUTES_LESS)
                await self._tracker.edit(person, entry_id, shorter)
                self._expectation.note_later(entry_id, shorter.minutes)
            elif entry.later is Later.DELETE:
                await self._tracker.delete(person, entry_id)
                self.deleted += 1
                self._expectation.note_later(entry_id, 0)
        week.approval_id = await self._tracker.submit(person, week.plan.monday)
        await asyncio.sleep(self._pause)
        await self._tracker.decide(approver, week.approval_id, "APPROVED")
