"""Approvals as the process tier sends them, and a stand-in for its `approvals` API."""

from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Request

from shared.identity import Principal, requires
from shared.problems import NotFound

REQUEST_ID = "0b6f9d8e-9f0e-4f5c-8d56-0a4b7a1d4b01"
DELEGATION_ID = "0b6f9d8e-9f0e-4f5c-8d56-0a4b7a1d4b02"

Json = dict[str, Any]
Reader = Annotated[Principal, requires("approvals:read")]
Writer = Annotated[Principal, requires("approvals:write")]


class Noting(Protocol):
    """What keeps the stand-in's state."""

    approval: Json

    def note(self, request: Request, caller: Principal) -> None: ...


def a_request(**changes: Any) -> Json:
    """Ada's week, of which one entry was changed since."""
    request = {
        "id": REQUEST_ID,
        "connection": "timetagger-main",
        "scope": "period",
        "period_start": "2026-06-01",
        "period_end": "2026-06-07",
        "worker": "Ada Obi",
        "worker_external_id": "ada",
        "approver": "petra@example.com",
        "state": "SUBMITTED",
        "entries": 3,
        "entries_waiting": 2,
        "minutes": 2250,
        "minutes_waiting": 2000,
        "submitted_at": "2026-06-08T09:00:00Z",
        "submitted_by": "ada",
        "submitted_as": "worker",
        "note": None,
        "age_seconds": 180_000,
        "decided_at": None,
        "decided_by": None,
        "decided_as": None,
        "decided_for": None,
        "reason": None,
        "version": 2,
    }
    return {**request, **changes}


def an_entry(**changes: Any) -> Json:
    entry = {
        "time_entry_id": "0b6f9d8e-9f0e-4f5c-8d56-0a4b7a1d4a01",
        "external_id": "e1",
        "version": 1,
        "state": "WAITING",
        "why": None,
        "work_date": "2026-06-02",
        "minutes": 450,
        "billable": True,
        "project": "Harbour refit",
        "task": "Survey",
    }
    return {**entry, **changes}


def a_delegation(**changes: Any) -> Json:
    delegation = {
        "id": DELEGATION_ID,
        "delegator": "carl@example.com",
        "delegate": "petra@example.com",
        "valid_from": "2026-06-01T00:00:00Z",
        "valid_to": "2026-06-15T00:00:00Z",
        "reason": "on leave",
        "created_at": "2026-05-30T00:00:00Z",
        "created_by": "carl",
        "ended_at": None,
        "ended_by": None,
    }
    return {**delegation, **changes}


def approvals_router(tier: Noting) -> APIRouter:
    """The routes that the dashboard calls."""
    router = APIRouter(prefix="/v1/approvals")

    @router.get("/requests")
    async def find(request: Request, caller: Reader) -> Json:
        tier.note(request, caller)
        page = {"requests": [tier.approval], "next_cursor": "bmV4dA"}
        return {**page, "total": 7, "total_minutes": 9000}

    @router.get("/requests/{request_id}")
    async def read(request: Request, request_id: str, caller: Reader) -> Json:
        tier.note(request, caller)
        if request_id != REQUEST_ID:
            raise NotFound(f"There is no approval request {request_id}.")
        gone = an_entry(external_id="e2", state="VOID", why="changed after it was submitted")
        may = {"allowed": True, "acting_as": "delegate", "on_behalf_of": "carl@example.com"}
        return {
            "request": tier.approval,
            "entries": [an_entry(), gone],
            "may_decide": {**may, "code": None, "reason": None},
        }

    @router.post("/submissions")
    async def submit(request: Request, caller: Writer) -> Json:
        tier.note(request, caller)
        await request.json()
        left_out = [{"external_id": "e9", "reason": "its timer still runs"}]
        return {"requests": [tier.approval], "submitted": 3, "skipped": left_out}

    @router.post("/decisions")
    async def decide(request: Request, caller: Writer) -> Json:
        tier.note(request, caller)
        return {"results": [_decided(tier, each) for each in (await request.json())["decisions"]]}

    @router.post("/requests/{request_id}/withdrawal")
    async def withdraw(request: Request, request_id: str, caller: Writer) -> Json:
        tier.note(request, caller)
        return a_request(id=request_id, state="WITHDRAWN")

    @router.get("/delegations")
    async def delegations(request: Request, caller: Reader) -> Json:
        tier.note(request, caller)
        return {"delegations": [a_delegation()]}

    @router.post("/delegations")
    async def delegate(request: Request, caller: Writer) -> Json:
        tier.note(request, caller)
        wanted = {name: value for name, value in (await request.json()).items() if value}
        return a_delegation(**wanted)

    @router.delete("/delegations/{delegation_id}")
    async def end(request: Request, delegation_id: str, caller: Writer) -> Json:
        tier.note(request, caller)
        return a_delegation(
            id=delegation_id, ended_at="2026-06-03T00:00:00Z", ended_by=caller.subject
        )

    return router


def _decided(tier: Noting, asked: Json) -> Json:
    result = {"request_id": asked["request_id"], "code": None, "detail": None, "request": None}
    if asked["request_id"] != REQUEST_ID:
        refusal = {"code": "self_approval", "detail": "Nobody decides on their own hours."}
        return {**result, "status": "refused", **refusal}
    state = "APPROVED" if asked["decision"] == "approve" else "REJECTED"
    tier.approval = a_request(
        state=state, decided_by="petra", decided_as="responsible", reason=asked["reason"]
    )
    return {**result, "status": "decided", "request": tier.approval}
