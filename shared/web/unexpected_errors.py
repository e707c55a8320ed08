"""A defect of ours is answered by a problem without internals, and logged with them."""

import structlog
from opentelemetry import trace
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.problems import InternalError
from shared.web.problem_answers import problem_answer

_log = structlog.get_logger("timepost.web")


class UnexpectedErrors:
    """ASGI: catches what no handler knows.

    Starlette's own place for this lies outside of all middlewares: its answers lack the request
    id and the security headers. The exception goes no further, since its text, which may quote
    what a person wrote, would be recorded in the trace and printed by the server.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_and_note(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception as error:  # noqa: BLE001  the outermost place: whatever it is, it ends here
            _log.error("unexpected_error", path=scope["path"], exc_info=error)
            _mark_span(error)
            if started:
                # The status has left: only a broken connection tells the caller that it is wrong.
                raise ConnectionAbortedError("the answer could not be completed") from None
            problem = InternalError("Something unexpected happened; it has been logged.")
            await problem_answer(problem, scope)(scope, receive, send)


def _mark_span(error: Exception) -> None:
    span = trace.get_current_span()
    # As an event: the instrumentation puts the status code into the attribute `error.type`.
    span.add_event("exception", {"exception.type": type(error).__qualname__})
    span.set_status(trace.StatusCode.ERROR)
