"""Routes of `pushing`: what trackers are given of an ERP's masters."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from process_apis.doorbell import TheDoorbell
from process_apis.processes.pushing import steps
from process_apis.processes.pushing.schemas import NewPush, PushPage, PushPlan, PushView
from process_apis.processes.pushing.steps import ThePusher
from process_apis.processes.pushing.tables import PushKind, PushState
from shared.identity import requires
from shared.problems import Conflict, NotFound
from shared.web import problem_responses, throttled

router = APIRouter(prefix="/v1/pushes", tags=["pushing"])

NOW = NewPush()


class PushQuery(BaseModel):
    """Which of them."""

    model_config = ConfigDict(extra="forbid")

    state: PushState | None = None
    kind: PushKind | None = None
    after: UUID | None = Field(default=None, description="`next_after` of the page before.")
    limit: int = Field(default=200, ge=1, le=1000)


@router.get(
    "/{tracker}",
    operation_id="list_pushes",
    summary="What a tracker has of an ERP's masters",
    description="Clients, projects and tasks, with what became of each.",
    dependencies=[requires("masters:read")],
    responses=problem_responses(NotFound),
)
@throttled("600/minute")
async def list_pushes(
    tracker: str, query: Annotated[PushQuery, Query()], pusher: ThePusher
) -> PushPage:
    return await steps.listed(pusher, tracker, query.state, query.kind, query.after, query.limit)


@router.post(
    "/{tracker}",
    status_code=202,
    operation_id="push_masters",
    summary="Give a tracker what is new in the ERP's masters",
    description="That happens by itself after each reading, too. A dry run changes nothing.",
    dependencies=[requires("masters:sync")],
    responses=problem_responses(NotFound),
)
@throttled("60/minute")
async def push_masters(
    tracker: str, pusher: ThePusher, doorbell: TheDoorbell, wanted: NewPush = NOW
) -> PushPlan:
    return await steps.begin(pusher, doorbell, tracker, dry_run=wanted.dry_run)


@router.post(
    "/{push_id}/retry",
    status_code=202,
    operation_id="retry_push",
    summary="Take up what a tracker refused, or what people had taken the name of",
    description="After it was mended there, or in the ERP.",
    dependencies=[requires("masters:sync")],
    responses=problem_responses(Conflict),
)
@throttled("60/minute")
async def retry_push(push_id: UUID, pusher: ThePusher, doorbell: TheDoorbell) -> PushView:
    return await steps.retry(pusher, doorbell, push_id)
