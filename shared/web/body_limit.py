"""No body larger than the limit is read, whatever its header says."""

import re
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.problems import PayloadTooLarge
from shared.web.problem_answers import problem_answer


class BodyLimit:
    """ASGI: refuses by Content-Length at once, and streamed bodies when they pass the limit."""

    def __init__(self, app: ASGIApp, *, default: int, by_prefix: Mapping[str, int]) -> None:
        self._app = app
        self._default = default
        longest_first = sorted(by_prefix.items(), key=lambda pair: -len(pair[0]))
        self._by_prefix = [(_pattern(prefix), limit) for prefix, limit in longest_first]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit_for(scope["path"])
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced) > limit:
            await problem_answer(PayloadTooLarge(_detail(limit)), scope)(scope, receive, send)
            return
        received = 0

        async def receive_counting() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                # FastAPI turns every other exception met while it reads a body into a 400.
                raise HTTPException(PayloadTooLarge.status, _detail(limit))
            return message

        await self._app(scope, receive_counting, send)

    def _limit_for(self, path: str) -> int:
        for pattern, limit in self._by_prefix:
            if pattern.match(path):
                return limit
        return self._default


def _pattern(prefix: str) -> re.Pattern[str]:
    """A star stands for one segment of the path."""
    return re.compile("[^/]+".join(re.escape(part) for part in prefix.split("*")))


def _detail(limit: int) -> str:
    return f"At most {limit} bytes are read here."
