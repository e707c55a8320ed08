"""Routes of `master_data`: readings, what they change, and the word that lets one through."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from process_apis.database import TheDatabase
from process_apis.doorbell import Stage, TheDoorbell
from process_apis.processes.connections import store as connections
from process_apis.processes.master_data import confirming, reading, steps
from process_apis.processes.master_data.run_tables import ChangeKind, RunStatus
from process_apis.processes.master_data.schemas import (
    ChangePage,
    Confirmation,
    NewRun,
    Run,
    RunPage,
)
from process_apis.processes.master_data.steps import TheLibrarian
from process_apis.processes.master_data.stewards import STEWARDS
from process_apis.processes.master_data.tables import MasterKind
from process_apis.texts import Storable
from process_apis.upstream.connections import Capability
from shared.identity import Principal, requires
from shared.problems import Conflict, NotFound
from shared.web import problem_responses, throttled

router = APIRouter(prefix="/master-data")

# Of trackers only what entries refer to is known, as the entries tell it.
WITH_MASTERS: frozenset[Capability] = frozenset({"erp", "hcm", "crm", "directory"})

READ_AS_USUAL = NewRun()


class RunQuery(BaseModel):
    """Which runs."""

    model_config = ConfigDict(extra="forbid")

    connection: Storable | None = Field(default=None, max_length=63)
    status: RunStatus | None = None
    cursor: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=50, ge=1, le=200)


class ChangeQuery(BaseModel):
    """Which lines of a diff."""

    model_config = ConfigDict(extra="forbid")

    kind: MasterKind | None = None
    change: ChangeKind | None = None
    after: int = Field(default=0, ge=0, lt=2**63, description="`next_after` of the page before.")
    limit: int = Field(default=200, ge=1, le=1000)


@router.post(
    "/{connection}/refresh",
    status_code=202,
    operation_id="refresh_master_data",
    summary="Read all masters of a connection now",
    description="A run that is under way is joined, unless only one of the two is a dry run: that "
    "is a conflict. Progress stands in the run.",
    dependencies=[requires("masters:sync")],
    responses=problem_responses(NotFound, Conflict),
)
@throttled("60/minute")
async def refresh_master_data(
    connection: str,
    librarian: TheLibrarian,
    database: TheDatabase,
    doorbell: TheDoorbell,
    wanted: NewRun = READ_AS_USUAL,
) -> Run:
    async with database.transaction() as transaction:
        await connections.require_any(transaction, connection, WITH_MASTERS)
    opened = await steps.open_run(librarian, connection, dry_run=wanted.dry_run)
    if opened.dry_run != wanted.dry_run:
        raise Conflict(
            f"A {'dry run' if opened.dry_run else 'run'} of {connection} is under way: "
            f"{opened.id}.",
            action="Wait until it is over.",
            code="run_under_way",
        )
    doorbell.ring(Stage.MASTERS, connection)
    async with database.transaction() as transaction:
        return await reading.run(transaction, opened.id)


@router.get(
    "/runs",
    operation_id="list_master_data_runs",
    summary="Readings of masters",
    description="The latest first.",
    dependencies=[requires("masters:read")],
)
@throttled("600/minute")
async def list_master_data_runs(
    query: Annotated[RunQuery, Query()], database: TheDatabase
) -> RunPage:
    async with database.transaction() as transaction:
        return await reading.runs(
            transaction, query.connection, query.status, query.cursor, query.limit
        )


@router.get(
    "/runs/{run_id}",
    operation_id="read_master_data_run",
    summary="How far a reading of masters is",
    description="With its counts, and what went wrong.",
    dependencies=[requires("masters:read")],
    responses=problem_responses(NotFound),
)
@throttled("1200/minute")
async def read_master_data_run(run_id: UUID, database: TheDatabase) -> Run:
    async with database.transaction() as transaction:
        return await reading.run(transaction, run_id)


@router.get(
    "/runs/{run_id}/changes",
    operation_id="list_master_data_changes",
    summary="What a reading of masters changes",
    description="Per record and attribute, before and after; of refused rows, why.",
    dependencies=[requires("masters:read")],
    responses=problem_responses(NotFound),
)
@throttled("600/minute")
async def list_master_data_changes(
    run_id: UUID, query: Annotated[ChangeQuery, Query()], database: TheDatabase
) -> ChangePage:
    async with database.transaction() as transaction:
        return await reading.run_changes(
            transaction, run_id, query.kind, query.change, query.after, query.limit
        )


@router.post(
    "/runs/{run_id}/confirm",
    status_code=202,
    operation_id="confirm_master_data_run",
    summary="Let through what a run stopped at",
    description="Takes over exactly what this run has listed. Who confirmed it, and why, stays "
    "with the run and with its case.",
    responses=problem_responses(NotFound, Conflict),
)
@throttled("60/minute")
async def confirm_master_data_run(
    run_id: UUID,
    confirmation: Confirmation,
    caller: Annotated[Principal, requires("masters:sync", roles=STEWARDS)],
    librarian: TheLibrarian,
    doorbell: TheDoorbell,
) -> Run:
    return await confirming.confirm(run_id, confirmation, caller, librarian, doorbell)
