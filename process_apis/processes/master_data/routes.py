"""Routes of `master_data`: masters, bindings and their correction."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from process_apis.clock import TheClock
from process_apis.database import TheDatabase
from process_apis.doorbell import Stage, TheDoorbell
from process_apis.processes.connections import store as connections
from process_apis.processes.master_data import changes, reading, rebinding, run_routes
from process_apis.processes.master_data.code_drift import routes as code_drift
from process_apis.processes.master_data.keys import dependency_key
from process_apis.processes.master_data.ownership import routes as ownership
from process_apis.processes.master_data.rebinding import Correction
from process_apis.processes.master_data.schemas import (
    BindableKind,
    BindingPage,
    BindingView,
    MasterPageView,
    NewBinding,
)
from process_apis.processes.master_data.steps import TheLibrarian
from process_apis.processes.master_data.stewards import require_steward
from process_apis.processes.master_data.tables import MasterKind
from process_apis.texts import Storable
from shared.identity import Principal, requires
from shared.problems import FieldError, NotFound, ValidationFailed
from shared.web import problem_responses, throttled

router = APIRouter(prefix="/v1", tags=["master_data"])
router.include_router(run_routes.router)
router.include_router(ownership.router)
router.include_router(code_drift.router)


class BindingQuery(BaseModel):
    """Which bindings."""

    model_config = ConfigDict(extra="forbid")

    connection: Storable | None = Field(default=None, max_length=63)
    kind: BindableKind | None = None
    external_id: Storable | None = Field(default=None, max_length=200)
    day: date | None = Field(default=None, description="Those that hold on this day of work.")
    archived: bool = Field(
        default=False, description="With those in whose place others came, as history."
    )
    limit: int = Field(default=200, ge=1, le=1000)


class MasterQuery(BaseModel):
    """Which records."""

    model_config = ConfigDict(extra="forbid")

    q: Storable | None = Field(
        default=None, max_length=100, description="Part of name, code or email."
    )
    limit: int = Field(default=100, ge=1, le=1000)


@router.get(
    "/masters/{kind}",
    operation_id="list_masters",
    summary="Canonical master records of one kind",
    description="By name.",
    dependencies=[requires("masters:read")],
)
@throttled("600/minute")
async def list_masters(
    kind: MasterKind, query: Annotated[MasterQuery, Query()], database: TheDatabase
) -> MasterPageView:
    async with database.transaction() as transaction:
        return await reading.masters(transaction, kind, query.q, query.limit)


@router.get(
    "/bindings",
    operation_id="list_bindings",
    summary="Current bindings of external ids to canonical records",
    description="By connection, kind and external id.",
    dependencies=[requires("bindings:read")],
)
@throttled("600/minute")
async def list_bindings(
    query: Annotated[BindingQuery, Query()], database: TheDatabase
) -> BindingPage:
    async with database.transaction() as transaction:
        return await reading.bindings(
            transaction,
            name=query.connection,
            kind=query.kind,
            external_id=query.external_id,
            day=query.day,
            archived=query.archived,
            limit=query.limit,
        )


@router.put(
    "/bindings",
    operation_id="correct_binding",
    summary="Bind an external id to a canonical record",
    description="For days of work from `valid_from` to `valid_to`, or for all. Takes the place of "
    "what the id is bound to on these days, which is kept as history; other days stay as they are. "
    "Postings that wait for it go on by themselves.",
    responses=problem_responses(NotFound, ValidationFailed),
)
@throttled("300/minute")
async def correct_binding(
    wanted: NewBinding,
    caller: Annotated[Principal, requires("bindings:write")],
    database: TheDatabase,
    librarian: TheLibrarian,
    doorbell: TheDoorbell,
    clock: TheClock,
) -> BindingView:
    _may_bind(caller, wanted)
    kind = MasterKind(wanted.kind)
    async with database.transaction() as transaction:
        await connections.require(transaction, wanted.connection, "time_tracking")
        await reading.require_master(transaction, kind, wanted.canonical_id)
        binding_id = await rebinding.correct(
            transaction,
            Correction(
                connection=wanted.connection,
                kind=kind,
                external_id=wanted.external_id,
                canonical_id=wanted.canonical_id,
                valid_from=wanted.valid_from,
                valid_to=wanted.valid_to,
                actor=f"user:{caller.subject}",
            ),
            clock.now(),
        )
        bound = await reading.binding(transaction, binding_id)
        key = dependency_key(f"binding-{kind}", wanted.connection, wanted.external_id)
        words = (
            f"{kind} {wanted.external_id} of {wanted.connection} was bound to "
            f"{bound.canonical_name} by {caller.subject} {changes.at(clock.now())}"
        )
        await librarian.wake(transaction, {key: words})
    doorbell.ring(Stage.VALIDATE)
    return bound


def _may_bind(caller: Principal, wanted: NewBinding) -> None:
    require_steward(caller)
    if wanted.valid_from and wanted.valid_to and wanted.valid_to < wanted.valid_from:
        raise ValidationFailed(
            "The binding would end before it begins.",
            errors=[FieldError(field="body.valid_to", message="is before valid_from")],
        )
