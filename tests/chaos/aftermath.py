"""After a scenario: waits until nothing is owed any more, replaying what was given up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import uuid4

import httpx2

from deploy.local.connections_file import ERP
from deploy.local.scenario.operator import CLIENT
from deploy.local.scenario.refusals import Refused
from tests.chaos.ground import Ground
from tests.chaos.tracker import Tracked
from tests.chaos.verdict import Verdict, all_cases, judge, rows_of, told_of
from tests.journeys.own_systems import OWN_ERP
from tests.journeys.people import Integrator

PATIENCE_SECONDS = 90.0
DRAIN_SECONDS = 60.0
LOOK_EVERY_SECONDS = 0.5
GIVEN_UP = ("DEAD_LETTER", "BLOCKED", "PARKED")
# A tier that has just died or is struck; whoever asks waits and asks again.
_AWAY = (httpx2.TransportError, httpx2.HTTPStatusError, Refused, AssertionError)


class Aftermath:
    """What an operator does when a storm is over."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        secret = ground.secrets.clients[CLIENT]
        self.operator = Integrator(ground.url("process"), ground.url("identity"), secret)

    async def read_masters(self) -> None:
        """Of both ERPs; there is nothing to validate against before."""
        for erp in (ERP, OWN_ERP):
            await self._until(f"{erp} is known", partial(self.operator.knows, erp))
            run = await self.operator.refresh_masters(erp)
            await self._until(f"the masters of {erp} are read", partial(self._is_done, run))

    async def ask_for_masters(self) -> None:
        """Amid a storm: whether they can be read is not waited for."""
        for erp in (ERP, OWN_ERP):
            with suppress(*_AWAY):
                await self.operator.refresh_masters(erp)

    async def drained(self, entries: Iterable[Tracked]) -> Verdict:
        """What is wrong when nothing moves any more, or patience is over."""
        give_up = time.monotonic() + DRAIN_SECONDS
        calm_since: float | None = None
        while True:
            try:
                status = await self.operator.status()
                verdict = await judge(self._ground, self.operator, entries)
            except _AWAY:
                status, verdict = None, Verdict(in_doubt_left=1)
            if status is None or status.under_way:
                calm_since = None
            elif calm_since is None:
                calm_since = time.monotonic()
                if verdict.is_clean:
                    continue  # once more, for what might come late
            elif verdict.is_clean or time.monotonic() > give_up:
                return verdict
            elif any(status.postings.get(each) for each in GIVEN_UP):
                await self.replay()
            if time.monotonic() > give_up + 10:
                return verdict
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def told(self, entries: Iterable[Tracked]) -> list[str]:
        """What does not stand as approved, and the cases that are open."""
        rows = await asyncio.to_thread(rows_of, self._ground)
        cases = [
            f"case {case['code']} of {case['entry_external_id']}"
            for case in await all_cases(self.operator)
        ]
        return [*told_of(rows, entries), *cases, f"status: {await self.operator.status()}"]

    async def until_refused(self) -> None:
        """Until an ERP has refused something."""

        async def so() -> bool:
            postings = (await self.operator.status()).postings
            return any(postings.get(each) for each in GIVEN_UP)

        await self._until("something is refused", so)

    async def replay(self) -> None:
        """Have everything judged again that was given up; the worker may die over it."""
        for erp in (ERP, OWN_ERP):
            scope = {"scope": {"kind": "connection", "connection": erp}}
            shown = await self._asked("/v1/replays/dry-run", scope)
            if shown.get("lines"):
                key = {"Idempotency-Key": str(uuid4())}
                await self._asked("/v1/replays", {**scope, "hash": shown["hash"]}, key)

    async def _asked(
        self, path: str, document: dict[str, Any], headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """The answer; nothing if it cannot be had now."""
        try:
            answer = await self.operator.call("POST", path, json=document, headers=headers)
        except _AWAY:
            return {}
        return dict(answer.json()) if answer.is_success else {}

    async def _is_done(self, run: str) -> bool:
        return bool((await self.operator.masters_run(run))["status"] == "DONE")

    async def _until(self, what: str, check: Callable[[], Awaitable[bool]]) -> None:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                if await check():
                    return
            except _AWAY as problem:
                what = f"{what} ({problem!r})"
            if time.monotonic() > give_up:
                raise AssertionError(f"not so after {PATIENCE_SECONDS:.0f} s: {what}")
            await asyncio.sleep(LOOK_EVERY_SECONDS)
