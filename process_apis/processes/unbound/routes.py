"""Routes of `unbound`: the report, and what a steward accepts of it."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from process_apis.database import TheDatabase
from process_apis.doorbell import TheDoorbell
from process_apis.processes.master_data.schemas import BindableKind
from process_apis.processes.master_data.steps import TheLibrarian
from process_apis.processes.unbound import steps
from process_apis.processes.unbound.schemas import Acceptance, Accepted, UnboundReport
from process_apis.texts import Storable
from shared.identity import Principal, requires
from shared.problems import NotFound, ValidationFailed
from shared.web import problem_responses, throttled

router = APIRouter(prefix="/v1", tags=["unbound"])


class UnboundQuery(BaseModel):
    """Which references."""

    model_config = ConfigDict(extra="forbid")

    connection: Storable | None = Field(default=None, max_length=63, description="The tracker's.")
    kind: BindableKind | None = None
    limit: int = Field(default=100, ge=1, le=1000)


@router.get(
    "/unbound",
    operation_id="list_unbound",
    summary="What waiting entries refer to and nothing is bound to",
    description="The most hours first, each with up to three records that may be meant.",
    dependencies=[requires("bindings:read")],
)
@throttled("60/minute")
async def list_unbound(
    query: Annotated[UnboundQuery, Query()], database: TheDatabase
) -> UnboundReport:
    return await steps.report(database, query.connection, query.kind, query.limit)


@router.post(
    "/unbound/accept",
    operation_id="accept_suggestions",
    summary="Bind what is suggested: some by name, or all that are good enough",
    description="All or none. Of those with `at_least`, only whose best suggestion is the only one "
    "with its score. What waits for them goes on by itself.",
    responses=problem_responses(NotFound, ValidationFailed),
)
@throttled("60/minute")
async def accept_suggestions(
    wanted: Acceptance,
    caller: Annotated[Principal, requires("bindings:write")],
    librarian: TheLibrarian,
    doorbell: TheDoorbell,
) -> Accepted:
    return await steps.accept(librarian, doorbell, wanted, caller)
