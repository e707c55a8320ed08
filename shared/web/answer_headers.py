"""Headers that every answer carries unless the endpoint set its own."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# For JSON: nothing may be loaded, nobody may frame it. Pages send their own policy.
_ALWAYS = (
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
)


class AnswerHeaders:
    """ASGI: security headers, and what inner parts left in ``request.state.answer_headers``."""

    def __init__(self, app: ASGIApp, *, hsts_seconds: int) -> None:
        self._app = app
        self._hsts = f"max-age={hsts_seconds}; includeSubDomains" if hsts_seconds else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._complete(MutableHeaders(scope=message), scope)
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _complete(self, headers: MutableHeaders, scope: Scope) -> None:
        for name, value in _ALWAYS:
            headers.setdefault(name, value)
        # Answers hold people's hours: no cache keeps them, unless the endpoint works with ETags.
        if "etag" not in headers:
            headers.setdefault("cache-control", "no-store")
        if self._hsts and scope["scheme"] == "https":
            headers.setdefault("strict-transport-security", self._hsts)
        headers.raw.extend(scope.get("state", {}).get("answer_headers", ()))
