"""Routes of `connections`: what is connected, and the switch of each."""

from typing import Annotated

from fastapi import APIRouter

from process_apis.clock import TheClock
from process_apis.database import TheDatabase
from process_apis.doorbell import Stage, TheDoorbell
from process_apis.processes.connections import gates, store, switching
from process_apis.processes.connections.rules import Gate
from process_apis.processes.connections.schemas import (
    ConnectionDetail,
    ConnectionList,
    ConnectionStep,
    ConnectionView,
    Switch,
)
from process_apis.processes.connections.states import Mode
from process_apis.processes.connections.switching import Wish
from shared.identity import Principal, requires
from shared.problems import NotFound
from shared.web import problem_responses, throttled

router = APIRouter(prefix="/v1", tags=["connections"])

_HISTORY = 100
_OPERATORS = {"integration.operator"}
# What waited for a connection of each kind.
_WAITED: dict[str, tuple[Stage, ...]] = {
    "erp": (Stage.PROBE, Stage.LOOK_UP, Stage.SEND),
    "time_tracking": (Stage.READ_APPROVALS, Stage.READ_ENTRIES, Stage.FEEDBACK),
}

Operator = Annotated[Principal, requires("connections:operate", roles=_OPERATORS)]


@router.get(
    "/connections",
    operation_id="list_connections",
    summary="What is connected, and whether anything goes through",
    description="As last read from the system tier.",
    dependencies=[requires("masters:read")],
)
@throttled("600/minute")
async def list_connections(database: TheDatabase) -> ConnectionList:
    async with database.transaction() as transaction:
        known = await store.known(transaction)
        flows = await gates.all_of(transaction)
    return ConnectionList(
        connections=[
            ConnectionView.of(each, flows.get(each.name, Gate(each.name))) for each in known
        ]
    )


@router.get(
    "/connections/{connection}",
    operation_id="read_connection",
    summary="One connection with what happened to it",
    description="Who paused and resumed it and why; when it stopped working, and when it worked "
    "again.",
    dependencies=[requires("masters:read")],
    responses=problem_responses(NotFound),
)
@throttled("600/minute")
async def read_connection(connection: str, database: TheDatabase) -> ConnectionDetail:
    async with database.transaction() as transaction:
        known = await store.find(transaction, connection)
        gate = await gates.read(transaction, connection)
        events = await gates.events(transaction, connection, _HISTORY)
    return ConnectionDetail(
        connection=ConnectionView.of(known, gate),
        history=[ConnectionStep.of(each) for each in events],
    )


@router.post(
    "/connections/{connection}/pause",
    operation_id="pause_connection",
    summary="Send nothing more to a connection, and read nothing from it",
    description="Webhooks go on being committed. A call that is under way comes to its end. Of an "
    "ERP, masters are still read, and nothing is sent or looked up. Repeating it is harmless.",
    responses=problem_responses(NotFound),
)
@throttled("60/minute")
async def pause_connection(
    connection: str, wanted: Switch, caller: Operator, database: TheDatabase, clock: TheClock
) -> ConnectionView:
    wish = Wish(Mode.PAUSED, wanted.reason, caller)
    async with database.transaction() as transaction:
        return await switching.switch(transaction, connection, wish, clock.now())


@router.post(
    "/connections/{connection}/drain",
    operation_id="drain_connection",
    summary="Begin nothing new, finish what is on its way, then pause",
    description="Of an ERP: calls that are under way end, and unknown outcomes are looked up. "
    "Repeating it is harmless.",
    responses=problem_responses(NotFound),
)
@throttled("60/minute")
async def drain_connection(
    connection: str, wanted: Switch, caller: Operator, database: TheDatabase, clock: TheClock
) -> ConnectionView:
    wish = Wish(Mode.DRAINING, wanted.reason, caller)
    async with database.transaction() as transaction:
        return await switching.switch(transaction, connection, wish, clock.now())


@router.post(
    "/connections/{connection}/resume",
    operation_id="resume_connection",
    summary="Let everything go on",
    description="A connection that does not work is tried at once. Repeating it is harmless.",
    responses=problem_responses(NotFound),
)
@throttled("60/minute")
async def resume_connection(
    connection: str,
    wanted: Switch,
    caller: Operator,
    database: TheDatabase,
    clock: TheClock,
    doorbell: TheDoorbell,
) -> ConnectionView:
    wish = Wish(Mode.RUNNING, wanted.reason, caller)
    async with database.transaction() as transaction:
        view = await switching.switch(transaction, connection, wish, clock.now())
    for stage in _WAITED.get(view.capability, ()):
        doorbell.ring(stage, connection)
    return view
