"""Routes of `billing`: contract terms and their publication."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from process_apis.doorbell import TheDoorbell
from process_apis.processes.billing import steps
from process_apis.processes.billing.schemas import NewTerms, TermsPage, TermsView
from process_apis.processes.billing.tables import TermsState
from process_apis.processes.master_data.steps import TheLibrarian
from process_apis.processes.rating.routes import AUTHORS, PUBLISHERS
from process_apis.texts import Storable
from shared.identity import Principal, requires
from shared.problems import Conflict, NotFound, ValidationFailed
from shared.web import problem_responses, throttled

router = APIRouter(prefix="/v1", tags=["billing"])


class TermsQuery(BaseModel):
    """Which terms."""

    model_config = ConfigDict(extra="forbid")

    contract: Storable | None = Field(default=None, max_length=100)
    state: TermsState | None = None
    cursor: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=50, ge=1, le=200)


@router.post(
    "/contract-terms",
    status_code=201,
    operation_id="draft_contract_terms",
    summary="Write a version of a contract's terms",
    description="Nothing holds before somebody else has published it.",
    responses=problem_responses(ValidationFailed),
)
@throttled("60/minute")
async def draft_contract_terms(
    wanted: NewTerms,
    caller: Annotated[Principal, requires("rates:write", roles=AUTHORS)],
    librarian: TheLibrarian,
) -> TermsView:
    return await steps.draft(librarian, wanted, caller)


@router.get(
    "/contract-terms",
    operation_id="list_contract_terms",
    summary="Terms of contracts, the latest first",
    description="Drafts and what was published, by contract and state.",
    dependencies=[requires("rates:read")],
)
@throttled("600/minute")
async def list_contract_terms(
    query: Annotated[TermsQuery, Query()], librarian: TheLibrarian
) -> TermsPage:
    return await steps.listed(librarian, query.contract, query.state, query.cursor, query.limit)


@router.get(
    "/contract-terms/{terms_id}",
    operation_id="read_contract_terms",
    summary="One version of a contract's terms",
    description="As it was written; a published version never changes.",
    dependencies=[requires("rates:read")],
    responses=problem_responses(NotFound),
)
@throttled("600/minute")
async def read_contract_terms(terms_id: UUID, librarian: TheLibrarian) -> TermsView:
    return await steps.read(librarian, terms_id)


@router.post(
    "/contract-terms/{terms_id}/publish",
    operation_id="publish_contract_terms",
    summary="Have a draft hold",
    description="Takes somebody else than its author. Of several versions, the latest that covers "
    "the day of work holds. What waits for the contract is judged again; what is posted stays.",
    responses=problem_responses(NotFound, Conflict, ValidationFailed),
)
@throttled("60/minute")
async def publish_contract_terms(
    terms_id: UUID,
    caller: Annotated[Principal, requires("rates:write", roles=PUBLISHERS)],
    librarian: TheLibrarian,
    doorbell: TheDoorbell,
) -> TermsView:
    return await steps.publish(librarian, doorbell, terms_id, caller)
