"""Routes of code drift: what is called otherwise now, and what stewards say to it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from process_apis.database import TheDatabase
from process_apis.doorbell import TheDoorbell
from process_apis.processes.master_data.code_drift import reading, steps, succession_routes
from process_apis.processes.master_data.code_drift.schemas import (
    CodeDriftDetail,
    CodeDriftPage,
    DriftQuery,
    Settling,
)
from process_apis.processes.master_data.steps import TheLibrarian
from shared.identity import Principal, requires
from shared.problems import Conflict, NotFound
from shared.web import problem_responses, throttled

router = APIRouter()
# Before what has an id in the same place.
router.include_router(succession_routes.router)

Steward = Annotated[Principal, requires("bindings:write")]


@router.get(
    "/code-drift",
    operation_id="list_code_drift",
    summary="Records of ERPs whose code, or whose place, is not what it was",
    description="The latest first, those that nobody has settled unless asked otherwise; each with "
    "how many postings it concerns.",
    dependencies=[requires("bindings:read")],
)
@throttled("60/minute")
async def list_code_drift(
    query: Annotated[DriftQuery, Query()], database: TheDatabase
) -> CodeDriftPage:
    async with database.transaction() as transaction:
        return await reading.page(transaction, query)


@router.get(
    "/code-drift/{drift_id}",
    operation_id="read_code_drift",
    summary="One drift with the postings that it concerns",
    description="None of them is posted again because of it.",
    dependencies=[requires("bindings:read")],
    responses=problem_responses(NotFound),
)
@throttled("60/minute")
async def read_code_drift(drift_id: UUID, database: TheDatabase) -> CodeDriftDetail:
    async with database.transaction() as transaction:
        return await reading.detail(transaction, drift_id)


@router.post(
    "/code-drift/{drift_id}/accept-alias",
    operation_id="accept_code_alias",
    summary="Say what codes mean from now on",
    description="Of a renamed record, the old code and the new one. A code that is used again "
    "means the record that has it now; what waits for that goes on by itself.",
    responses=problem_responses(NotFound, Conflict),
)
@throttled("300/minute")
async def accept_code_alias(
    drift_id: UUID,
    why: Settling,
    caller: Steward,
    librarian: TheLibrarian,
    doorbell: TheDoorbell,
) -> CodeDriftDetail:
    return await steps.accept_alias(librarian, doorbell, drift_id, why.reason, caller)


@router.post(
    "/code-drift/{drift_id}/acknowledge",
    operation_id="acknowledge_code_drift",
    summary="Say that a record was rightly deleted or moved",
    description="Nothing but the drift itself changes.",
    responses=problem_responses(NotFound, Conflict),
)
@throttled("300/minute")
async def acknowledge_code_drift(
    drift_id: UUID, why: Settling, caller: Steward, librarian: TheLibrarian
) -> CodeDriftDetail:
    return await steps.acknowledge(librarian, drift_id, why.reason, caller)
