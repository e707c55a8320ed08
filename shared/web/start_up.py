"""A tier answers from its first moment on: 503 until its start-up is through, never 404.

uvicorn accepts connections only after the lifespan's start-up. So the lifespan merely begins the
tier's own start-up in the background (database, identity provider, routes), and a gate answers
until it is through. A tracker whose webhook meets a 404 gives up; on 503 it tries again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import structlog
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.problems import ConfigurationError, NotReady
from shared.web.problem_answers import problem_answer
from shared.web.reasons import reason_of

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

_ALWAYS_OPEN = frozenset({"/health", "/ready", "/metrics"})
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.5, 15.0

_log = structlog.get_logger("timepost.web")


class StartUp:
    """Runs a tier's lifespan in the background, again after a failure that may pass."""

    def __init__(self, lifespan: Lifespan | None) -> None:
        self._lifespan = lifespan
        self._decided = asyncio.Event()
        self.is_through = lifespan is None
        self.missing = "Start-up has not begun."
        self.refusal: ConfigurationError | None = None

    @asynccontextmanager
    async def around(self, app: FastAPI) -> AsyncIterator[None]:
        """The lifespan that the server sees; returns from start-up at once."""
        if self._lifespan is None:
            yield
            return
        stopping = asyncio.Event()
        # One task enters and leaves the tier's lifespan: task groups inside it demand that.
        task = asyncio.create_task(self._hold(self._lifespan, app, stopping))
        try:
            yield
        finally:
            stopping.set()
            if not self.is_through:
                task.cancel()
            self.is_through = False
            self.missing = "Stopping."
            await asyncio.gather(task, return_exceptions=True)
            _report_failed_stop(task)

    async def wait(self) -> None:
        """Until start-up is through.

        :raises ConfigurationError: it never will be.
        """
        if self._lifespan is not None:
            await self._decided.wait()
        if self.refusal is not None:
            raise self.refusal

    async def _hold(self, lifespan: Lifespan, app: FastAPI, stopping: asyncio.Event) -> None:
        self.missing = "Start-up is under way."
        pause = _FIRST_PAUSE_SECONDS
        while not stopping.is_set():
            try:
                async with lifespan(app):
                    self.is_through = True
                    self._decided.set()
                    await stopping.wait()
            except ConfigurationError as error:
                # Waiting mends no setting: liveness fails, so that whoever runs us notices.
                _log.critical("start_up_refused", reason=error.detail, action=error.action)
                self.missing, self.refusal = error.detail, error
                self._decided.set()
                return
            except Exception as error:
                if stopping.is_set():
                    raise
                self.is_through = False
                self.missing = reason_of(error)
                _log.warning("start_up_failed", reason=self.missing, again_in_seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


def _report_failed_stop(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("stop_failed", exc_info=error)


class StartingGate:
    """ASGI: 503 with Retry-After for all but the probes while the start-up is not through."""

    def __init__(self, app: ASGIApp, *, start_up: StartUp) -> None:
        self._app = app
        self._start_up = start_up

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        closed = not self._start_up.is_through and scope["type"] == "http"
        if closed and scope["path"] not in _ALWAYS_OPEN:
            problem = NotReady("This service is starting or stopping.", retry_after=2)
            await problem_answer(problem, scope)(scope, receive, send)
            return
        await self._app(scope, receive, send)
