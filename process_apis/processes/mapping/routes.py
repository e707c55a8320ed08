"""Routes of `mapping`: versions, their publication, and what they would change."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from process_apis.clock import TheClock
from process_apis.database import TheDatabase
from process_apis.doorbell import TheDoorbell
from process_apis.processes.mapping import bench, steps
from process_apis.processes.mapping.schemas import (
    MappingDetail,
    MappingPage,
    MappingTest,
    NewMapping,
    Tested,
)
from process_apis.processes.mapping.tables import MappingState
from process_apis.processes.master_data.steps import TheLibrarian
from process_apis.processes.master_data.stewards import STEWARDS
from process_apis.texts import Storable
from shared.identity import Principal, requires
from shared.problems import Conflict, NotFound, ValidationFailed
from shared.web import problem_responses, throttled

router = APIRouter(prefix="/v1", tags=["mapping"])

PUBLISHERS = frozenset({"data.steward"})


class MappingQuery(BaseModel):
    """Which versions."""

    model_config = ConfigDict(extra="forbid")

    tracker: Storable | None = Field(default=None, max_length=63)
    target: Storable | None = Field(default=None, max_length=63, description="The ERP's.")
    state: MappingState | None = None
    cursor: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=50, ge=1, le=200)


@router.post(
    "/mappings",
    status_code=201,
    operation_id="draft_mapping",
    summary="Write a version of a mapping",
    description="Nothing is mapped by it before somebody else has published it. If one rule makes "
    "no sense, nothing is kept.",
    responses=problem_responses(NotFound, ValidationFailed),
)
@throttled("60/minute")
async def draft_mapping(
    wanted: NewMapping,
    caller: Annotated[Principal, requires("bindings:write", roles=STEWARDS)],
    librarian: TheLibrarian,
) -> MappingDetail:
    return await steps.draft(librarian, wanted, caller)


@router.get(
    "/mappings",
    operation_id="list_mappings",
    summary="Versions of mappings, the latest first",
    description="Without their rules.",
    dependencies=[requires("bindings:read")],
)
@throttled("600/minute")
async def list_mappings(
    query: Annotated[MappingQuery, Query()], librarian: TheLibrarian
) -> MappingPage:
    return await steps.listed(librarian, **dict(query))


@router.get(
    "/mappings/{mapping_id}",
    operation_id="read_mapping",
    summary="One version with its rules",
    description="As it was written; a published version never changes.",
    dependencies=[requires("bindings:read")],
    responses=problem_responses(NotFound),
)
@throttled("600/minute")
async def read_mapping(mapping_id: UUID, librarian: TheLibrarian) -> MappingDetail:
    return await steps.read(librarian, mapping_id)


@router.post(
    "/mappings/{mapping_id}/test",
    operation_id="test_mapping",
    summary="Try a version on samples, and on what was received",
    description="Says what would be another posting, before and after, and changes nothing.",
    dependencies=[requires("bindings:read")],
    responses=problem_responses(NotFound),
)
@throttled("30/minute")
async def test_mapping(
    mapping_id: UUID, wanted: MappingTest, database: TheDatabase, clock: TheClock
) -> Tested:
    return await bench.test(database, mapping_id, wanted, clock.now())


@router.post(
    "/mappings/{mapping_id}/publish",
    operation_id="publish_mapping",
    summary="Have a draft hold, in place of the version before",
    description="Takes another steward than its author. What waits for the mapping goes on by "
    "itself; what was sent stays as it is.",
    responses=problem_responses(NotFound, Conflict, ValidationFailed),
)
@throttled("60/minute")
async def publish_mapping(
    mapping_id: UUID,
    caller: Annotated[Principal, requires("bindings:write", roles=PUBLISHERS)],
    librarian: TheLibrarian,
    doorbell: TheDoorbell,
) -> MappingDetail:
    return await steps.publish(librarian, doorbell, mapping_id, caller)
