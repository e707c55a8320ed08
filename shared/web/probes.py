"""What the platform asks: is it alive, may it have traffic, what does it measure."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import structlog
from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from shared.identity import public_route
from shared.problems import FieldError, NotReady
from shared.web.problem_answers import problem_answer, problem_responses
from shared.web.reasons import reason_of
from shared.web.start_up import StartUp
from shared.web.throttling import throttled

_log = structlog.get_logger("timepost.web")


@dataclass(frozen=True, slots=True)
class ReadinessCheck:
    """``check`` returns when all is well and raises when not; a problem's detail is shown."""

    name: str
    check: Callable[[], Awaitable[None]]


class Alive(BaseModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    """Everything that was checked is well."""

    status: Literal["ready"] = "ready"
    checks: list[str]


def probe_routes(
    start_up: StartUp, checks: Sequence[ReadinessCheck], timeout_seconds: float
) -> APIRouter:
    """``/health``, ``/ready`` and ``/metrics``."""
    router = APIRouter(tags=["probes"])

    @router.get(
        "/health",
        operation_id="health",
        summary="Is the process alive?",
        description="200 unless its configuration makes it useless; says nothing of traffic.",
        dependencies=[public_route("liveness probe of the platform")],
    )
    @throttled("1200/minute")
    async def health() -> Alive:
        if start_up.refusal is not None:
            raise start_up.refusal
        return Alive()

    @router.get(
        "/ready",
        operation_id="ready",
        summary="May it have traffic?",
        description="503 names each thing that is missing, and why.",
        dependencies=[public_route("readiness probe of the platform")],
        responses=problem_responses(NotReady),
        response_model=Ready,
    )
    @throttled("1200/minute")
    async def ready(request: Request) -> Ready | Response:
        missing = await _missing(start_up, checks, timeout_seconds)
        if not missing:
            return Ready(checks=[check.name for check in checks])
        problem = NotReady(f"Missing: {', '.join(error.field for error in missing)}.")
        problem.errors = missing
        return problem_answer(problem, request.scope)

    @router.get(
        "/metrics",
        operation_id="metrics",
        summary="Measurements",
        description="In the text format of Prometheus.",
        dependencies=[public_route("scraped inside the cluster; holds counts only")],
        response_class=Response,
    )
    @throttled("1200/minute")
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


async def _missing(
    start_up: StartUp, checks: Sequence[ReadinessCheck], timeout_seconds: float
) -> list[FieldError]:
    results = await asyncio.gather(*(_run(check, timeout_seconds) for check in checks))
    missing = [error for error in results if error is not None]
    if not start_up.is_through:
        missing.insert(0, FieldError(field="start-up", message=start_up.missing))
    return missing


async def _run(check: ReadinessCheck, timeout_seconds: float) -> FieldError | None:
    try:
        async with asyncio.timeout(timeout_seconds):
            await check.check()
    except TimeoutError:
        reason = f"No answer within {timeout_seconds:g} seconds."
    except Exception as error:  # noqa: BLE001  a check may fail in any way; that is what it is for
        reason = reason_of(error)
    else:
        return None
    _log.warning("not_ready", check=check.name, reason=reason)
    return FieldError(field=check.name, message=reason)
