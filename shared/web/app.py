"""The app factory: every tier speaks HTTP in the same way."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts

from shared.identity import TokenVerifier
from shared.problems import ConfigurationError
from shared.telemetry import SERVER_TELEMETRY
from shared.web.answer_headers import AnswerHeaders
from shared.web.body_limit import BodyLimit
from shared.web.docs_pages import add_docs
from shared.web.openapi import contract_of
from shared.web.probes import ReadinessCheck, probe_routes
from shared.web.problem_answers import answer_with_problems
from shared.web.request_context import RequestContext
from shared.web.settings import WebSettings
from shared.web.start_up import Lifespan, StartingGate, StartUp
from shared.web.throttling import Throttle
from shared.web.unexpected_errors import UnexpectedErrors


def create_api(
    *,
    title: str,
    version: str,
    description: str,
    routers: Sequence[APIRouter],
    settings: WebSettings,
    lifespan: Lifespan | None = None,
    readiness: Sequence[ReadinessCheck] = (),
    verifier: TokenVerifier | None = None,
) -> FastAPI:
    """An app with the house's behaviour around ``routers``.

    :param lifespan: begun in the background, see :class:`StartUp`; without one the app is open
        at once.
    :param readiness: what ``/ready`` asks, each within the settings' timeout.
    :param verifier: checks bearer tokens; may also be put on ``app.state.token_verifier`` by the
        lifespan.
    """
    start_up = StartUp(lifespan)
    app = FastAPI(
        title=title,
        version=version,
        description=description,
        lifespan=start_up.around,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        telemetry=SERVER_TELEMETRY,
    )
    app.state.start_up = start_up
    app.state.throttle = Throttle(settings)
    app.state.token_verifier = verifier
    answer_with_problems(app)
    app.include_router(probe_routes(start_up, readiness, settings.readiness_timeout_seconds))
    for router in routers:
        app.include_router(router)
    _refuse_unknown_overrides(app, settings)
    _describe(app, served=settings.docs_enabled)
    _wrap(app, settings, start_up)
    return app


def _refuse_unknown_overrides(app: FastAPI, settings: WebSettings) -> None:
    """A misspelt operationId would leave the operation on its built-in limit, unnoticed."""
    known = {getattr(context, "operation_id", None) for context in iter_route_contexts(app.routes)}
    unknown = sorted(settings.throttle_overrides.keys() - known)
    if unknown:
        raise ConfigurationError(
            f"web.throttle_overrides names no operation of this tier: {', '.join(unknown)}."
        )


def _describe(app: FastAPI, *, served: bool) -> None:
    @cache
    def document() -> dict[str, Any]:
        return contract_of(app)

    app.openapi = document  # type: ignore[method-assign]  # the framework's documented way
    if served:
        add_docs(app, document)


def _wrap(app: FastAPI, settings: WebSettings, start_up: StartUp) -> None:
    """The middleware added last meets the request first."""
    app.add_middleware(
        BodyLimit, default=settings.max_body_bytes, by_prefix=settings.max_body_bytes_by_prefix
    )
    app.add_middleware(StartingGate, start_up=start_up)
    app.add_middleware(UnexpectedErrors)
    app.add_middleware(AnswerHeaders, hsts_seconds=settings.hsts_seconds)
    app.add_middleware(RequestContext, access_log=settings.access_log)


async def wait_until_started(app: FastAPI) -> None:
    """Until the background start-up of an app from :func:`create_api` is through.

    :raises ConfigurationError: it never will be.
    """
    start_up: StartUp = app.state.start_up
    await start_up.wait()
