"""Routes of `posting`: the sub-ledger, to look at."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from process_apis.database import TheDatabase
from process_apis.processes.posting import reading
from process_apis.processes.posting.schemas import PostingPage
from process_apis.processes.posting.states import PostingState
from process_apis.texts import Storable
from shared.identity import requires
from shared.web import throttled

router = APIRouter(prefix="/v1", tags=["posting"])


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
