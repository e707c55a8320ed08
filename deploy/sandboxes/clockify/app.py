"""The application: the vendor's API under ``/api/v1``, the control API under ``/_sandbox``."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from deploy.sandboxes.clockify.errors import ClockifyError
from deploy.sandboxes.clockify.platform import Platform
from deploy.sandboxes.clockify.routes import (
    approvals,
    changes,
    control,
    entries,
    masters,
    webhooks,
)
from deploy.sandboxes.clockify.store import Store
from shared.values import Clock, SystemClock

API_PREFIX = "/api/v1"
_ROUTING_ERROR = 3000


def create_sandbox(state: Path | None = None, clock: Clock | None = None) -> FastAPI:
    """A stand-in for Clockify.

    :param state: SQLite file; without it everything is forgotten when the process ends.
    :param clock: for identifiers, change instants and the deletion lag.
    """
    platform = Platform(Store(state, clock or SystemClock()))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await platform.deliveries.aclose()
        platform.store.close()

    app = FastAPI(title="Clockify stand-in (not certified)", lifespan=lifespan)
    app.state.platform = platform
    for module in (masters, entries, approvals, changes, webhooks):
        app.include_router(module.router, prefix=API_PREFIX)
    app.include_router(control.router)
    app.middleware("http")(_misbehave)
    app.exception_handler(ClockifyError)(_refused)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(HTTPException)(_routing)
    return app


async def _misbehave(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Faults strike the vendor API only; the control API always works."""
    if not request.url.path.startswith(API_PREFIX):
        return await call_next(request)
    platform: Platform = request.app.state.platform
    response = await platform.faults.before(request)
    if response is None:
        response = platform.faults.after(request, await call_next(request))
    platform.calls.append(
        {
            "method": request.method,
            "path": request.url.path,
            "query": request.url.query,
            "status": response.status_code,
        }
    )
    return response


def _answer(status: int, message: str, code: int) -> JSONResponse:
    return JSONResponse({"message": message, "code": code}, status)


async def _refused(_: Request, error: Exception) -> Response:
    if not isinstance(error, ClockifyError):
        raise error
    body = {"message": error.message, "code": error.code}
    return JSONResponse(body, error.status, error.headers)


async def _invalid(_: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    fields = ", ".join(".".join(map(str, item["loc"])) for item in error.errors())
    return _answer(400, f"You entered invalid value for field: [{fields}]", 501)


async def _routing(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return _answer(error.status_code, str(error.detail), _ROUTING_ERROR)
