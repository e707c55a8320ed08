"""The contracts of this tier, by file under `openapi/`."""

from typing import Any

from fastapi import APIRouter, FastAPI

from experience_apis.exception_workbench import routes as exception_workbench
from experience_apis.exception_workbench.replays import routes as replays
from experience_apis.manager_dashboard import routes as manager_dashboard
from experience_apis.operations import routes as operations
from shared.web import contract_of

# Name of the contract, its router, and what it is for.
_CONTRACTS: tuple[tuple[str, APIRouter, str], ...] = (
    (
        "exception_workbench",
        exception_workbench.router,
        "The exception cases as a finance team works on them: filtered, compared "
        "side by side, retried, assigned and commented.",
    ),
    (
        "workbench_replays",
        replays.router,
        "Replays as a finance team runs them: what would be sent, progress, stop.",
    ),
    (
        "manager_dashboard",
        manager_dashboard.router,
        "The approvals as managers work on them: with age and hours, decided, delegated.",
    ),
    (
        "operations",
        operations.router,
        "The connections as integration operators see and switch them.",
    ),
)


def documents() -> dict[str, dict[str, Any]]:
    """Made from the routes alone: no settings, no neighbours."""
    return {
        f"experience/{name}.v1.json": _document(name, router, purpose)
        for name, router, purpose in _CONTRACTS
    }


def _document(name: str, router: APIRouter, purpose: str) -> dict[str, Any]:
    app = FastAPI(openapi_url=None)
    app.include_router(router)
    title = f"Timepost {name.replace('_', ' ')}"
    return contract_of(app, title=title, version="1.0.0", description=purpose)
