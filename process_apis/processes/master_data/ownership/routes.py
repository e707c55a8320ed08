"""Routes of ownership: who owns what, and where systems disagree."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from process_apis.clock import TheClock
from process_apis.database import TheDatabase
from process_apis.doorbell import TheDoorbell
from process_apis.processes.master_data.ownership import (
    deciding,
    drift,
    pinning,
    reading,
    role_routes,
)
from process_apis.processes.master_data.ownership.configuration import TheOwnership
from process_apis.processes.master_data.ownership.schemas import (
    Choice,
    ConflictPage,
    ConflictQuery,
    ConflictView,
    Decision,
    DriftPage,
    DriftQuery,
    NewPin,
    OwnershipView,
    PinPage,
    PinQuery,
    PinView,
    ProposalPage,
    ProposalQuery,
    ProposalView,
    Release,
)
from process_apis.processes.master_data.ownership.shown import shown
from process_apis.processes.master_data.steps import TheLibrarian
from shared.identity import Principal, requires
from shared.problems import Conflict, Forbidden, InvalidRequest, NotFound, ValidationFailed
from shared.web import problem_responses, throttled

router = APIRouter(prefix="/master-data")
router.include_router(role_routes.router)

STEWARD = frozenset({"data.steward"})
# Of a client's legal name finance knows, too.
DECIDERS = STEWARD | {"finance.controller"}


@router.get(
    "/ownership",
    operation_id="read_ownership",
    summary="Who owns which attribute",
    description="As configured, with what is usual where nothing is; and names of the file that "
    "mean nothing.",
    dependencies=[requires("masters:read")],
)
@throttled("600/minute")
async def read_ownership(ownership: TheOwnership, database: TheDatabase) -> OwnershipView:
    async with database.transaction() as transaction:
        return await shown(transaction, ownership)


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


@router.get(
    "/conflicts",
    operation_id="list_ownership_conflicts",
    summary="Attributes that two owners changed to different values",
    description="The latest first.",
    dependencies=[requires("masters:read")],
    responses=problem_responses(InvalidRequest),
)
@throttled("600/minute")
async def list_ownership_conflicts(
    query: Annotated[ConflictQuery, Query()], database: TheDatabase
) -> ConflictPage:
    async with database.transaction() as transaction:
        return await reading.conflicts(transaction, query)


@router.post(
    "/conflicts/{conflict_id}/choose",
    operation_id="choose_in_ownership_conflict",
    summary="Let one owner's value count",
    description="What the others say does not count as long as they go on saying it. Postings that "
    "wait for the record are judged again.",
    responses=problem_responses(NotFound, Conflict),
)
@throttled("120/minute")
async def choose_in_ownership_conflict(
    conflict_id: UUID,
    choice: Choice,
    caller: Annotated[Principal, requires("masters:write", roles=STEWARD)],
    librarian: TheLibrarian,
    doorbell: TheDoorbell,
) -> ConflictView:
    return await deciding.choose(conflict_id, choice, caller, librarian, doorbell)


@router.get(
    "/pins",
    operation_id="list_attribute_pins",
    summary="Values that stewards pinned",
    description="The latest first.",
    dependencies=[requires("masters:read")],
    responses=problem_responses(InvalidRequest),
)
@throttled("600/minute")
async def list_attribute_pins(
    query: Annotated[PinQuery, Query()], database: TheDatabase, clock: TheClock
) -> PinPage:
    async with database.transaction() as transaction:
        return await reading.pins(transaction, query, clock.now())


@router.post(
    "/pins",
    status_code=201,
    operation_id="pin_attribute",
    summary="Let a value count until an instant, whatever its owner says",
    description="Takes the place of an earlier pin, which is kept. Postings that wait for the "
    "record are judged again.",
    responses=problem_responses(NotFound, ValidationFailed),
)
@throttled("120/minute")
async def pin_attribute(
    wanted: NewPin,
    caller: Annotated[Principal, requires("masters:write", roles=STEWARD)],
    librarian: TheLibrarian,
    doorbell: TheDoorbell,
) -> PinView:
    return await pinning.pin(wanted, caller, librarian, doorbell)


@router.post(
    "/pins/{pin_id}/release",
    operation_id="release_attribute_pin",
    summary="End a pin before its time",
    description="Its owners count again. Postings that wait for the record are judged again.",
    responses=problem_responses(NotFound, Conflict),
)
@throttled("120/minute")
async def release_attribute_pin(
    pin_id: UUID,
    why: Release,
    caller: Annotated[Principal, requires("masters:write", roles=STEWARD)],
    librarian: TheLibrarian,
    doorbell: TheDoorbell,
) -> PinView:
    return await pinning.release(pin_id, why, caller, librarian, doorbell)


@router.get(
    "/proposals",
    operation_id="list_attribute_proposals",
    summary="Changes by systems that do not own the attribute",
    description="The latest first.",
    dependencies=[requires("masters:read")],
    responses=problem_responses(InvalidRequest),
)
@throttled("600/minute")
async def list_attribute_proposals(
    query: Annotated[ProposalQuery, Query()], database: TheDatabase
) -> ProposalPage:
    async with database.transaction() as transaction:
        return await reading.proposals(transaction, query)


@router.post(
    "/proposals/{proposal_id}/decision",
    operation_id="decide_on_attribute_proposal",
    summary="Accept or reject what a system proposed",
    description="What is accepted counts until its owner says it, too, or something else; until "
    "then the owner is listed as drift. Nothing is written into any system.",
    responses=problem_responses(NotFound, Conflict, Forbidden),
)
@throttled("120/minute")
async def decide_on_attribute_proposal(
    proposal_id: UUID,
    decision: Decision,
    caller: Annotated[Principal, requires("masters:write", roles=DECIDERS)],
    librarian: TheLibrarian,
    doorbell: TheDoorbell,
) -> ProposalView:
    return await deciding.decide(proposal_id, decision, caller, librarian, doorbell)
