"""Routes of `replay`: dry run, start, look at, stop."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response, status
from pydantic import BaseModel, ConfigDict, Field

from process_apis.database import TheDatabase
from process_apis.doorbell import TheDoorbell
from process_apis.processes.posting.ledger import TheLedger
from process_apis.processes.replay import reading, rereading, steps
from process_apis.processes.replay.schemas import (
    DryRun,
    DryRunLines,
    DryRunRequest,
    LinesRequest,
    NewReplay,
    Replay,
    ReplayDetail,
    ReplayLinePage,
    ReplayPage,
    Rereading,
    RereadRequest,
)
from process_apis.processes.replay.states import JobState, LineOutcome
from shared.identity import Principal, requires
from shared.problems import Conflict, NotFound
from shared.web import problem_responses, throttled

router = APIRouter(prefix="/v1/replays", tags=["replay"])

# None of them can change a value: a replay sends what the tracker says and masters allow.
REPLAYERS = {"finance.analyst", "finance.controller", "integration.operator"}

Reader = requires("replays:read", roles=REPLAYERS)
Replayer = Annotated[Principal, requires("replays:write", roles=REPLAYERS)]


class ReplayQuery(BaseModel):
    """Which replays."""

    model_config = ConfigDict(extra="forbid")

    state: JobState | None = None
    cursor: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=50, ge=1, le=200)


class LineQuery(BaseModel):
    """Which lines."""

    model_config = ConfigDict(extra="forbid")

    outcome: LineOutcome | None = None
    after: UUID | None = Field(default=None, description="`next_after` of the page before.")
    limit: int = Field(default=100, ge=1, le=500)


@router.post(
    "/dry-run",
    operation_id="rehearse_replay",
    summary="Show what a replay would send, and what would still fail",
    description="Judges every posting of the scope as the replay would, and changes nothing. The "
    "hash that it answers is what starts the replay.",
    dependencies=[Reader],
    responses=problem_responses(NotFound, Conflict),
)
@throttled("60/minute")
async def rehearse_replay(wanted: DryRunRequest, ledger: TheLedger) -> DryRun:
    return await steps.dry_run(wanted, ledger)


@router.post(
    "/dry-run/lines",
    operation_id="rehearse_replay_lines",
    summary="Show further lines of a dry run",
    description="As they stand at this moment; if that is not what the hash stands for, the "
    "replay is refused.",
    dependencies=[Reader],
    responses=problem_responses(NotFound, Conflict),
)
@throttled("600/minute")
async def rehearse_replay_lines(wanted: LinesRequest, ledger: TheLedger) -> DryRunLines:
    return await steps.further_lines(wanted, ledger)


@router.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    operation_id="start_replay",
    summary="Replay what a dry run showed",
    description="Refused if anything differs from the dry run with this hash. A worker carries it "
    "out in batches, after everything else; what is posted, or on its way, is never sent again. "
    "The Idempotency-Key makes one replay of however many requests.",
    responses=problem_responses(NotFound, Conflict),
)
@throttled("60/minute")
async def start_replay(
    wanted: NewReplay,
    caller: Replayer,
    ledger: TheLedger,
    doorbell: TheDoorbell,
    response: Response,
    idempotency_key: Annotated[str, Header(min_length=1, max_length=200)],
) -> Replay:
    replay = await steps.start(wanted, idempotency_key, caller, ledger, doorbell)
    response.headers["Location"] = f"{router.prefix}/{replay.id}"
    return replay


@router.post(
    "/reread",
    status_code=status.HTTP_202_ACCEPTED,
    operation_id="reread_entries",
    summary="Read entries again in their tracker",
    description="What was misread or missed comes right by that; what is as it was changes "
    "nothing. Repeating it is harmless.",
    responses=problem_responses(NotFound, Conflict),
)
@throttled("60/minute")
async def reread_entries(
    wanted: RereadRequest, caller: Replayer, ledger: TheLedger, doorbell: TheDoorbell
) -> Rereading:
    return await rereading.reread(wanted, caller, ledger, doorbell)


@router.get(
    "",
    operation_id="list_replays",
    summary="Replays and how far they are",
    description="The latest first.",
    dependencies=[Reader],
)
@throttled("1200/minute")
async def list_replays(query: Annotated[ReplayQuery, Query()], database: TheDatabase) -> ReplayPage:
    async with database.transaction() as transaction:
        return await reading.page(transaction, query.state, query.cursor, query.limit)


@router.get(
    "/{replay_id}",
    operation_id="read_replay",
    summary="One replay, with where its postings stand now",
    description="`sent_on` counts what the replay made ready; `postings`, what became of it.",
    dependencies=[Reader],
    responses=problem_responses(NotFound),
)
@throttled("1200/minute")
async def read_replay(replay_id: UUID, database: TheDatabase) -> ReplayDetail:
    async with database.transaction() as transaction:
        return await reading.detail(transaction, replay_id)


@router.get(
    "/{replay_id}/lines",
    operation_id="list_replay_lines",
    summary="What became of each posting of a replay",
    description="By posting id; `outcome` leaves only those lines that ended so.",
    dependencies=[Reader],
    responses=problem_responses(NotFound),
)
@throttled("1200/minute")
async def list_replay_lines(
    replay_id: UUID, query: Annotated[LineQuery, Query()], database: TheDatabase
) -> ReplayLinePage:
    async with database.transaction() as transaction:
        return await reading.lines(transaction, replay_id, query.outcome, query.after, query.limit)


@router.post(
    "/{replay_id}/stop",
    operation_id="stop_replay",
    summary="Stop a replay",
    description="After the batch that is under way. What was sent on until then stays so. "
    "Repeating it is harmless.",
    responses=problem_responses(NotFound, Conflict),
)
@throttled("300/minute")
async def stop_replay(replay_id: UUID, caller: Replayer, ledger: TheLedger) -> Replay:
    return await steps.stop(replay_id, caller, ledger)
