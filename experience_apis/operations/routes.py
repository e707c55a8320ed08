"""Operations v1: authorise, call the process tier as the caller, shape for people."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from experience_apis.operations import shaping
from experience_apis.operations.schemas import (
    ConnectionPage,
    ConnectionRow,
    ConnectionRows,
    NewSwitch,
    Verb,
)
from experience_apis.upstream.connection_calls import ProcessConnections
from shared.identity import Principal, ScopeRule, requires
from shared.problems import Forbidden, NotFound, OutcomeUnknown, UpstreamUnavailable
from shared.web import problem_responses, throttled

router = APIRouter(
    prefix="/operations/v1",
    tags=["operations"],
    responses=problem_responses(UpstreamUnavailable),
)

_ROLES = frozenset({"integration.operator"})
_SWITCHING = ScopeRule(frozenset({"connections:operate"}), _ROLES)

Reader = Annotated[Principal, requires("masters:read")]
Operator = Annotated[Principal, requires("connections:operate", roles=_ROLES)]


async def _connections(request: Request) -> ProcessConnections:
    connections: ProcessConnections = request.app.state.process_connections
    return connections


Connections = Annotated[ProcessConnections, Depends(_connections)]


@router.get(
    "/connections",
    operation_id="list_operations_connections",
    summary="Connections, and whether anything goes through them",
    response_model=ConnectionRows,
)
@throttled("600/minute")
async def list_connections(caller: Reader, connections: Connections) -> ConnectionRows:
    """By name, each with a sentence that says who paused it, or why it does not work."""
    return shaping.connection_rows(await connections.all(caller), may_switch=_may_switch(caller))


@router.get(
    "/connections/{connection}",
    operation_id="read_operations_connection",
    summary="One connection with what happened to it",
    response_model=ConnectionPage,
    responses=problem_responses(NotFound),
)
@throttled("600/minute")
async def read_connection(
    connection: str, caller: Reader, connections: Connections
) -> ConnectionPage:
    """Who paused, drained and resumed it and why; when it stopped working and worked again."""
    detail = await connections.read(caller, connection)
    return shaping.connection_page(detail, may_switch=_may_switch(caller))


@router.post(
    "/connections/{connection}/{verb}",
    operation_id="switch_operations_connection",
    summary="Pause, drain or resume a connection",
    response_model=ConnectionRow,
    responses=problem_responses(NotFound, OutcomeUnknown),
)
@throttled("60/minute")
async def switch_connection(
    connection: str, verb: Verb, wanted: NewSwitch, caller: Operator, connections: Connections
) -> ConnectionRow:
    """While it is paused, webhooks go on being committed. Repeating it is harmless."""
    switched = await connections.switch(caller, connection, verb, wanted.reason)
    return shaping.connection_row(switched, may_switch=True)


def _may_switch(caller: Principal) -> bool:
    try:
        _SWITCHING.check(caller)
    except Forbidden:
        return False
    return True
