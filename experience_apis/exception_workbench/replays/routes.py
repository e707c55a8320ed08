"""Replays on the workbench v1: authorise, call the process tier as the caller, shape."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response, status

from experience_apis.exception_workbench.access import REPLAY_ROLES
from experience_apis.exception_workbench.replays import shaping
from experience_apis.exception_workbench.replays.schemas import (
    DryRunLinesView,
    DryRunRequest,
    DryRunView,
    LineFilters,
    LinesRequest,
    NewReplay,
    ReplayDetailView,
    ReplayFilters,
    ReplayLineList,
    ReplayList,
    ReplayView,
    RereadRequest,
    RereadView,
)
from experience_apis.upstream.replay_calls import ProcessReplays
from shared.identity import Principal, requires
from shared.problems import Conflict, NotFound, OutcomeUnknown, UpstreamUnavailable
from shared.web import problem_responses, throttled

router = APIRouter(
    prefix="/workbench/v1/replays",
    tags=["replays"],
    responses=problem_responses(UpstreamUnavailable),
)

Reader = Annotated[Principal, requires("replays:read", roles=REPLAY_ROLES)]
Replayer = Annotated[Principal, requires("replays:write", roles=REPLAY_ROLES)]


async def _replays(request: Request) -> ProcessReplays:
    replays: ProcessReplays = request.app.state.process_replays
    return replays


Replays = Annotated[ProcessReplays, Depends(_replays)]
OnceOnly = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Sending the same key again starts nothing twice.",
    ),
]


@router.post(
    "/dry-run",
    operation_id="rehearse_workbench_replay",
    summary="Show exactly what a replay would send",
    responses=problem_responses(NotFound, Conflict),
)
@throttled("60/minute")
async def rehearse(wanted: DryRunRequest, caller: Reader, replays: Replays) -> DryRunView:
    """Changes nothing. The hash stands for everything that is shown, and all further lines."""
    dry_run = await replays.rehearse(caller, wanted.model_dump(mode="json"))
    return shaping.dry_run_view(dry_run)


@router.post(
    "/dry-run/lines",
    operation_id="rehearse_workbench_replay_lines",
    summary="Show further lines of a dry run",
    responses=problem_responses(NotFound, Conflict),
)
@throttled("600/minute")
async def rehearse_more(wanted: LinesRequest, caller: Reader, replays: Replays) -> DryRunLinesView:
    """As they stand at this moment."""
    page = await replays.rehearse_more(caller, wanted.model_dump(mode="json"))
    return shaping.lines_view(page)


@router.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    operation_id="start_workbench_replay",
    summary="Replay what a dry run showed",
    responses=problem_responses(NotFound, Conflict, OutcomeUnknown),
)
@throttled("60/minute")
async def start(
    wanted: NewReplay,
    caller: Replayer,
    replays: Replays,
    response: Response,
    idempotency_key: OnceOnly,
) -> ReplayView:
    """Refused with `replay_changed` if anything would differ from the dry run with this hash."""
    replay = await replays.start(caller, wanted.model_dump(mode="json"), idempotency_key)
    response.headers["Location"] = f"{router.prefix}/{replay.id}"
    return shaping.replay_view(replay, me=caller.subject)


@router.post(
    "/reread",
    status_code=status.HTTP_202_ACCEPTED,
    operation_id="reread_workbench_entries",
    summary="Read entries again in their tracker",
    responses=problem_responses(NotFound, Conflict, OutcomeUnknown),
)
@throttled("60/minute")
async def reread(wanted: RereadRequest, caller: Replayer, replays: Replays) -> RereadView:
    """For what was misread or missed; what is as it was changes nothing."""
    entries = await replays.reread(caller, wanted.model_dump(mode="json"))
    return shaping.reread_view(entries)


@router.get("", operation_id="list_workbench_replays", summary="Replays and how far they are")
@throttled("600/minute")
async def find(
    filters: Annotated[ReplayFilters, Query()], caller: Reader, replays: Replays
) -> ReplayList:
    """The latest first."""
    page = await replays.find(caller, filters.model_dump(mode="json", exclude_none=True))
    return shaping.replay_list(page, me=caller.subject)


@router.get(
    "/{replay_id}",
    operation_id="read_workbench_replay",
    summary="One replay: how far it is, and where its postings stand",
    responses=problem_responses(NotFound),
)
@throttled("600/minute")
async def read(replay_id: UUID, caller: Reader, replays: Replays) -> ReplayDetailView:
    """For progress, ask again; it changes about once a second."""
    return shaping.detail_view(await replays.read(caller, replay_id), me=caller.subject)


@router.get(
    "/{replay_id}/lines",
    operation_id="list_workbench_replay_lines",
    summary="What became of each line of a replay",
    responses=problem_responses(NotFound),
)
@throttled("600/minute")
async def lines(
    replay_id: UUID, filters: Annotated[LineFilters, Query()], caller: Reader, replays: Replays
) -> ReplayLineList:
    """By posting id."""
    wanted = filters.model_dump(mode="json", exclude_none=True)
    return shaping.replay_lines(await replays.lines(caller, replay_id, wanted))


@router.post(
    "/{replay_id}/stop",
    operation_id="stop_workbench_replay",
    summary="Stop a replay",
    responses=problem_responses(NotFound, Conflict, OutcomeUnknown),
)
@throttled("120/minute")
async def stop(replay_id: UUID, caller: Replayer, replays: Replays) -> ReplayView:
    """After the batch that is under way; what was sent on until then stays so."""
    return shaping.replay_view(await replays.stop(caller, replay_id), me=caller.subject)
