"""The system tier as a FastAPI application.

uvicorn system_apis.app:create_app --factory
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from opentelemetry import metrics

from shared.http_client import HttpClient
from shared.identity import ServiceTokens, TokenVerifier
from shared.problems import NotReady
from shared.stop_points import arm
from shared.telemetry import configure
from shared.values import Clock, SystemClock
from shared.web import Lifespan, ReadinessCheck, create_api
from system_apis import connections_routes
from system_apis.capabilities.crm import routes as crm_routes
from system_apis.capabilities.directory import routes as directory_routes
from system_apis.capabilities.erp import routes as erp_routes
from system_apis.capabilities.erp.uncatalogued import UncataloguedAnswers
from system_apis.capabilities.hcm import routes as hcm_routes
from system_apis.capabilities.time_tracking import routes as time_tracking_routes
from system_apis.capabilities.time_tracking.bulk import BulkIntake
from system_apis.capabilities.webhooks import WebhookIntake
from system_apis.connections import read_connections
from system_apis.hand_up import HandUp, ProcessTier
from system_apis.open_connections import OpenConnections, open_connection
from system_apis.registry import discover_connectors
from system_apis.settings import SystemSettings, read_settings


def create_app(settings: SystemSettings | None = None, clock: Clock | None = None) -> FastAPI:
    """The tier, with settings from the environment unless given; calls nobody by itself.

    :raises ConfigurationError: a setting, a connector or a connection is wrong. Better no
        process than one that lacks a connection.
    """
    settings = settings or read_settings(SystemSettings)
    clock = clock or SystemClock()
    configure("timepost-system", settings.telemetry)
    arm(settings.chaos_stop_at)
    connections = _open_all(settings, clock)
    provider = HttpClient(name="The identity provider")
    process_http = HttpClient(
        settings.process_url.rstrip("/"),
        name="The process tier",
        deadline_seconds=settings.hand_up.timeout_seconds,
    )
    verifier = TokenVerifier(settings.identity, provider.library_client, clock)
    tokens = ServiceTokens(settings.identity, provider.library_client, clock)
    process_tier = ProcessTier(process_http, tokens)
    hand_up = HandUp(process_tier.commit, settings.hand_up)
    app = create_api(
        title="Timepost system APIs",
        version="1.0.0",
        description="One face per capability for every product; keeps no state.",
        # The framework tries them in this order, so those that are called most stand first.
        routers=[
            time_tracking_routes.router,
            erp_routes.router,
            connections_routes.router,
            hcm_routes.router,
            crm_routes.router,
            directory_routes.router,
        ],
        settings=settings.web,
        # In this order: what was taken is finished before anything it needs is closed.
        lifespan=_closing(hand_up.close, connections.close, process_http.aclose, provider.aclose),
        readiness=[_keys_obtainable(verifier), ReadinessCheck("process tier", process_tier.check)],
        verifier=verifier,
    )
    app.state.connections = connections
    meter = metrics.get_meter("timepost.system")
    app.state.intake = WebhookIntake(hand_up, clock, meter, settings.webhook_max_bytes)
    app.state.uncatalogued = UncataloguedAnswers(meter)
    app.state.bulk = BulkIntake(hand_up, clock, meter, settings.hand_up.batch_size)
    return app


def _open_all(settings: SystemSettings, clock: Clock) -> OpenConnections:
    connectors = discover_connectors(settings.connector_packages)
    configured = read_connections(settings.connections_file, connectors)
    return OpenConnections(open_connection(each, clock) for each in configured)


def _closing(*closers: Callable[[], Awaitable[None]]) -> Lifespan:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for close in reversed(closers):
                stack.push_async_callback(close)
            yield

    return lifespan


def _keys_obtainable(verifier: TokenVerifier) -> ReadinessCheck:
    async def check() -> None:
        if not await verifier.ready():
            raise NotReady("The identity provider gives no signing keys.")

    return ReadinessCheck("identity", check)
