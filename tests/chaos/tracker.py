"""A tracker in which people work while everything falls over; it alone knows what was approved.

It delivers like any careful tracker: again and again until it gets a 2xx. And like a careless one:
some deliveries come twice, and some only after a later one.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import uuid4

import httpx2

from deploy.local.connections_file import ERP
from tests.chaos.ground import Ground
from tests.journeys.own_systems import OWN_ERP, PEOPLE, Json, entry

FIRST_DAY = date(2026, 9, 1)
DAYS = 28
HALDEN = {
    "E1": "ada.lindqvist@haldenridge.example",
    "E2": "bashir.okonjo@haldenridge.example",
    "E3": "carmen.ibarra@haldenridge.example",
    "E4": "daniel.whitcombe@haldenridge.example",
}
RETRY_SECONDS = 0.3


@dataclass
class Tracked:
    """An entry as it stands in the tracker.

    :param text: what its lines in the ERP are known by.
    """

    erp: str
    text: str
    document: Json
    minutes: int
    is_approved: bool = False
    is_deleted: bool = False

    @property
    def wanted(self) -> int:
        """Minutes that have to stand in the ERP in the end."""
        return 0 if self.is_deleted or not self.is_approved else self.minutes


@dataclass
class Tracker:
    """What people did, and its deliveries.

    :param entries: by their texts.
    """

    ground: Ground
    random: Random
    entries: dict[str, Tracked] = field(default_factory=dict)
    _late: list[tuple[str, Json, str]] = field(default_factory=list)
    _last: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        self._http = httpx2.AsyncClient(base_url=self.ground.url("system"), timeout=15)

    async def enter(self, *, worker: str | None = None) -> Tracked:
        """Somebody tracks time, in one of the firms; half of it is approved already."""
        number = len(self.entries)
        erp = OWN_ERP if worker or number % 2 else ERP
        people = PEOPLE if erp == OWN_ERP else HALDEN
        text, day = f"chaos-{uuid4().hex[:12]}", FIRST_DAY + timedelta(days=number // 2 % DAYS)
        who = worker or self.random.choice(sorted(people))
        minutes = self.random.randrange(6, 60, 6)
        document = entry(text, day=day, minutes=minutes, approved=False)
        document["worker"] = {"external_id": f"u-{who}", "email": people[who]}
        if erp == ERP:
            document["project"] = {"external_id": "p-HR-1042", "code": "HR-1042"}
            document["task"] = {"external_id": "t-HR-1042", "name": "Build"}
        tracked = self.entries[text] = Tracked(erp, text, document, minutes)
        if worker or self.random.random() < 0.5:
            self._approve(tracked)
        await self._tell(tracked)
        return tracked

    async def approve(self, tracked: Tracked) -> None:
        self._approve(tracked)
        await self._tell(tracked)

    async def change(self, tracked: Tracked) -> None:
        """Other hours, perhaps on another day; the approval has to be given anew."""
        tracked.minutes = self.random.randrange(6, 60, 6)
        tracked.document["minutes"] = tracked.minutes
        if self.random.random() < 0.3:
            day = date.fromisoformat(tracked.document["work_date"])
            tracked.document["work_date"] = (day + timedelta(days=1)).isoformat()
        tracked.is_approved = False
        tracked.document.pop("approval", None)
        if self.random.random() < 0.6:
            self._approve(tracked)
        await self._tell(tracked)

    async def delete(self, tracked: Tracked) -> None:
        tracked.is_deleted = True
        await self._deliver(tracked.erp, {"deleted": [tracked.document["external_id"]]})

    async def anything(self) -> None:
        """What people do all day."""
        alive = [each for each in self.entries.values() if not each.is_deleted]
        drafts = [each for each in alive if not each.is_approved]
        dice = self.random.random()
        if len(alive) < 4 or dice < 0.45:
            await self.enter()
        elif dice < 0.65 and drafts:
            await self.approve(self.random.choice(drafts))
        elif dice < 0.93:
            await self.change(self.random.choice(alive))
        else:
            await self.delete(self.random.choice(alive))

    async def finish(self) -> None:
        """Approve what is left, and deliver what is late: then nothing is under way."""
        for each in self.entries.values():
            if not each.is_approved and not each.is_deleted:
                await self.approve(each)
        while self._late:
            await self._push(*self._late.pop())

    def _approve(self, tracked: Tracked) -> None:
        tracked.is_approved = True
        tracked.document["approval"] = {
            "status": "APPROVED",
            "approver": {"external_id": "u-boss", "email": "boss@nordic.example"},
            "decided_at": self._now().isoformat(),
        }

    async def _tell(self, tracked: Tracked) -> None:
        tracked.document["modified_at"] = self._now().isoformat()
        # As it is now: it may have changed by the time that it is delivered.
        await self._deliver(tracked.erp, {"entries": [dict(tracked.document)]})

    async def _deliver(self, erp: str, document: Json) -> None:
        delivery = f"msg_{uuid4().hex}"
        dice = self.random.random()
        if dice < 0.2 and "deleted" not in document:
            self._late.append((erp, document, delivery))
            return
        await self._push(erp, document, delivery)
        if dice < 0.4:
            await self._push(erp, document, delivery)  # twice, known by its id
        elif dice < 0.5:
            await self._push(erp, document, f"msg_{uuid4().hex}")  # twice, with another id
        if self._late and self.random.random() < 0.5:
            await self._push(*self._late.pop(0))

    async def _push(self, erp: str, document: Json, delivery: str) -> None:
        """Until it is acknowledged."""
        path = f"/time-tracking/v1/{self.ground.trackers[erp]}/webhooks"
        while True:
            headers, body = self.ground.own.sign(document, delivery)
            try:
                answer = await self._http.post(path, content=body, headers=headers)
            except httpx2.TransportError:
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if answer.status_code == 202:
                return
            if answer.status_code < 500 and answer.status_code != 429:
                raise AssertionError(f"a delivery was refused: {answer.text}")
            await asyncio.sleep(RETRY_SECONDS)

    def _now(self) -> datetime:
        """Later than ever before, so that no two versions are equally new."""
        self._last = max(datetime.now(UTC), self._last + timedelta(milliseconds=1))
        return self._last

    async def aclose(self) -> None:
        await self._http.aclose()
