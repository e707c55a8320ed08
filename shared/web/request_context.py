"""Each request has an id that stands in its answer, in every log line and in its problem."""

import re
import time
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADER = "x-request-id"
# What a caller sends ends up in logs, so it may hold nothing that could forge a line.
_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_UNLOGGED = frozenset({"/health", "/ready", "/metrics"})

_log = structlog.get_logger("timepost.access")


class RequestContext:
    """ASGI: binds the request id for logging, echoes it, writes the access log.

    uvicorn's own access log holds query strings; servers are started without it.
    """

    def __init__(self, app: ASGIApp, *, access_log: bool) -> None:
        self._app = app
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _accepted(Headers(scope=scope).get(_HEADER)) or uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[_HEADER] = request_id
            await send(message)

        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                if self._access_log and scope["path"] not in _UNLOGGED:
                    _write_access_line(scope, status, time.perf_counter() - started)


def _accepted(offered: str | None) -> str | None:
    return offered if offered and _SANE.fullmatch(offered) else None


def _write_access_line(scope: Scope, status: int, seconds: float) -> None:
    principal = scope["state"].get("principal")
    _log.info(
        "request",
        method=scope["method"],
        path=scope["path"],
        status=status,
        milliseconds=round(seconds * 1000, 1),
        client=getattr(principal, "client_id", None),
    )
