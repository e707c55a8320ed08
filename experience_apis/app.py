"""The experience tier as a FastAPI application.

uvicorn experience_apis.app:create_app --factory
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from http import HTTPStatus

from fastapi import FastAPI

from experience_apis.exception_workbench.decisions.routes import router as decisions
from experience_apis.exception_workbench.replays.routes import router as replays
from experience_apis.exception_workbench.routes import router as exception_workbench
from experience_apis.manager_dashboard.routes import router as manager_dashboard
from experience_apis.operations.routes import router as operations
from experience_apis.settings import ExperienceSettings, read_settings
from experience_apis.upstream.approval_calls import ProcessApprovals
from experience_apis.upstream.case_calls import ProcessCases
from experience_apis.upstream.connection_calls import ProcessConnections
from experience_apis.upstream.replay_calls import ProcessReplays
from experience_apis.upstream.role_calls import ProcessRoles
from shared.http_client import HttpClient, Timeout
from shared.identity import GrantedRoles, ServiceTokens, TokenVerifier
from shared.problems import NotReady
from shared.telemetry import configure
from shared.values import Clock, SystemClock
from shared.web import Lifespan, ReadinessCheck, create_api

_CONNECT_SECONDS = 3.0
# A dry run of a hundred thousand lines takes its time.
_REHEARSAL_SECONDS = 60.0
# The process tier decides anew at each call; this is only what is offered to choose.
_KEEP_ROLES = timedelta(seconds=30)


def create_app(settings: ExperienceSettings | None = None, clock: Clock | None = None) -> FastAPI:
    """The tier, with settings from the environment unless given.

    :raises ConfigurationError: a setting is missing or wrong.
    """
    settings = settings or read_settings()
    clock = clock or SystemClock()
    configure("timepost-experience", settings.telemetry)
    process_tier = _client_for_process_tier(settings.process_url, settings.process_timeout_seconds)
    patient = _client_for_process_tier(settings.process_url, _REHEARSAL_SECONDS)
    provider = HttpClient(name="The identity provider")
    verifier = TokenVerifier(settings.identity, provider.library_client, clock)
    app = create_api(
        title="Timepost experience APIs",
        version="1.0.0",
        description="Timepost as finance teams, managers and integration teams see it.",
        routers=[exception_workbench, decisions, replays, manager_dashboard, operations],
        settings=settings.web,
        lifespan=_closing(process_tier, patient, provider),
        readiness=[_keys_obtainable(verifier), _process_tier_ready(process_tier)],
        verifier=verifier,
    )
    tokens = ServiceTokens(settings.identity, provider.library_client, clock)
    app.state.process_cases = ProcessCases(process_tier, tokens)
    app.state.process_replays = ProcessReplays(patient, tokens)
    app.state.process_approvals = ProcessApprovals(process_tier, tokens)
    app.state.process_connections = ProcessConnections(process_tier, tokens)
    app.state.clock = clock
    if settings.roles_by_groups:
        roles = ProcessRoles(process_tier, tokens)
        app.state.granted_roles = GrantedRoles(roles.granted, clock, _KEEP_ROLES)
    return app


def _client_for_process_tier(url: str, seconds: float) -> HttpClient:
    return HttpClient(
        url.rstrip("/"),
        name="The process tier",
        timeout=Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS)),
        deadline_seconds=seconds,
    )


def _closing(*clients: HttpClient) -> Lifespan:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        for client in clients:
            await client.aclose()

    return lifespan


def _keys_obtainable(verifier: TokenVerifier) -> ReadinessCheck:
    async def check() -> None:
        if not await verifier.ready():
            raise NotReady("The identity provider gives no signing keys.")

    return ReadinessCheck("identity", check)


def _process_tier_ready(process_tier: HttpClient) -> ReadinessCheck:
    async def check() -> None:
        # Asked once: the platform asks again, and a slow answer would exceed the check's time.
        response = await process_tier.request("GET", "/ready", idempotent=False)
        if response.status_code != HTTPStatus.OK:
            raise NotReady(f"The process tier is not ready ({response.status_code}).")

    return ReadinessCheck("process tier", check)
