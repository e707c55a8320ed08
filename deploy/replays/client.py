"""The process tier's replays, called as the operator."""

from typing import Any
from uuid import uuid4

from deploy.process_calls import ProcessCalls

Json = dict[str, Any]
_BASE = "/v1/replays"


class Replays:
    """Replays of one process tier."""

    def __init__(self, calls: ProcessCalls) -> None:
        self._call = calls.call

    async def rehearse(self, scope: Json, states: list[str], limit: int) -> Json:
        """What a replay would do; nothing is changed."""
        return await self._call("POST", f"{_BASE}/dry-run", _wanted(scope, states, limit=limit))

    async def start(self, scope: Json, states: list[str], shown: str) -> Json:
        """Start what the dry run with this hash showed."""
        # One key for all tries of this call: an answer that is lost starts nothing twice.
        key = {"Idempotency-Key": str(uuid4())}
        return await self._call("POST", _BASE, _wanted(scope, states, hash=shown), headers=key)

    async def reread(self, scope: Json) -> Json:
        """Have entries read again in their tracker."""
        return await self._call("POST", f"{_BASE}/reread", {"scope": scope})

    async def read(self, replay_id: str) -> Json:
        """How far it is."""
        return await self._call("GET", f"{_BASE}/{replay_id}")

    async def stop(self, replay_id: str) -> Json:
        """End it after the batch that is under way."""
        return await self._call("POST", f"{_BASE}/{replay_id}/stop")


def _wanted(scope: Json, states: list[str], **more: Any) -> Json:
    return {"scope": scope, **({"states": states} if states else {}), **more}
