"""The documents that this tier promises to keep, by file under `openapi/`."""

from typing import Any

from fastapi import APIRouter, FastAPI

from shared.web import contract_of
from system_apis import connections_routes
from system_apis.capabilities.crm import routes as crm
from system_apis.capabilities.directory import routes as directory
from system_apis.capabilities.erp import routes as erp
from system_apis.capabilities.hcm import routes as hcm
from system_apis.capabilities.time_tracking import routes as time_tracking

# Name of the contract, its router, and what it is for.
CONTRACTS: tuple[tuple[str, APIRouter, str], ...] = (
    ("connections", connections_routes.router, "Which platforms are connected."),
    (
        "time_tracking",
        time_tracking.router,
        "Any time tracker: entries, approvals, webhooks, and feedback to the consultant.",
    ),
    ("erp", erp.router, "Any ERP: post hours, look them up, read them back, read its masters."),
    ("hcm", hcm.router, "Any HCM: workers, departments, cost centres, dated assignments."),
    ("crm", crm.router, "Any CRM: accounts, and what was agreed with them."),
    ("directory", directory.router, "Any directory: users, groups, and who is in them."),
)


def documents() -> dict[str, dict[str, Any]]:
    """Made from the routes alone: no settings, no connections, no neighbours."""
    return {
        f"system/{name}.v1.json": _document(name, router, purpose)
        for name, router, purpose in CONTRACTS
    }


def _document(name: str, router: APIRouter, purpose: str) -> dict[str, Any]:
    app = FastAPI(openapi_url=None)
    app.include_router(router)
    title = f"Timepost {name.replace('_', ' ')}"
    return contract_of(app, title=title, version="1.0.0", description=purpose)
