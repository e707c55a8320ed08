"""Routes of `time_entries`: what was seen, and sweeps on request."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from process_apis.database import TheDatabase
from process_apis.doorbell import Stage, TheDoorbell
from process_apis.processes.connections import gates
from process_apis.processes.connections import store as connections
from process_apis.processes.time_entries import reading
from process_apis.processes.time_entries.schemas import (
    EntryDetail,
    EntryPage,
    SweepList,
    SweepStarted,
)
from process_apis.processes.time_entries.states import EntryState
from process_apis.texts import Storable
from shared.identity import requires
from shared.problems import NotFound
from shared.web import problem_responses, throttled

router = APIRouter(prefix="/v1", tags=["time_entries"])


class EntryQuery(BaseModel):
    """Which entries."""

    model_config = ConfigDict(extra="forbid")

    connection: Storable | None = Field(default=None, max_length=63)
    state: EntryState | None = None
    external_id: Storable | None = Field(default=None, max_length=200)
    cursor: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=100, ge=1, le=500)


@router.get(
    "/time-entries",
    operation_id="list_time_entries",
    summary="Time entries",
    description="Last changed first.",
    dependencies=[requires("entries:read")],
)
@throttled("1200/minute")
async def list_time_entries(
    query: Annotated[EntryQuery, Query()], database: TheDatabase
) -> EntryPage:
    async with database.transaction() as transaction:
        return await reading.page(
            transaction,
            name=query.connection,
            state=query.state,
            external_id=query.external_id,
            cursor=query.cursor,
            limit=query.limit,
        )


@router.get(
    "/time-entries/{entry_id}",
    operation_id="read_time_entry",
    summary="One time entry with its versions and lineage",
    description="From the first keystroke that was seen to the line in the ERP.",
    dependencies=[requires("entries:read")],
    responses=problem_responses(NotFound),
)
@throttled("1200/minute")
async def read_time_entry(entry_id: UUID, database: TheDatabase) -> EntryDetail:
    async with database.transaction() as transaction:
        return await reading.detail(transaction, entry_id)


@router.get(
    "/sweeps",
    operation_id="list_sweeps",
    summary="When each tracker was last asked, and what that found",
    description="Sweeps ask for changes; comparisons hold all entries against what is known.",
    dependencies=[requires("status:read")],
)
@throttled("1200/minute")
async def list_sweeps(database: TheDatabase) -> SweepList:
    async with database.transaction() as transaction:
        return await reading.sweeps(transaction)


@router.post(
    "/sweeps/{connection}",
    status_code=202,
    operation_id="start_sweep",
    summary="Look for changes that no webhook brought",
    description="Asks the tracker what changed since the last sweep, and compares its entries with "
    "what is held; safe to repeat.",
    dependencies=[requires("sweeps:run")],
    responses=problem_responses(NotFound),
)
@throttled("60/minute")
async def start_sweep(
    connection: str, database: TheDatabase, doorbell: TheDoorbell
) -> SweepStarted:
    async with database.transaction() as transaction:
        await connections.require(transaction, connection, "time_tracking")
        await gates.require_running(transaction, connection)
    doorbell.ring(Stage.SWEEP, connection)
    doorbell.ring(Stage.COMPARE, connection)
    return SweepStarted(connection=connection)
