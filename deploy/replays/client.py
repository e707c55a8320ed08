"""The process tier's replays, called as the operator."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from pydantic import ValidationError

from deploy.replays.settings import AUDIENCE, OperatorSettings
from shared.http_client import HttpClient
from shared.identity import ServiceTokens
from shared.problems import ProblemDocument, UpstreamRefused

Json = dict[str, Any]
_BASE = "/v1/replays"
# A dry run of a hundred thousand lines takes its time.
_SECONDS = 120.0


class Refused(Exception):
    """The process tier said no, and why.

    :param told: what happened and what to do, for people.
    """

    def __init__(self, told: str) -> None:
        super().__init__(told)
        self.told = told


class Replays:
    """One connection to the process tier."""

    def __init__(self, http: HttpClient, tokens: ServiceTokens) -> None:
        self._http, self._tokens = http, tokens

    async def rehearse(self, scope: Json, states: list[str], limit: int) -> Json:
        """What a replay would do; nothing is changed."""
        return await self._call("POST", f"{_BASE}/dry-run", _wanted(scope, states, limit=limit))

    async def start(self, scope: Json, states: list[str], shown: str) -> Json:
        """Start what the dry run with this hash showed."""
        # One key for all tries of this call: an answer that is lost starts nothing twice.
        key = {"Idempotency-Key": str(uuid4())}
        return await self._call("POST", _BASE, _wanted(scope, states, hash=shown), key)

    async def reread(self, scope: Json) -> Json:
        """Have entries read again in their tracker."""
        return await self._call("POST", f"{_BASE}/reread", {"scope": scope})

    async def read(self, replay_id: str) -> Json:
        """How far it is."""
        return await self._call("GET", f"{_BASE}/{replay_id}")

    async def stop(self, replay_id: str) -> Json:
        """End it after the batch that is under way."""
        return await self._call("POST", f"{_BASE}/{replay_id}/stop")

    async def _call(
        self, method: str, path: str, body: Json | None = None, headers: Json | None = None
    ) -> Json:
        token = await self._tokens.token(AUDIENCE)
        answer = await self._http.request(
            method,
            path,
            json=body,
            headers={**(headers or {}), "Authorization": f"Bearer {token}"},
            idempotent=True,
        )
        if answer.is_success:
            return dict(answer.json())
        try:
            problem = ProblemDocument.model_validate_json(answer.content)
        except ValidationError:
            raise UpstreamRefused(f"The process tier answered {answer.status_code}.") from None
        places = "".join(f"\n  {error.field}: {error.message}" for error in problem.errors)
        raise Refused(f"{problem.detail} ({problem.code}){places}\n{problem.action}")


@asynccontextmanager
async def connected(settings: OperatorSettings) -> AsyncIterator[Replays]:
    """Until the block ends."""
    url = settings.process_url.rstrip("/")
    async with (
        HttpClient(name="The identity provider") as provider,
        HttpClient(
            url, name="The process tier", timeout=_SECONDS, deadline_seconds=_SECONDS
        ) as http,
    ):
        tokens = ServiceTokens(settings.identity.for_tokens(), provider.library_client)
        yield Replays(http, tokens)


def _wanted(scope: Json, states: list[str], **more: Any) -> Json:
    return {"scope": scope, **({"states": states} if states else {}), **more}
