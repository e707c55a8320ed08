"""The system tier as one app: connectors found, connections opened, webhooks handed up."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from opentelemetry import metrics

from shared.http_client import HttpClient
from shared.identity import ServiceTokens, TokenVerifier
from shared.problems import NotReady
from shared.values import Clock, SystemClock
from shared.web import ReadinessCheck, create_api
from system_apis import connections_routes
from system_apis.capabilities.erp import routes as erp_routes
from system_apis.capabilities.time_tracking import routes as time_tracking_routes
from system_apis.capabilities.time_tracking.intake import WebhookIntake
from system_apis.connections import read_connections
from system_apis.hand_up import HandUp, ProcessTier
from system_apis.open_connections import OpenConnections, open_connection
from system_apis.registry import discover_connectors
from system_apis.settings import SystemSettings, read_settings


def create_app(settings: SystemSettings | None = None) -> FastAPI:
    """The app; it makes no call before its first request.

    :raises ConfigurationError: a setting, a connector or a connection is wrong. Better no
        process than one that lacks a connection.
    """
    settings = settings or read_settings()
    clock = SystemClock()
    connections = _open_all(settings, clock)
    provider_http = HttpClient(name="identity provider")
    process_http = HttpClient(
        settings.process_url.rstrip("/"),
        name="process tier",
        deadline_seconds=settings.hand_up.timeout_seconds,
    )
    verifier = TokenVerifier(settings.identity, provider_http.library_client, clock)
    tokens = ServiceTokens(settings.identity, provider_http.library_client, clock)
    process_tier = ProcessTier(process_http, tokens)
    hand_up = HandUp(process_tier.commit, settings.hand_up)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        """What was taken is finished first; then everything it needed is closed."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(provider_http.aclose)
            stack.push_async_callback(process_http.aclose)
            stack.push_async_callback(connections.close)
            stack.push_async_callback(hand_up.close)
            yield

    app = create_api(
        title="Timepost system APIs",
        version=version("timepost"),
        description="One face per capability for every tracker and ERP; keeps no state.",
        routers=[connections_routes.router, time_tracking_routes.router, erp_routes.router],
        settings=settings.web,
        lifespan=lifespan,
        readiness=[
            ReadinessCheck("identity provider", lambda: _keys_available(verifier)),
            ReadinessCheck("process tier", process_tier.check),
        ],
        verifier=verifier,
    )
    app.state.connections = connections
    app.state.intake = WebhookIntake(
        hand_up, clock, metrics.get_meter("timepost.system"), settings.webhook_max_bytes
    )
    return app


def _open_all(settings: SystemSettings, clock: Clock) -> OpenConnections:
    connectors = discover_connectors(settings.connector_packages)
    configured = read_connections(settings.connections_file, connectors)
    return OpenConnections(open_connection(each, clock) for each in configured)


async def _keys_available(verifier: TokenVerifier) -> None:
    if not await verifier.ready():
        raise NotReady("The signing keys of the identity provider are not available.")
