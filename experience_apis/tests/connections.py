"""Connections as the process tier sends them, and a stand-in for its `connections` API."""

from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Request

from shared.identity import Principal, requires
from shared.problems import NotFound

Json = dict[str, Any]
Reader = Annotated[Principal, requires("masters:read")]
Operator = Annotated[Principal, requires("connections:operate")]

ERP = "tryton-main"
_MODES = {"pause": "PAUSED", "drain": "DRAINING", "resume": "RUNNING"}


class Noting(Protocol):
    """What keeps the stand-in's state."""

    flow: Json

    def note(self, request: Request, caller: Principal) -> None: ...


def a_flow(**changes: Any) -> Json:
    """Everything goes through."""
    flow = {
        "mode": "RUNNING",
        "mode_since": None,
        "mode_by": None,
        "mode_reason": None,
        "circuit": "CLOSED",
        "failing_since": None,
        "said": None,
        "next_try_at": None,
    }
    return {**flow, **changes}


def a_connection(flow: Json) -> Json:
    """The ERP."""
    return {
        "name": ERP,
        "connector": "tryton",
        "capability": "erp",
        "legal_entities": ["HRC-US"],
        "flow": flow,
    }


def connections_router(tier: Noting) -> APIRouter:
    """The routes that the operations pages call."""
    router = APIRouter(prefix="/v1/connections")

    @router.get("")
    async def find(request: Request, caller: Reader) -> Json:
        tier.note(request, caller)
        return {"connections": [a_connection(tier.flow)]}

    @router.get("/{name}")
    async def read(request: Request, name: str, caller: Reader) -> Json:
        tier.note(request, caller)
        _known(name)
        away = {"said": "no answer", "failures": 3}
        paused = {"reason": "ERP upgrade", "through": ["timepost-experience"]}
        return {
            "connection": a_connection(tier.flow),
            "history": [
                _step("2026-06-08T09:14:00Z", "paused", "user:ivan", paused),
                _step("2026-06-08T08:00:00Z", "stopped working", "timepost", away),
            ],
        }

    @router.post("/{name}/{verb}")
    async def switch(request: Request, name: str, verb: str, caller: Operator) -> Json:
        tier.note(request, caller)
        _known(name)
        tier.flow = a_flow(
            mode=_MODES[verb],
            mode_since="2026-06-08T09:14:00Z",
            mode_by=f"user:{caller.subject}",
            mode_reason=(await request.json())["reason"],
        )
        return a_connection(tier.flow)

    return router


def _step(at: str, what: str, actor: str, detail: Json) -> Json:
    return {"at": at, "what": what, "actor": actor, "detail": detail}


def _known(name: str) -> None:
    if name != ERP:
        raise NotFound(f"There is no connection {name!r}.", code="unknown_connection")
