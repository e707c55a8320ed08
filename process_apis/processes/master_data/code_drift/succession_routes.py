"""Routes of merges and splits."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, status

from process_apis.database import TheDatabase
from process_apis.doorbell import TheDoorbell
from process_apis.processes.master_data.code_drift import deciding, succession_reading
from process_apis.processes.master_data.code_drift.succession_schemas import (
    NewMerge,
    NewSplit,
    SuccessionPage,
)
from process_apis.processes.master_data.steps import TheLibrarian
from shared.identity import Principal, requires
from shared.problems import NotFound, ValidationFailed
from shared.web import problem_responses, throttled

router = APIRouter(prefix="/code-drift")

Steward = Annotated[Principal, requires("bindings:write")]


@router.get(
    "/successions",
    operation_id="list_successions",
    summary="Merges and splits that hold",
    description="The latest first.",
    dependencies=[requires("bindings:read")],
)
@throttled("600/minute")
async def list_successions(database: TheDatabase) -> SuccessionPage:
    async with database.transaction() as transaction:
        return await succession_reading.page(transaction, None)


@router.post(
    "/merges",
    status_code=201,
    operation_id="state_merge",
    summary="Say that records are one from a day of work on",
    description="What was posted stays; its corrections take it back where it stands, and post "
    "what is right to the new record. Takes the place of what was said of these records before.",
    responses=problem_responses(NotFound, ValidationFailed),
)
@throttled("60/minute")
async def state_merge(
    wanted: NewMerge, caller: Steward, librarian: TheLibrarian, doorbell: TheDoorbell
) -> SuccessionPage:
    return await deciding.merge(librarian, doorbell, wanted, caller)


@router.post(
    "/splits",
    status_code=201,
    operation_id="state_split",
    summary="Say that a project is several from a day of work on, by task",
    description="Hours on a task that no rule is for wait. Otherwise as for merges.",
    responses=problem_responses(NotFound, ValidationFailed),
)
@throttled("60/minute")
async def state_split(
    wanted: NewSplit, caller: Steward, librarian: TheLibrarian, doorbell: TheDoorbell
) -> SuccessionPage:
    return await deciding.split(librarian, doorbell, wanted, caller)


@router.post(
    "/successions/{succession_id}/end",
    status_code=status.HTTP_204_NO_CONTENT,
    operation_id="end_succession",
    summary="Take a merge or split back",
    description="For what is judged from now on; what was posted stays.",
    responses=problem_responses(NotFound),
)
@throttled("60/minute")
async def end_succession(
    succession_id: UUID, caller: Steward, librarian: TheLibrarian, doorbell: TheDoorbell
) -> None:
    await deciding.end(librarian, doorbell, succession_id, caller)
