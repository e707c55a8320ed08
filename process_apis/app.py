"""The process tier as a FastAPI application.

uvicorn process_apis.app:create_app --factory
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from fastapi import FastAPI

from process_apis.database import trace_statements
from process_apis.processes.approvals import routes as approvals
from process_apis.processes.billing import routes as billing
from process_apis.processes.connections import routes as connections
from process_apis.processes.exceptions import routes as exceptions
from process_apis.processes.intake import routes as intake
from process_apis.processes.mapping import routes as mapping
from process_apis.processes.master_data import routes as master_data
from process_apis.processes.posting import routes as posting
from process_apis.processes.pushing import routes as pushing
from process_apis.processes.rating import routes as rating
from process_apis.processes.repairing import routes as repairing
from process_apis.processes.replay import routes as replay
from process_apis.processes.time_entries import routes as time_entries
from process_apis.processes.unbound import routes as unbound
from process_apis.runtime import Runtime, build
from process_apis.settings import ProcessSettings, read_settings
from process_apis.status import routes as status
from shared.identity import GrantedRoles
from shared.problems import NotReady
from shared.telemetry import configure
from shared.values import Clock
from shared.web import ReadinessCheck, create_api

# How long what a directory's groups give counts without being looked up again.
_KEEP_ROLES = timedelta(seconds=30)
# What routes find under their names in the app's state.
_PROVIDED = (
    *("clock", "database", "doorbell", "system", "librarian", "ledger", "approvals", "pusher"),
    *("ownership", "group_grants", "repairer"),
)


def create_app(settings: ProcessSettings | None = None, clock: Clock | None = None) -> FastAPI:
    """The tier's API, with settings from the environment unless given.

    :raises ConfigurationError: a setting is missing or wrong.
    """
    settings = settings or read_settings(ProcessSettings)
    configure("timepost-process", settings.telemetry)
    runtime = build(settings, clock)
    trace_statements(runtime.database)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await runtime.open()
        try:
            yield
        finally:
            await runtime.close()

    app = create_api(
        title="Timepost process APIs",
        version="1.0.0",
        description="Owns the truth about every entry, its posting and its exceptions.",
        routers=[
            intake.router,
            connections.router,
            time_entries.router,
            approvals.router,
            master_data.router,
            posting.router,
            exceptions.router,
            unbound.router,
            mapping.router,
            rating.router,
            billing.router,
            pushing.router,
            repairing.router,
            replay.router,
            status.router,
        ],
        settings=settings.web,
        lifespan=lifespan,
        readiness=_readiness(runtime),
        verifier=runtime.verifier,
    )
    for name in _PROVIDED:
        setattr(app.state, name, getattr(runtime, name))
    if runtime.group_grants.has_any:
        app.state.granted_roles = GrantedRoles(runtime.group_grants.of, runtime.clock, _KEEP_ROLES)
    return app


def _readiness(runtime: Runtime) -> list[ReadinessCheck]:
    async def keys_obtainable() -> None:
        if not await runtime.verifier.ready():
            raise NotReady("The identity provider gives no signing keys.")

    return [
        ReadinessCheck("database", runtime.database.ping),
        ReadinessCheck("identity", keys_obtainable),
    ]
