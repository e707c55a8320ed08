"""Routes of ownership: who owns what, and where systems disagree."""

from typing import Annotated

from fastapi import APIRouter, Query

from process_apis.clock import TheClock
from process_apis.database import TheDatabase
from process_apis.processes.master_data.ownership import drift
from process_apis.processes.master_data.ownership.configuration import TheOwnership
from process_apis.processes.master_data.ownership.schemas import (
    DriftPage,
    DriftQuery,
    OwnershipView,
)
from process_apis.processes.master_data.ownership.shown import shown
from shared.identity import requires
from shared.problems import InvalidRequest
from shared.web import problem_responses, throttled

router = APIRouter(prefix="/master-data")


@router.get(
    "/ownership",
    operation_id="read_ownership",
    summary="Who owns which attribute",
    description="As configured, with what is usual where nothing is.",
    dependencies=[requires("masters:read")],
)
@throttled("600/minute")
async def read_ownership(ownership: TheOwnership) -> OwnershipView:
    return shown(ownership)


@router.get(
    "/drift",
    operation_id="list_master_data_drift",
    summary="Where systems disagree",
    description="Attributes of which a copy says something else than the system that owns them. A "
    "line goes when the copy is mended.",
    dependencies=[requires("masters:read")],
    responses=problem_responses(InvalidRequest),
)
@throttled("120/minute")
async def list_master_data_drift(
    query: Annotated[DriftQuery, Query()],
    ownership: TheOwnership,
    database: TheDatabase,
    clock: TheClock,
) -> DriftPage:
    async with database.transaction() as transaction:
        return await drift.drift(transaction, ownership, clock.now(), query)
