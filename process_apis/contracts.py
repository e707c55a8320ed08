"""The documents that this tier promises to keep, by file under `openapi/`."""

from typing import Any

from fastapi import APIRouter, FastAPI

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
from process_apis.status import routes as status
from shared.web import contract_of

# Name of the contract, its router, and what it is for.
CONTRACTS: tuple[tuple[str, APIRouter, str], ...] = (
    ("intake", intake.router, "Events in, and what could not be read."),
    ("connections", connections.router, "Trackers and ERPs that are connected."),
    ("time_entries", time_entries.router, "Entries, their versions and their lineage."),
    ("approvals", approvals.router, "Approvals that Timepost gives: submit, decide, delegate."),
    ("master_data", master_data.router, "Canonical masters and bindings of external ids."),
    ("posting", posting.router, "The sub-ledger: every posting and where it stands."),
    ("exceptions", exceptions.router, "Cases that a person must act on."),
    ("unbound", unbound.router, "What is bound to nothing, and what it may be."),
    ("mapping", mapping.router, "Which task, billing code and activity entries are mapped to."),
    ("rating", rating.router, "Rate cards, and which rate holds."),
    ("pushing", pushing.router, "What trackers are given of an ERP's masters."),
    ("repairing", repairing.router, "Copies of masters that are brought in line."),
    ("billing", billing.router, "Terms of contracts: what of the hours is billed, and its limits."),
    ("replay", replay.router, "Replays: dry run, start, progress, stop."),
    ("status", status.router, "How much stands where."),
)


def documents() -> dict[str, dict[str, Any]]:
    """Made from the routes alone: no settings, no database."""
    return {
        f"process/{name}.v1.json": _document(name, router, purpose)
        for name, router, purpose in CONTRACTS
    }


def _document(name: str, router: APIRouter, purpose: str) -> dict[str, Any]:
    app = FastAPI(openapi_url=None)
    app.include_router(router)
    title = f"Timepost {name.replace('_', ' ')}"
    return contract_of(app, title=title, version="1.0.0", description=purpose)
