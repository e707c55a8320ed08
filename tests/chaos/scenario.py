"""What is to happen in a scenario, and how it is played: people work while things break and die.

Then all is well again, what is owed is waited for, and the ERPs' rows are counted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

from shared.stop_points import StopPoint
from tests.chaos.aftermath import Aftermath
from tests.chaos.ground import WORKERS, Ground, holders
from tests.chaos.tracker import Tracked, Tracker
from tests.chaos.verdict import Verdict
from tests.journeys.fault_proxy import ANY, Fault
from tests.journeys.own_systems import masters

REACH_SECONDS = 30.0
MORTAL = ("process", "system", *WORKERS, "postgres")
FAULTS = tuple(each for each in Fault if each is not Fault.HOLD)
LOOK_UPS = {
    StopPoint.LOOK_UP_CLAIMED,
    StopPoint.LOOK_UP_ANSWERED,
    StopPoint.ERP_LOOKED_UP,
}
REPLAYS = {StopPoint.REPLAY_CLAIMED, StopPoint.REPLAY_BATCH_COMMITTED}
MASTERS = {
    StopPoint.MASTERS_READ,
    StopPoint.MASTERS_COMPARED,
    StopPoint.MASTERS_BATCH_TAKEN,
}
# Reached once a day here, when a steward acts, or never: the process tier's own tests stop it.
ELSEWHERE = {
    StopPoint.SWEEP_LEFT_HINTS,
    StopPoint.WEEKS_COMPARED,
    StopPoint.MAPPING_PUBLISHED,
    StopPoint.OWNERSHIP_DECIDED,
    StopPoint.PUSH_CLAIMED,
    StopPoint.PUSH_ANSWERED,
    StopPoint.REPAIR_CLAIMED,
    StopPoint.REPAIR_ANSWERED,
}
# Reached while something special happens, and not oftener than that.
ONCE = LOOK_UPS | REPLAYS | MASTERS | {StopPoint.PROBE_TAKEN}
# The calls by which lines come into being; the other ERP's calls have no names.
POSTED_BY = {"tryton": "model.timesheet.line.create", "own_erp": "POST"}
# Whom the ERP forgets for a while: a replay has something to do then.
FORGOTTEN = "N2"


@dataclass(frozen=True)
class Scenario:
    """What is to happen.

    :param actions: what people do: entries, approvals, changes, deletions.
    :param stop: where a process kills itself, and at which time that it gets there.
    :param faults: how many strikes of the proxies.
    :param deaths: how many processes are killed at moments of no choosing.
    """

    seed: int
    actions: int
    stop: tuple[StopPoint, int]
    faults: int
    deaths: int

    @classmethod
    def drawn(cls, seed: int, stop: StopPoint, actions: int) -> Scenario:
        random = Random(seed)  # noqa: S311 - to be played again, not to be secret
        nth = random.choice((1, 1, 2, 3)) if stop not in ONCE else 1
        return cls(
            seed=seed,
            actions=actions,
            stop=(stop, nth),
            faults=random.randrange(1, 7),
            deaths=random.randrange(3),
        )


@dataclass(frozen=True)
class Played:
    """What came of it.

    :param reached: whether the process stopped where it was told to.
    :param wrong: a line for each entry that does not stand as approved, and for each open case.
    """

    verdict: Verdict
    entries: int
    reached: bool
    happened: Sequence[str]
    wrong: Sequence[str]


class Stage:
    """Plays scenarios on one ground, one after the other.

    :param entries: of all scenarios so far: what was right once has to stay so.
    """

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.aftermath = Aftermath(ground)
        self.entries: dict[str, Tracked] = {}
        self._happened: list[str] = []

    async def play(self, scenario: Scenario) -> Played:
        self._happened = []
        random = Random(scenario.seed)  # noqa: S311 - to be played again, not to be secret
        tracker = Tracker(self.ground, random)
        try:
            reached = await self._disturbed(scenario, tracker, random)
            await self._well_again()
            await tracker.finish()
        finally:
            await tracker.aclose()
        self.entries |= tracker.entries
        verdict = await self.aftermath.drained(self.entries.values())
        wrong = [] if verdict.is_clean else await self.aftermath.told(self.entries.values())
        return Played(verdict, len(tracker.entries), reached, self._happened, wrong)

    async def _disturbed(self, scenario: Scenario, tracker: Tracker, random: Random) -> bool:
        """People work while things break; whether the process stopped where it was to."""
        await self._arm(*scenario.stop)
        async with self._medic(), asyncio.TaskGroup() as together:
            together.create_task(_work(tracker, random, scenario.actions))
            together.create_task(self._break(scenario, random))
        async with self._medic():
            return await self._until_stopped(scenario.stop[0], tracker, random)

    async def _arm(self, point: StopPoint, nth: int) -> None:
        for name in holders(point):
            await self.ground.restart(name, f"{point}:{nth}")
        self._happened.append(f"armed {point}:{nth}")

    @asynccontextmanager
    async def _medic(self) -> AsyncIterator[None]:
        """Starts whatever has stopped itself, a moment later."""

        async def watch() -> None:
            while True:
                await asyncio.sleep(0.1)
                for name in self.ground.died():
                    self._happened.append(f"{name} stopped itself")
                    await self.ground.restart(name)

        watching = asyncio.create_task(watch())
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.wait([watching])

    async def _break(self, scenario: Scenario, random: Random) -> None:
        acts = ["fault"] * scenario.faults + ["death"] * scenario.deaths
        random.shuffle(acts)
        for act in acts:
            await asyncio.sleep(random.uniform(0.1, 0.8))
            if act == "fault":
                await self._strike(random)
            else:
                await self._let_die(random)

    async def _strike(self, random: Random) -> None:
        name, proxy = random.choice(sorted(self.ground.proxies.all.items()))
        fault = random.choice([*FAULTS, None])
        self._happened.append(f"{name}: {fault.name if fault else 'REFUSED'}")
        if fault is not None:
            proxy.strike(ANY, fault, random.choice((1, 1, 2, 4)))
            return
        proxy.refuse()
        await asyncio.sleep(random.uniform(0.3, 1.5))
        proxy.accept()

    async def _let_die(self, random: Random) -> None:
        name = random.choice(MORTAL)
        self._happened.append(f"kill -9 {name}")
        await self.ground.kill(name)
        await asyncio.sleep(random.uniform(0, 1))
        await self.ground.revive(name)

    async def _until_stopped(self, point: StopPoint, tracker: Tracker, random: Random) -> bool:
        """Go on until the process has stopped itself. What was armed may have died otherwise and
        been started anew by then, or the point needs something special to be reached."""
        give_up = time.monotonic() + REACH_SECONDS
        while not any(each.endswith("stopped itself") for each in self._happened):
            if time.monotonic() > give_up:
                return False
            if not self.ground.armed.issuperset(holders(point)):
                await self._arm(point, 1)
            if point in LOOK_UPS:
                self._lose_an_answer()
            if point in MASTERS:
                await self._read_new_masters()
            if point is StopPoint.PROBE_TAKEN:
                await self._be_away(tracker, random)
            if point in REPLAYS:
                await self._replay_something(tracker)
            else:
                await _work(tracker, random, 3)
            await asyncio.sleep(0.5)
        return True

    def _lose_an_answer(self) -> None:
        for name in ("tryton", "own_erp"):
            proxy = self.ground.proxies.all[name]
            if proxy.is_calm:
                proxy.strike(POSTED_BY[name], Fault.RESET_AFTER)

    async def _read_new_masters(self) -> None:
        """There is something to take over, whatever was read before."""
        people = self.ground.own.erp.masters["employees"]
        people[0]["name"] = f"{people[0]['name']}'"
        await self.aftermath.ask_for_masters()

    async def _be_away(self, tracker: Tracker, random: Random) -> None:
        """Both ERPs, for longer than anybody takes for a blip."""
        for name in POSTED_BY:
            self.ground.proxies.all[name].refuse()
        await _work(tracker, random, 3)
        await asyncio.sleep(4)
        for name in POSTED_BY:
            self.ground.proxies.all[name].accept()

    async def _replay_something(self, tracker: Tracker) -> None:
        """The ERP forgets somebody, refuses their hours, and remembers: nobody tells us so."""
        erp = self.ground.own.erp
        people = masters()["employees"]
        erp.masters["employees"] = [each for each in people if each["id"] != FORGOTTEN]
        for _ in range(2):
            await tracker.enter(worker=FORGOTTEN)
        try:
            await self.aftermath.until_refused()
        finally:
            erp.masters["employees"] = people
        await self.aftermath.replay()

    async def _well_again(self) -> None:
        """No faults any more, and everything runs, unarmed."""
        for proxy in self.ground.proxies.all.values():
            proxy.calm()
        for name in self.ground.armed | self.ground.died():
            await self.ground.restart(name)


async def _work(tracker: Tracker, random: Random, actions: int) -> None:
    for _ in range(actions):
        await tracker.anything()
        await asyncio.sleep(random.uniform(0, 0.15))
