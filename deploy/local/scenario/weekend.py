"""Lets three people track their weekends in TimeTagger, and be approved in Timepost.

TimeTagger tells nobody of a change: what people do here comes to light with the next sweep.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from deploy.local.scenario.dashboard import Dashboard
from deploy.local.scenario.operator import Entry, Operator
from deploy.local.scenario.refusals import NotSeen
from deploy.local.scenario.verdict import Decisions, Expectation
from deploy.local.scenario.weekend_plan import (
    DELEGATE_ADDRESS,
    REASON,
    REFUSED,
    Fate,
    Weekend,
    WeekendEntry,
    expected_decisions,
)
from deploy.timetagger.person import Person as Account

LOOK_EVERY_SECONDS = 0.5
PATIENCE_SECONDS = 90.0
FEEDBACK_TAG = "#posted"
MANAGER, CONTROLLER, DELEGATE = "ines", "carl", "petra"


@dataclass(frozen=True)
class TimeTagger:
    """The second tracker: its connection, and the accounts of its people by e-mail address."""

    connection: str
    account: Callable[[str], Account]


@dataclass
class Tracked:
    """A weekend as it stands in the tracker."""

    plan: Weekend
    account: Account
    entries: list[tuple[str, WeekendEntry]] = field(default_factory=list)

    def entry_id(self, key: str) -> str:
        """As Timepost calls it."""
        return f"{self.plan.person.email}:{key}"


class Weekends:
    """Plays the plan, and notes what must come of it.

    :param tell: takes what is new.
    :param patience: seconds in which a sweep has to find what is new.
    """

    def __init__(
        self,
        tracker: TimeTagger,
        dashboard: Dashboard,
        operator: Operator,
        tell: Callable[[str], None],
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._tracker = tracker
        self._dashboard = dashboard
        self._operator = operator
        self._tell = tell
        self._patience = patience
        self._weekends: list[Tracked] = []
        self.expectation = Expectation()
        self._refused: Counter[str] = Counter()

    async def live(self, plan: tuple[Weekend, ...]) -> None:
        """Track, submit, change, decide.

        :raises NotSeen: Timepost does not find in time what stands in the tracker.
        """
        for weekend in plan:
            self._weekends.append(await asyncio.to_thread(self._track, weekend))
        self._tell(f"{len(self.expectation.known)} entries in TimeTagger, waiting for the sweep")
        await self._until_seen(lambda seen: set(self.expectation.known) <= set(seen))
        for each in self._weekends:
            if each.plan.fate.is_submitted:
                await self._submit(each.plan)
        self._tell("some change their mind after they have submitted")
        for each in self._weekends:
            await asyncio.to_thread(self._change, each)
        await self._until_seen(self._all_changes_are_seen)
        for each in self._weekends:
            self._tell(f"{each.plan.person.name}: {each.plan.fate}")
            await self._decide(each.plan)

    def marked(self) -> int:
        """How many records say to their person that they are posted."""
        accounts = {each.account.name: each.account for each in self._weekends}
        records = [record for account in accounts.values() for record in account.records()]
        return sum(record["ds"].endswith(FEEDBACK_TAG) for record in records)

    async def decisions(self) -> Decisions:
        """What had to be decided in Timepost, and what its dashboard says of it."""
        rows = await self._dashboard.approvals(
            CONTROLLER, view="all", connection=self._tracker.connection
        )
        return Decisions(
            expected=expected_decisions([each.plan for each in self._weekends]),
            found=Counter(row["outcome"] or row["state_label"] for row in rows) + self._refused,
        )

    def _track(self, plan: Weekend) -> Tracked:
        weekend = Tracked(plan, self._tracker.account(plan.person.email))
        for entry in plan.entries:
            key = weekend.account.track(entry.start, entry.end, f"{entry.text} #{entry.tag}")
            weekend.entries.append((key, entry))
            self.expectation.note_line(
                weekend.entry_id(key),
                plan.line(entry),
                approved=plan.fate.is_approval and not entry.deleted,
                case=entry.case,
            )
        return weekend

    def _change(self, weekend: Tracked) -> None:
        for key, entry in weekend.entries:
            if entry.deleted:
                weekend.account.delete(key)
            elif entry.changed_to is not None:
                start = int(entry.start.timestamp())
                weekend.account.change(key, t2=start + entry.changed_to * 60)

    def _all_changes_are_seen(self, seen: dict[str, Entry]) -> bool:
        for weekend in self._weekends:
            for key, entry in weekend.entries:
                found = seen[weekend.entry_id(key)]
                if entry.deleted != (found.state == "DELETED"):
                    return False
                if not entry.deleted and found.minutes != entry.final_minutes:
                    return False
        return True

    async def _submit(self, plan: Weekend) -> None:
        day = plan.saturday.isoformat()
        await self._dashboard.submit(plan.account, connection=self._tracker.connection, day=day)

    async def _decide(self, plan: Weekend) -> None:
        if plan.fate is Fate.BY_MANAGER:
            await self._say(MANAGER, plan, "approve")
            await self._submit(plan)  # what was changed since
            await self._say(MANAGER, plan, "approve")
        elif plan.fate is Fate.BY_DELEGATE:
            away = await self._dashboard.delegate(MANAGER, DELEGATE_ADDRESS, "On leave.")
            await self._say(DELEGATE, plan, "approve")
            await self._dashboard.end_delegation(MANAGER, away)
        elif plan.fate is Fate.REJECTED:
            await self._say(MANAGER, plan, "reject", REASON)
        elif plan.fate is Fate.BY_CONTROLLER:
            await self._say(plan.account, plan, "approve", view="own")
            await self._say(CONTROLLER, plan, "approve", view="escalated")

    async def _say(
        self, who: str, plan: Weekend, decision: str, reason: str | None = None, **view: str
    ) -> None:
        """Decide on what the person's list shows of this weekend; a refusal is noted."""
        for row in await self._dashboard.approvals(who, state="SUBMITTED", **view):
            if _is_of(row, plan):
                outcome = await self._dashboard.decide(who, row, decision, reason)
                if not outcome["done"]:
                    self._refused[f"{REFUSED}{outcome['code']}"] += 1

    async def _until_seen(self, are_seen: Callable[[dict[str, Entry]], bool]) -> None:
        give_up = time.monotonic() + self._patience
        while not are_seen(await self._operator.entries_of(self._tracker.connection)):
            if time.monotonic() > give_up:
                raise NotSeen(f"No sweep found what is new in {self._tracker.connection}.")
            await asyncio.sleep(LOOK_EVERY_SECONDS)


def _is_of(row: dict[str, Any], plan: Weekend) -> bool:
    begins, ends = (date.fromisoformat(row[name]) for name in ("period_start", "period_end"))
    return bool(row["worker"] == plan.person.name) and begins <= plan.saturday <= ends
