"""Routes of `repairing`: copies that are brought in line with their owner."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from process_apis.doorbell import TheDoorbell
from process_apis.processes.master_data.stewards import STEWARDS
from process_apis.processes.repairing import steps
from process_apis.processes.repairing.repairer import TheRepairer
from process_apis.processes.repairing.schemas import (
    NewRepairs,
    Release,
    ReleaseAll,
    Released,
    RepairPage,
    RepairPlanned,
    RepairView,
)
from process_apis.processes.repairing.tables import RepairState
from shared.identity import Principal, requires
from shared.problems import Conflict, NotFound, UpstreamUnavailable
from shared.web import problem_responses, throttled

router = APIRouter(prefix="/v1/repairs", tags=["repairing"])

NOW = NewRepairs()

Steward = Annotated[Principal, requires("masters:write", roles=STEWARDS)]


class RepairQuery(BaseModel):
    """Which of them."""

    model_config = ConfigDict(extra="forbid")

    state: RepairState | None = None
    after: UUID | None = Field(default=None, description="`next_after` of the page before.")
    limit: int = Field(default=200, ge=1, le=1000)


@router.get(
    "/{connection}",
    operation_id="list_repairs",
    summary="Copies at a connection that were or are to be brought in line",
    description="With what became of each, and what the connection can write at all.",
    dependencies=[requires("masters:read")],
    responses=problem_responses(NotFound),
)
@throttled("600/minute")
async def list_repairs(
    connection: str, query: Annotated[RepairQuery, Query()], repairer: TheRepairer
) -> RepairPage:
    return await steps.listed(repairer, connection, query.state, query.after, query.limit)


@router.post(
    "/{connection}",
    status_code=202,
    operation_id="repair_copies",
    summary="Bring a connection's copies in line with their owners now",
    description="That happens by itself after each reading, too. A dry run changes nothing.",
    dependencies=[requires("masters:sync")],
    responses=problem_responses(NotFound, UpstreamUnavailable),
)
@throttled("60/minute")
async def repair_copies(
    connection: str, repairer: TheRepairer, doorbell: TheDoorbell, wanted: NewRepairs = NOW
) -> RepairPlanned:
    return await steps.begin(repairer, doorbell, connection, dry_run=wanted.dry_run)


@router.post(
    "/{connection}/release",
    status_code=202,
    operation_id="release_repairs",
    summary="Let through what is held, contested or refused at a connection",
    description="With a reason, which is kept. What is refused again is told again.",
    responses=problem_responses(NotFound, Conflict),
)
@throttled("60/minute")
async def release_repairs(
    connection: str,
    wanted: ReleaseAll,
    caller: Steward,
    repairer: TheRepairer,
    doorbell: TheDoorbell,
) -> Released:
    return await steps.release(
        repairer, doorbell, connection, wanted.attribute, caller, wanted.reason
    )


@router.post(
    "/one/{repair_id}/release",
    status_code=202,
    operation_id="release_repair",
    summary="Let one through that is held, contested or refused",
    description="With a reason, which is kept.",
    responses=problem_responses(NotFound, Conflict),
)
@throttled("60/minute")
async def release_repair(
    repair_id: UUID,
    wanted: Release,
    caller: Steward,
    repairer: TheRepairer,
    doorbell: TheDoorbell,
) -> RepairView:
    return await steps.release_one(repairer, doorbell, repair_id, caller, wanted.reason)
