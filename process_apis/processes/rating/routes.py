"""Routes of `rating`: cards, their publication, and which rate holds."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from process_apis.clock import TheClock
from process_apis.database import TheDatabase
from process_apis.doorbell import TheDoorbell
from process_apis.processes.master_data.steps import TheLibrarian
from process_apis.processes.rating import fx_steps, steps
from process_apis.processes.rating.fx_schemas import Conversion, Converted, NewQuotes, QuotesTaken
from process_apis.processes.rating.rules import Side
from process_apis.processes.rating.schemas import Answer, CardDetail, CardPage, NewCard, Question
from process_apis.processes.rating.tables import CardState
from shared.identity import Principal, requires
from shared.problems import Conflict, NotFound, ValidationFailed
from shared.web import problem_responses, throttled

router = APIRouter(prefix="/v1", tags=["rating"])

AUTHORS = frozenset({"finance.analyst", "finance.controller", "billing.analyst"})
FX_KEEPERS = frozenset({"finance.analyst", "finance.controller"})
PUBLISHERS = frozenset({"finance.controller"})

Reader = Annotated[Principal, requires("rates:read")]


class CardQuery(BaseModel):
    """Which cards."""

    model_config = ConfigDict(extra="forbid")

    side: Side | None = None
    state: CardState | None = None
    cursor: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=50, ge=1, le=200)


@router.post(
    "/rate-cards",
    status_code=201,
    operation_id="draft_rate_card",
    summary="Write a version of a rate card",
    description="Nothing holds before somebody else has published it. If one line makes no sense, "
    "nothing is kept.",
    responses=problem_responses(ValidationFailed),
)
@throttled("60/minute")
async def draft_rate_card(
    wanted: NewCard,
    caller: Annotated[Principal, requires("rates:write", roles=AUTHORS)],
    database: TheDatabase,
    clock: TheClock,
) -> CardDetail:
    return await steps.draft(database, clock, wanted, caller)


@router.get(
    "/rate-cards",
    operation_id="list_rate_cards",
    summary="Rate cards, the latest first",
    description="Without lines. What work costs is shown to finance alone.",
)
@throttled("600/minute")
async def list_rate_cards(
    query: Annotated[CardQuery, Query()], caller: Reader, database: TheDatabase
) -> CardPage:
    return await steps.listed(database, caller, query.side, query.state, query.cursor, query.limit)


@router.get(
    "/rate-cards/{card_id}",
    operation_id="read_rate_card",
    summary="One rate card with its lines",
    description="As it was written; a published version never changes.",
    responses=problem_responses(NotFound),
)
@throttled("600/minute")
async def read_rate_card(card_id: UUID, caller: Reader, database: TheDatabase) -> CardDetail:
    return await steps.read(database, card_id, caller)


@router.post(
    "/rate-cards/{card_id}/publish",
    operation_id="publish_rate_card",
    summary="Have a draft hold, in place of the version before",
    description="Takes somebody else than its author. Overlaps are refused, and so are gaps that "
    "are not marked as meant. What waits for a rate is judged again.",
    responses=problem_responses(NotFound, Conflict, ValidationFailed),
)
@throttled("60/minute")
async def publish_rate_card(
    card_id: UUID,
    caller: Annotated[Principal, requires("rates:write", roles=PUBLISHERS)],
    librarian: TheLibrarian,
    doorbell: TheDoorbell,
) -> CardDetail:
    return await steps.publish(librarian, doorbell, card_id, caller)


@router.post(
    "/rates/explain",
    operation_id="explain_rate",
    summary="Which rate holds, why, and what the time is worth",
    description="Changes nothing, and says the same whenever it is asked about the same cards.",
)
@throttled("600/minute")
async def explain_rate(question: Question, caller: Reader, database: TheDatabase) -> Answer:
    return await steps.explain(database, question, caller)


@router.post(
    "/fx-rates",
    operation_id="upload_fx_rates",
    summary="Take quotes of currencies in",
    description="By kind, pair and day. The same again changes nothing; another rate takes the "
    "place of the first, which is kept. If one row makes no sense, none is taken.",
    responses=problem_responses(ValidationFailed),
)
@throttled("60/minute")
async def upload_fx_rates(
    wanted: NewQuotes,
    caller: Annotated[Principal, requires("rates:write", roles=FX_KEEPERS)],
    database: TheDatabase,
    clock: TheClock,
) -> QuotesTaken:
    return await fx_steps.take_in(database, clock, wanted, caller)


@router.post(
    "/fx-rates/convert",
    operation_id="convert_amount",
    summary="What an amount is worth in another currency on a day",
    description="At the quote of that day or the last one before, if it is not too old: as asked, "
    "else the other way round, else through a third currency. Says which.",
    dependencies=[requires("rates:read")],
)
@throttled("600/minute")
async def convert_amount(question: Conversion, database: TheDatabase) -> Converted:
    return await fx_steps.convert(database, question)
