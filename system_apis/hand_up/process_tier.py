"""The process tier as the system tier sees it: it takes events, and it is there or not."""

import json
from collections.abc import Sequence

from shared.http_client import HttpClient, Response
from shared.identity import ServiceTokens
from shared.problems import NotReady
from shared.stop_points import StopPoint, reached
from system_apis.hand_up.coalescing import BatchRefused
from system_apis.hand_up.envelope import CloudEvent

AUDIENCE = "timepost-process"
SCOPE = "events:write"

_LONGEST_WAIT_SECONDS = 300


class ProcessTier:
    """`POST /v1/events` of the process tier, with this tier's own token.

    :param http: has the process tier's address as its base, and the hand-up's deadline.
    """

    def __init__(self, http: HttpClient, tokens: ServiceTokens) -> None:
        self._http = http
        self._tokens = tokens

    async def commit(self, events: Sequence[CloudEvent]) -> None:
        """Return after the process tier has committed ``events``.

        Repeating a request is safe: the process tier knows events by source and id.

        :raises BatchRefused: it will never take them.
        :raises shared.problems.TimepostProblem: not now, or it is not known whether it did.
        """
        reached(StopPoint.HANDING_UP)
        response = await self._http.post(
            "/v1/events",
            content=json.dumps([event.document() for event in events]).encode(),
            headers={
                "Content-Type": "application/cloudevents-batch+json",
                "Authorization": f"Bearer {await self._tokens.token(AUDIENCE, [SCOPE])}",
            },
            idempotent=True,
        )
        status = response.status_code
        if status == 202:
            reached(StopPoint.HANDED_UP)
            return
        # 401 and 403 are about our credentials and not about the events: those stay good.
        if 400 <= status < 500 and status not in {401, 403, 404, 408, 429}:
            raise BatchRefused(status)
        raise NotReady(
            f"The process tier answers HTTP {status} to events.", retry_after=_wait(response)
        )

    async def check(self) -> None:
        """Readiness: without the process tier no delivery can be taken.

        :raises NotReady: it does not answer its health check.
        """
        response = await self._http.get("/health", timeout=2.0)
        if response.status_code != 200:
            raise NotReady(f"The process tier answers HTTP {response.status_code} to /health.")


def _wait(response: Response) -> int:
    asked = response.headers.get("Retry-After", "")
    return min(int(asked), _LONGEST_WAIT_SECONDS) if asked.isdecimal() else 5
