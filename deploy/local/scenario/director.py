"""Runs the scenario from the first master record to the verdict."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from deploy.local.scenario.contracts import Contracts
from deploy.local.scenario.expected import as_file, file_differences, read_expected
from deploy.local.scenario.firm import Firm
from deploy.local.scenario.life import Life
from deploy.local.scenario.make_plan import make_plan
from deploy.local.scenario.operator import Operator, Status
from deploy.local.scenario.refusals import MastersNotRead
from deploy.local.scenario.tracker import Tracker
from deploy.local.scenario.verdict import (
    Case,
    Decisions,
    Expectation,
    Line,
    all_of,
    differences,
    mark_differences,
)
from deploy.local.scenario.weekend import Weekends
from deploy.local.scenario.weekend_plan import plan_weekends
from deploy.local.scenario.world import REOPENED, Disagreement
from deploy.tryton.reader import TrytonReader

LOOK_EVERY_SECONDS = 0.5
CALM_SECONDS = 3.0
PATIENCE_SECONDS = 420.0
MASTERS_SECONDS = 60.0


@dataclass(frozen=True)
class Surroundings:
    """What the scenario plays in.

    :param weekends: what happens in the second tracker.
    :param firm: whose four weeks these are.
    :param contracts: what is agreed on before.
    :param masters: the connections whose masters are read first, the ERP's first of all.
    :param read_erp: opens a session of the ERP's own, beside Timepost's connector.
    :param reopen: reopens a project in the ERP, by its code.
    :param check_services: raises when one of the services has ended.
    """

    tracker: Tracker
    operator: Operator
    weekends: Weekends
    firm: Firm
    contracts: Contracts | None
    masters: Sequence[str]
    read_erp: Callable[[], TrytonReader]
    reopen: Callable[[str], None]
    check_services: Callable[[], None]


@dataclass(frozen=True)
class Outcome:
    """What was entered, and what came of it.

    :param trackers: what was entered in each tracker, by its name.
    :param marked: entries that a tracker shows as posted, as Timepost told it, by its name.
    :param cases: that there ever were.
    :param decisions: what people and policies decided in Timepost itself.
    :param drift: where systems were found to disagree.
    :param quiet: whether everything had come to rest when it was judged.
    :param differences: between what is and what must be, in words.
    """

    trackers: dict[str, Expectation]
    lines: list[Line]
    cases: list[Case]
    status: Status
    marked: dict[str, int]
    decisions: Decisions
    drift: list[Disagreement]
    quiet: bool
    differences: list[str]

    @property
    def expectation(self) -> Expectation:
        """Of all trackers together."""
        return all_of(self.trackers.values())


class News(Protocol):
    """Takes the name of a step and what is new of it; `done` when nothing more will come."""

    def tell(self, name: str, news: str) -> None: ...

    def done(self, name: str, result: str) -> None: ...


class Director:
    """Plays once, and tells how it goes."""

    def __init__(self, surroundings: Surroundings, news: News) -> None:
        self._surroundings = surroundings
        self._news = news
        self._status = Status()
        self._entered = 0

    async def play(self) -> Outcome:
        """:raises ProcessDied: a service ended meanwhile.
        :raises MastersNotRead: the ERP's master data cannot be read.
        :raises NotSeen: no sweep found what stands in the second tracker.
        :raises Refused: a tracker, the process tier or the dashboard refused a call.
        """
        play, watch = asyncio.create_task(self._play()), asyncio.create_task(self._watch())
        try:
            await asyncio.wait({play, watch}, return_when=asyncio.FIRST_COMPLETED)
            if watch.done():
                watch.result()  # it only ends by raising
            return await play
        finally:
            play.cancel()
            watch.cancel()
            await asyncio.gather(play, watch, return_exceptions=True)

    async def _play(self) -> Outcome:
        for connection in self._surroundings.masters:
            await self._read_masters(connection)
        if self._surroundings.contracts is not None:
            await self._surroundings.contracts.agree(self._surroundings.firm)
            self._news.done("contracts", "a rate card and the terms of two contracts, published")
        weekends, expectation = self._surroundings.weekends, Expectation()
        firm = self._surroundings.firm
        trackers = {"Clockify": expectation, "TimeTagger": weekends.expectation}
        life = Life(self._surroundings.tracker, expectation, self._count_entry)
        await asyncio.gather(life.live(make_plan(firm)), weekends.live(plan_weekends(firm)))
        await self._until_quiet(trackers, deleted=0)
        self._news.tell("people", "changing and deleting what was posted")
        await life.change_what_was_posted()
        await self._reopen(expectation)
        quiet = await self._until_quiet(trackers, deleted=life.deleted)
        self._news.done("people", f"{self._entered} entries, some changed or deleted later")
        self._news.done("weekends", f"{len(weekends.expectation.known)} entries in TimeTagger")
        self._news.done("timepost", in_words(self._status))
        return await self._judge(trackers, quiet=quiet)

    async def _judge(self, trackers: dict[str, Expectation], *, quiet: bool) -> Outcome:
        tracker, weekends = self._surroundings.tracker, self._surroundings.weekends
        lines = await asyncio.to_thread(self._read_lines)
        cases = await self._surroundings.operator.all_cases()
        drift = [_disagreement(each) for each in await self._surroundings.operator.drift()]
        marks = [await tracker.is_marked(each) for each in trackers["Clockify"].lines]
        marked = {
            "Clockify": sum(marks),
            "TimeTagger": await asyncio.to_thread(weekends.marked),
        }
        decisions = await weekends.decisions()
        return Outcome(
            trackers=trackers,
            lines=lines,
            cases=cases,
            status=self._status,
            marked=marked,
            decisions=decisions,
            drift=drift,
            quiet=quiet,
            differences=[
                *differences(all_of(trackers.values()), lines, cases),
                *mark_differences(trackers, marked),
                *decisions.differences(),
                *self._unlike_the_file(all_of(trackers.values()), lines, cases, drift),
            ],
        )

    def _unlike_the_file(
        self,
        known: Expectation,
        lines: list[Line],
        cases: list[Case],
        drift: list[Disagreement],
    ) -> list[str]:
        found = as_file(self._surroundings.firm, known, lines, cases, drift)
        return file_differences(read_expected(), found)

    async def _reopen(self, expectation: Expectation) -> None:
        """What waits for a closed project posts by itself as soon as the ERP says otherwise."""
        self._news.tell("people", f"reopening {REOPENED} in the ERP")
        await asyncio.to_thread(self._surroundings.reopen, REOPENED)
        expectation.note_reopened()
        await self._read_masters(self._surroundings.masters[0])

    async def _read_masters(self, erp: str) -> None:
        operator = self._surroundings.operator
        give_up = time.monotonic() + MASTERS_SECONDS
        self._news.tell("masters", "waiting until the process tier knows its connections")
        while not await operator.knows(erp):
            if time.monotonic() > give_up:
                raise MastersNotRead(f"The process tier does not know the connection {erp}.")
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        run_id = await operator.refresh_masters(erp)
        while (run := await operator.masters_run(run_id))["status"] != "DONE":
            if run["status"] == "FAILED" or time.monotonic() > give_up:
                raise MastersNotRead(f"{run['step']}: {run['error']}")
            self._news.tell("masters", str(run["step"]))
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        self._news.done("masters", f"{run['read']} records read from {erp}")

    def _count_entry(self) -> None:
        self._entered += 1
        self._news.tell("people", f"{self._entered} entries in the tracker")

    async def _watch(self) -> None:
        while True:
            self._surroundings.check_services()
            self._status = await self._surroundings.operator.status()
            self._news.tell("timepost", in_words(self._status))
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _until_quiet(self, trackers: Mapping[str, Expectation], deleted: int) -> bool:
        """Wait until nothing moves any more and as much is approved as managers approved.

        Answers False when that did not come within the patience: the verdict will say why.
        """
        give_up = time.monotonic() + PATIENCE_SECONDS
        calm_since = time.monotonic()
        while time.monotonic() - calm_since < CALM_SECONDS:
            if time.monotonic() > give_up:
                return False
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            if not self._is_calm(all_of(trackers.values()), deleted):
                calm_since = time.monotonic()
        return True

    def _is_calm(self, expectation: Expectation, deleted: int) -> bool:
        return (
            self._status.under_way == 0
            and self._status.feedback.get("PENDING", 0) == 0
            and self._status.approved == expectation.approved - deleted
            and self._status.cases == len(expectation.cases)
        )

    def _read_lines(self) -> list[Line]:
        with self._surroundings.read_erp() as erp:
            return [
                Line(line.employee_email, line.date, line.project, line.task or "", line.minutes)
                for line in erp.lines()
            ]


def _disagreement(line: Mapping[str, Any]) -> Disagreement:
    """What the one that is not the ERP says."""
    kind, attribute = line["kind"], line["attribute"]
    if kind == "worker":
        return Disagreement("hcm", line["name"], attribute, line["owner_value"])
    return Disagreement("crm", line["owner_value"], attribute, line["copy_value"])


def in_words(status: Status) -> str:
    return (
        f"{status.approved} approved, {status.posted} posted, {status.cases} cases, "
        f"{status.under_way} under way"
    )
