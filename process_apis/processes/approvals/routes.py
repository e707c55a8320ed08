"""Routes of `approvals`: submit, look at, decide, withdraw."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from process_apis.doorbell import Doorbell, Stage, TheDoorbell
from process_apis.processes.approvals import deciding, delegations, reading, steps
from process_apis.processes.approvals.desk import ApprovalsDesk, TheApprovals
from process_apis.processes.approvals.reading import SEES_ALL, Filters
from process_apis.processes.approvals.rules import CONTROLLER, MANAGER, SUBMIT_FOR_OTHERS
from process_apis.processes.approvals.schemas import (
    ApprovalRequestDetail,
    ApprovalRequestPage,
    ApprovalRequestView,
    Batch,
    BatchItem,
    BatchResult,
    BatchResults,
    DelegationList,
    DelegationView,
    Judgement,
    NewDelegation,
    NewSubmission,
    SubmissionResult,
    WaitingEntries,
)
from process_apis.processes.approvals.tables import RequestState
from process_apis.texts import Storable
from shared.identity import Principal, requires
from shared.problems import (
    Conflict,
    FieldError,
    Forbidden,
    NotFound,
    PreconditionFailed,
    TimepostProblem,
    ValidationFailed,
)
from shared.web import problem_responses, throttled

router = APIRouter(prefix="/v1/approvals", tags=["approvals"])

DECIDERS = {MANAGER, CONTROLLER}
EVERYBODY = {"consultant", *SUBMIT_FOR_OTHERS}
ETAG: dict[int | str, dict[str, Any]] = {
    200: {
        "headers": {
            "ETag": {
                "description": "The request's version, for If-Match of the decision.",
                "schema": {"type": "string"},
            }
        }
    }
}

Reader = Annotated[Principal, requires("approvals:read")]
Submitter = Annotated[Principal, requires("approvals:write", roles=EVERYBODY)]
Decider = Annotated[Principal, requires("approvals:write", roles=DECIDERS)]


class RequestQuery(BaseModel):
    """Which requests, of those that the caller may see."""

    model_config = ConfigDict(extra="forbid")

    view: Literal["all", "to_decide", "own", "escalated"] = Field(
        default="all",
        description="`to_decide`: the caller is asked, or who made them their delegate; `own`: "
        "the caller's hours; `escalated`: only a controller is left to decide.",
    )
    connection: Storable | None = Field(default=None, max_length=63)
    worker: Storable | None = Field(default=None, max_length=200, description="The tracker's id.")
    state: RequestState | None = None
    newest_first: bool = True
    cursor: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=50, ge=1, le=200)


class WaitingQuery(BaseModel):
    """Which entries."""

    model_config = ConfigDict(extra="forbid")

    connection: Storable | None = Field(default=None, max_length=63)
    worker: Storable | None = Field(default=None, max_length=200, description="The tracker's id.")
    cursor: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=100, ge=1, le=500)


@router.post(
    "/submissions",
    operation_id="submit_hours",
    summary="Ask for approval of hours",
    description="Of the caller, or on behalf of a worker. One request for each person who is "
    "responsible. Repeating it is harmless: what is submitted already is left as it is.",
    responses=problem_responses(NotFound, Conflict),
)
@throttled("600/minute")
async def submit_hours(
    submission: NewSubmission, caller: Submitter, desk: TheApprovals
) -> SubmissionResult:
    done = await steps.submit(desk, caller, submission)
    async with desk.database.transaction() as transaction:
        requests = await reading.some(transaction, done.requests, desk.clock.now())
    return SubmissionResult(requests=requests, submitted=done.submitted, skipped=done.skipped)


@router.get(
    "/requests",
    operation_id="list_approval_requests",
    summary="Approval requests with their age and hours",
    description="Newest first unless asked otherwise. Who neither keeps the books nor runs "
    "Timepost sees their own, and those they decide on.",
)
@throttled("1200/minute")
async def list_approval_requests(
    query: Annotated[RequestQuery, Query()], caller: Reader, desk: TheApprovals
) -> ApprovalRequestPage:
    async with desk.database.transaction() as transaction:
        mine = await reading.stands_for(desk, transaction, caller)
        own = {each for each in [desk.settings.people.get(caller.subject)] if each}
        filters = Filters(
            connection=query.connection,
            worker=query.worker,
            state=RequestState.SUBMITTED if query.view == "to_decide" else query.state,
            asked=mine if query.view == "to_decide" else None,
            not_of=mine if query.view == "to_decide" else (),
            seen_by=own if query.view == "own" else None if caller.roles & SEES_ALL else mine,
            of=own if query.view == "own" else None,
            subject=caller.subject,
            escalated=query.view == "escalated",
        )
        return await reading.page(
            transaction,
            filters,
            newest_first=query.newest_first,
            cursor=query.cursor,
            limit=query.limit,
            now=desk.clock.now(),
        )


@router.get(
    "/requests/{request_id}",
    operation_id="read_approval_request",
    summary="One request with its entries as submitted",
    description="Says of each entry whether it still stands as it was submitted, and whether the "
    "caller may decide.",
    responses={**problem_responses(NotFound), **ETAG},
)
@throttled("1200/minute")
async def read_approval_request(
    request_id: UUID, caller: Reader, desk: TheApprovals, response: Response
) -> ApprovalRequestDetail:
    async with desk.database.transaction() as transaction:
        detail = await reading.detail(desk, transaction, caller, request_id)
    response.headers["ETag"] = f'"{detail.request.version}"'
    return detail


@router.post(
    "/requests/{request_id}/decision",
    operation_id="decide_approval_request",
    summary="Approve or reject a request",
    description="Holds for the entries as they were submitted; what was changed since is void. "
    "Repeating one's own decision is harmless.",
    responses={**problem_responses(NotFound, Conflict, PreconditionFailed), **ETAG},
)
@throttled("600/minute")
async def decide_approval_request(
    request_id: UUID,
    judgement: Judgement,
    caller: Decider,
    desk: TheApprovals,
    doorbell: TheDoorbell,
    response: Response,
    if_match: Annotated[str | None, Header(description="The ETag as read.")] = None,
) -> ApprovalRequestView:
    view = await _decide(desk, doorbell, caller, request_id, judgement, _version(if_match))
    response.headers["ETag"] = f'"{view.version}"'
    return view


@router.post(
    "/decisions",
    operation_id="decide_approval_requests",
    summary="Decide on several requests",
    description="Each on its own: the answer tells of each what became of it.",
)
@throttled("120/minute")
async def decide_approval_requests(
    batch: Batch, caller: Decider, desk: TheApprovals, doorbell: TheDoorbell
) -> BatchResults:
    results = [await _one_of_batch(desk, doorbell, caller, each) for each in batch.decisions]
    return BatchResults(results=results)


@router.post(
    "/requests/{request_id}/withdrawal",
    operation_id="withdraw_approval_request",
    summary="Take a submission back",
    description="By the worker or whoever submitted it; the entries are drafts again.",
    responses=problem_responses(NotFound, Conflict),
)
@throttled("600/minute")
async def withdraw_approval_request(
    request_id: UUID, caller: Submitter, desk: TheApprovals
) -> ApprovalRequestView:
    await steps.withdraw(desk, caller, request_id)
    return await _view(desk, request_id)


@router.get(
    "/waiting",
    operation_id="list_waiting_entries",
    summary="Entries that wait for a person",
    description="Nobody submitted them and no policy approved them; says why no policy did.",
    dependencies=[requires("approvals:read", roles={MANAGER, *SEES_ALL})],
)
@throttled("1200/minute")
async def list_waiting_entries(
    query: Annotated[WaitingQuery, Query()], desk: TheApprovals
) -> WaitingEntries:
    ours = sorted(desk.settings.ours)
    chosen = [each for each in ours if query.connection in (None, each)]
    async with desk.database.transaction() as transaction:
        return await reading.waiting(transaction, chosen, query.worker, query.cursor, query.limit)


@router.get(
    "/delegations",
    operation_id="list_delegations",
    summary="Who acts in whose place",
    description="To and from the caller; a controller sees everybody's. The latest first.",
)
@throttled("600/minute")
async def list_delegations(
    caller: Reader,
    desk: TheApprovals,
    *,
    in_force: Annotated[bool, Query(description="Only those that hold now.")] = False,
) -> DelegationList:
    async with desk.database.transaction() as transaction:
        found = await delegations.listed(
            transaction,
            desk.settings.people.get(caller.subject),
            everybody=CONTROLLER in caller.roles,
            holding_at=desk.clock.now() if in_force else None,
        )
    return DelegationList(delegations=found)


@router.post(
    "/delegations",
    operation_id="create_delegation",
    summary="Let somebody act in one's place",
    description="Cannot be handed on. Asking for the same again makes no second one.",
    responses=problem_responses(Conflict),
)
@throttled("120/minute")
async def create_delegation(
    delegation: NewDelegation, caller: Submitter, desk: TheApprovals
) -> DelegationView:
    return await delegations.create(desk, caller, delegation)


@router.delete(
    "/delegations/{delegation_id}",
    operation_id="end_delegation",
    summary="End a delegation now",
    description="It stays listed. By either side of it, or a controller.",
    responses=problem_responses(NotFound),
)
@throttled("120/minute")
async def end_delegation(
    delegation_id: UUID, caller: Submitter, desk: TheApprovals
) -> DelegationView:
    return await delegations.end(desk, caller, delegation_id)


async def _decide(
    desk: ApprovalsDesk,
    doorbell: Doorbell,
    caller: Principal,
    request_id: UUID,
    judgement: Judgement,
    version: int,
) -> ApprovalRequestView:
    await deciding.decide(desk, caller, request_id, judgement, version)
    doorbell.ring(Stage.VALIDATE)
    return await _view(desk, request_id)


async def _one_of_batch(
    desk: ApprovalsDesk, doorbell: Doorbell, caller: Principal, item: BatchItem
) -> BatchResult:
    try:
        view = await _decide(desk, doorbell, caller, item.request_id, item, item.version)
    except (Conflict, Forbidden, NotFound, PreconditionFailed, ValidationFailed) as problem:
        return _refused(item.request_id, problem)
    return BatchResult(
        request_id=item.request_id, status="decided", code=None, detail=None, request=view
    )


def _refused(request_id: UUID, problem: TimepostProblem) -> BatchResult:
    return BatchResult(
        request_id=request_id,
        status="refused",
        code=problem.code,
        detail=problem.detail,
        request=None,
    )


async def _view(desk: ApprovalsDesk, request_id: UUID) -> ApprovalRequestView:
    async with desk.database.transaction() as transaction:
        (view,) = await reading.some(transaction, [request_id], desk.clock.now())
    return view


def _version(if_match: str | None) -> int:
    value = (if_match or "").strip().removeprefix("W/").strip('"')
    if not value.isdigit() or len(value) > 9:
        raise ValidationFailed(
            "If-Match has to hold the request's ETag, so that what was read is what is decided.",
            code="if_match_missing",
            action="Read the request and send its ETag in If-Match.",
            errors=[FieldError(field="header.If-Match", message="is missing or not an ETag")],
        )
    return int(value)
