"""Calls the process tier's `replay` API as the person who is signed in."""

from uuid import UUID

from pydantic import JsonValue

from experience_apis.upstream.as_caller import AsCaller, Filters, understood
from experience_apis.upstream.replays import (
    DryRun,
    DryRunLines,
    Replay,
    ReplayDetail,
    ReplayLinePage,
    ReplayPage,
    Rereading,
)
from shared.http_client import HttpClient
from shared.identity import Principal, ServiceTokens

_READ, _WRITE = "replays:read", "replays:write"
_BASE = "/v1/replays"


class ProcessReplays:
    """The replays, over HTTP; raises what `AsCaller` does, and the process tier's problems.

    Everything here may be sent twice: dry runs change nothing, and a start has its key.
    """

    def __init__(self, http: HttpClient, tokens: ServiceTokens) -> None:
        self._tier = AsCaller(http, tokens)

    async def rehearse(self, caller: Principal, wanted: JsonValue) -> DryRun:
        """What a replay would do."""
        path = f"{_BASE}/dry-run"
        response = await self._tier.send(caller, "POST", path, scope=_READ, json=wanted)
        return understood(DryRun, response)

    async def rehearse_more(self, caller: Principal, wanted: JsonValue) -> DryRunLines:
        """Further lines of a dry run."""
        path = f"{_BASE}/dry-run/lines"
        response = await self._tier.send(caller, "POST", path, scope=_READ, json=wanted)
        return understood(DryRunLines, response)

    async def start(self, caller: Principal, wanted: JsonValue, idempotency_key: str) -> Replay:
        """Start what its dry run showed.

        :raises Conflict: it is no longer that, or an ERP is paused.
        """
        response = await self._tier.send(
            caller,
            "POST",
            _BASE,
            scope=_WRITE,
            json=wanted,
            headers={"Idempotency-Key": idempotency_key},
            idempotent=True,
        )
        return understood(Replay, response, unsafe=True)

    async def reread(self, caller: Principal, wanted: JsonValue) -> Rereading:
        """Have entries read again in their tracker.

        :raises Conflict: the tracker is paused, or cannot be asked.
        """
        path = f"{_BASE}/reread"
        response = await self._tier.send(
            caller, "POST", path, scope=_WRITE, json=wanted, idempotent=True
        )
        return understood(Rereading, response, unsafe=True)

    async def find(self, caller: Principal, filters: Filters) -> ReplayPage:
        """Replays, the latest first."""
        response = await self._tier.send(caller, "GET", _BASE, scope=_READ, params=filters)
        return understood(ReplayPage, response)

    async def read(self, caller: Principal, replay_id: UUID) -> ReplayDetail:
        """One replay.

        :raises NotFound: there is none with this id.
        """
        response = await self._tier.send(caller, "GET", f"{_BASE}/{replay_id}", scope=_READ)
        return understood(ReplayDetail, response)

    async def lines(self, caller: Principal, replay_id: UUID, filters: Filters) -> ReplayLinePage:
        """What became of each line.

        :raises NotFound: there is no such replay.
        """
        path = f"{_BASE}/{replay_id}/lines"
        response = await self._tier.send(caller, "GET", path, scope=_READ, params=filters)
        return understood(ReplayLinePage, response)

    async def stop(self, caller: Principal, replay_id: UUID) -> Replay:
        """End it after the batch that is under way.

        :raises Conflict: it has ended already.
        """
        path = f"{_BASE}/{replay_id}/stop"
        response = await self._tier.send(caller, "POST", path, scope=_WRITE, idempotent=True)
        return understood(Replay, response, unsafe=True)
