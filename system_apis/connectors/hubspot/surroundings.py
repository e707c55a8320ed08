"""Owners and stages: lists that deals and companies name by id, kept for some minutes."""

import asyncio
from datetime import datetime, timedelta

from shared.values import Clock
from system_apis.capabilities.rows import read_rows
from system_apis.connectors.hubspot.client import HubSpotClient
from system_apis.connectors.hubspot.mapping import Owners, Stages
from system_apis.connectors.hubspot.platform_models import Owner


class Surroundings:
    """Read by whoever needs them first, while the others wait."""

    def __init__(self, client: HubSpotClient, clock: Clock, keep_for: timedelta) -> None:
        self._client = client
        self._clock = clock
        self._keep_for = keep_for
        self._lock = asyncio.Lock()
        self._owners: Owners | None = None
        self._stages: Stages | None = None
        self._read_at: datetime | None = None

    async def owners(self) -> Owners:
        """By id; those who left are no longer listed."""
        async with self._lock:
            self._forget_what_is_old()
            if self._owners is None:
                self._owners = await self._all_owners()
            return self._owners

    async def stages(self) -> Stages:
        """By pipeline and stage."""
        async with self._lock:
            self._forget_what_is_old()
            if self._stages is None:
                found = (await self._client.pipelines()).results
                self._stages = {(p.id, stage.id): stage for p in found for stage in p.stages}
            return self._stages

    def _forget_what_is_old(self) -> None:
        now = self._clock.now()
        if self._read_at is None or now - self._read_at >= self._keep_for:
            self._owners = self._stages = None
            self._read_at = now

    async def _all_owners(self) -> Owners:
        found: dict[str, Owner] = {}
        after: str | None = None
        while True:
            page = await self._client.owners(after)
            owners, _ = read_rows(page.results, Owner.model_validate)
            found |= {each.id: each for each in owners}
            after = page.after
            if after is None:
                return found
