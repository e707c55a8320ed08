"""Replays as the process tier sends them, and a stand-in for its `replay` API."""

from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Header, Request

from shared.identity import Principal, requires
from shared.problems import Conflict, NotFound

REPLAY_ID = "0b6f9d8e-9f0e-4f5c-8d56-0a4b7a1d4c01"
POSTING_ID = "0b6f9d8e-9f0e-4f5c-8d56-0a4b7a1d4a02"
HASH = "ab" * 32

Json = dict[str, Any]
Reader = Annotated[Principal, requires("replays:read")]
Writer = Annotated[Principal, requires("replays:write")]


class Noting(Protocol):
    """What keeps the stand-in's state."""

    replays: dict[str, Json]

    def note(self, request: Request, caller: Principal) -> None: ...


def a_line(**changes: Any) -> Json:
    """50 minutes that the ERP did not want eight times."""
    line = {
        "posting_id": POSTING_ID,
        "posting_key": "5f" * 32,
        "connection": "clockify-uk",
        "entry_external_id": "64f0",
        "version": 1,
        "leg": "COST",
        "kind": "ORIGINAL",
        "state": "DEAD_LETTER",
        "would_be": "READY",
        "reasons": [],
        "target_connection": "erp-uk",
        "work_date": "2026-11-12",
        "accounting_date": "2026-11-12",
        "minutes": 50,
        "billable": True,
        "legal_entity_id": "1",
        "worker_id": "11",
        "project_id": "31",
        "task_id": "41",
        "worker": "Ada Byron",
        "project": "Harbour refit",
        "task": "Survey",
        "attempts": 8,
        "last_refusal": "busy",
    }
    return {**line, **changes}


def a_dry_run() -> Json:
    reason = {"code": "MD_PROJECT_CLOSED", "sentence": "Project Old is closed."}
    failing = a_line(would_be="PARKED", reasons=[reason], worker_id=None, accounting_date=None)
    return {
        "hash": HASH,
        "total": {"lines": 1203, "minutes": 60_150},
        "would_send": {"lines": 1200, "minutes": 60_000},
        "would_wait": {"lines": 0, "minutes": 0},
        "would_fail": [{"code": "MD_PROJECT_CLOSED", "lines": 3, "minutes": 150}],
        "paused": ["erp-uk"],
        "lines": [a_line(), failing],
        "next_after": POSTING_ID,
    }


def a_replay(**changes: Any) -> Json:
    replay = {
        "id": REPLAY_ID,
        "scope": {"kind": "entry", "connection": "clockify-uk", "external_id": "64f0"},
        "states": ["BLOCKED", "DEAD_LETTER", "PARKED"],
        "hash": HASH,
        "state": "RUNNING",
        "started_by": "maya",
        "started_at": "2026-11-13T09:00:00Z",
        "finished_at": None,
        "stopped_by": None,
        "lines": 1203,
        "minutes": 60_150,
        "done": 401,
        "sent_on": 400,
        "still_fails": 1,
        "waits": 0,
        "changed": 0,
        "gone": 0,
    }
    return {**replay, **changes}


def replays_router(tier: Noting) -> APIRouter:
    """The stand-in's part that is about replays; one replay for each Idempotency-Key."""
    router = APIRouter(prefix="/v1/replays")

    @router.post("/dry-run")
    async def rehearse(request: Request, caller: Reader, body: Json) -> Json:
        tier.note(request, caller)
        if body["scope"].get("external_id") == "unknown":
            raise NotFound("There is no such entry.", code="unknown_scope")
        return a_dry_run()

    @router.post("/dry-run/lines")
    async def more(request: Request, caller: Reader, body: Json) -> Json:
        tier.note(request, caller)
        assert body["after"] == POSTING_ID
        return {"lines": [a_line()], "next_after": None}

    @router.post("", status_code=202)
    async def start(
        request: Request, caller: Writer, body: Json, idempotency_key: Annotated[str, Header()]
    ) -> Json:
        tier.note(request, caller)
        if body["hash"] != HASH:
            raise Conflict("It is no longer what the dry run showed.", code="replay_changed")
        started = a_replay(started_by=caller.subject, scope=body["scope"], state="PENDING")
        return tier.replays.setdefault(idempotency_key, started)

    @router.post("/reread", status_code=202)
    async def reread(request: Request, caller: Writer, body: Json) -> Json:
        tier.note(request, caller)
        assert body["scope"]["kind"] == "entry"
        return {"entries": 1}

    @router.get("")
    async def find(request: Request, caller: Reader) -> Json:
        tier.note(request, caller)
        return {"replays": [a_replay()], "next_cursor": "bmV4dA"}

    @router.get("/{replay_id}")
    async def read(request: Request, caller: Reader, replay_id: str) -> Json:
        tier.note(request, caller)
        _known(replay_id)
        return {**a_replay(), "postings": {"POSTED": 380, "READY": 20, "DEAD_LETTER": 803}}

    @router.get("/{replay_id}/lines")
    async def lines(request: Request, caller: Reader, replay_id: str) -> Json:
        tier.note(request, caller)
        _known(replay_id)
        line = {
            "posting_id": POSTING_ID,
            "entry_external_id": "64f0",
            "outcome": "STILL_FAILS",
            "posting_state": "PARKED",
            "code": "MD_PROJECT_CLOSED",
        }
        return {"lines": [line], "next_after": None}

    @router.post("/{replay_id}/stop")
    async def stop(request: Request, caller: Writer, replay_id: str) -> Json:
        tier.note(request, caller)
        _known(replay_id)
        return a_replay(state="STOPPED", stopped_by=caller.subject)

    return router


def _known(replay_id: str) -> None:
    if replay_id != REPLAY_ID:
        raise NotFound(f"There is no replay {replay_id}.")
