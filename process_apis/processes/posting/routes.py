"""Routes of `posting`: the sub-ledger, to look at, and to hold back what is ready."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, status
from pydantic import BaseModel, ConfigDict, Field

from process_apis.database import TheDatabase
from process_apis.doorbell import Stage, TheDoorbell
from process_apis.processes.billing.schemas import ContractUsage
from process_apis.processes.posting import holding, reading, usage
from process_apis.processes.posting.ledger import TheLedger
from process_apis.processes.posting.schemas import PostingPage, PostingView, Reason
from process_apis.processes.posting.states import PostingState
from process_apis.texts import Storable
from shared.identity import Principal, requires
from shared.problems import Conflict, NotFound
from shared.web import problem_responses, throttled

router = APIRouter(prefix="/v1", tags=["posting"])

HOLDERS = {"finance.analyst", "finance.controller"}
Holder = Annotated[Principal, requires("postings:write", roles=HOLDERS)]


class PostingQuery(BaseModel):
    """Which postings."""

    model_config = ConfigDict(extra="forbid")

    state: PostingState | None = None
    connection: Storable | None = Field(default=None, max_length=63, description="The ERP's.")
    time_entry_id: UUID | None = None
    cursor: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=100, ge=1, le=500)


@router.get(
    "/postings",
    operation_id="list_postings",
    summary="Postings of the sub-ledger",
    description="Last changed first.",
    dependencies=[requires("postings:read")],
)
@throttled("1200/minute")
async def list_postings(
    query: Annotated[PostingQuery, Query()], database: TheDatabase
) -> PostingPage:
    async with database.transaction() as transaction:
        return await reading.page(
            transaction,
            state=query.state,
            target=query.connection,
            entry=query.time_entry_id,
            cursor=query.cursor,
            limit=query.limit,
        )


@router.get(
    "/postings/{posting_id}",
    operation_id="read_posting",
    summary="One posting",
    description="With the version of the mapping that it was judged with.",
    dependencies=[requires("postings:read")],
    responses=problem_responses(NotFound),
)
@throttled("1200/minute")
async def read_posting(posting_id: UUID, database: TheDatabase) -> PostingView:
    async with database.transaction() as transaction:
        return await reading.one(transaction, posting_id)


@router.post(
    "/postings/{posting_id}/hold",
    status_code=status.HTTP_204_NO_CONTENT,
    operation_id="hold_posting",
    summary="Hold a posting back",
    description="One that is ready is not sent until somebody releases it.",
    responses=problem_responses(NotFound, Conflict),
)
@throttled("300/minute")
async def hold_posting(posting_id: UUID, reason: Reason, caller: Holder, ledger: TheLedger) -> None:
    await holding.hold(ledger, posting_id, reason.reason, caller)


@router.post(
    "/postings/{posting_id}/release",
    status_code=status.HTTP_204_NO_CONTENT,
    operation_id="release_posting",
    summary="Release a posting that is held back",
    description="It is sent, if it is still due and its period is still open.",
    responses=problem_responses(NotFound, Conflict),
)
@throttled("300/minute")
async def release_posting(
    posting_id: UUID, reason: Reason, caller: Holder, ledger: TheLedger, doorbell: TheDoorbell
) -> None:
    target = await holding.release(ledger, posting_id, reason.reason, caller)
    if target is not None:
        doorbell.ring(Stage.SEND, target)


@router.get(
    "/contracts/{contract}/usage",
    operation_id="read_contract_usage",
    summary="How a contract stands",
    description="What was charged, and how far each limit is used up. What is on its way counts.",
    dependencies=[requires("rates:read")],
    responses=problem_responses(NotFound),
)
@throttled("600/minute")
async def read_contract_usage(contract: Storable, database: TheDatabase) -> ContractUsage:
    async with database.transaction() as transaction:
        return await usage.of(transaction, contract)
