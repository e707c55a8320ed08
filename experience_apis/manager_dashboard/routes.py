"""Manager dashboard v1: authorise, call the process tier as the caller, shape for people."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response, status
from pydantic import JsonValue

from experience_apis.manager_dashboard import shaping
from experience_apis.manager_dashboard.schemas import (
    ApprovalFilters,
    ApprovalList,
    ApprovalRow,
    ApprovalView,
    DecisionOutcomes,
    DelegationRow,
    DelegationRows,
    NewDecisions,
    NewDelegation,
    NewSubmission,
    SubmissionView,
)
from experience_apis.upstream.approval_calls import ProcessApprovals
from shared.identity import Principal, requires
from shared.problems import Conflict, OutcomeUnknown, UpstreamUnavailable
from shared.values import Clock
from shared.web import problem_responses, throttled

router = APIRouter(
    prefix="/dashboard/v1",
    tags=["manager dashboard"],
    responses=problem_responses(UpstreamUnavailable),
)

_DECIDERS = frozenset({"project.manager", "finance.controller"})
_EVERYBODY = _DECIDERS | {"consultant", "finance.analyst", "integration.operator"}

Reader = Annotated[Principal, requires("approvals:read")]
Decider = Annotated[Principal, requires("approvals:write", roles=_DECIDERS)]
Submitter = Annotated[Principal, requires("approvals:write", roles=_EVERYBODY)]


async def _approvals(request: Request) -> ProcessApprovals:
    approvals: ProcessApprovals = request.app.state.process_approvals
    return approvals


async def _clock(request: Request) -> Clock:
    clock: Clock = request.app.state.clock
    return clock


Approvals = Annotated[ProcessApprovals, Depends(_approvals)]
Time = Annotated[Clock, Depends(_clock)]

_WITH_VERSION: dict[int | str, dict[str, Any]] = {
    status.HTTP_200_OK: {
        "headers": {
            "ETag": {
                "description": "The approval's version, which a decision names.",
                "schema": {"type": "string"},
            }
        }
    }
}


@router.get(
    "/approvals",
    operation_id="list_dashboard_approvals",
    summary="Approvals with their age and hours",
    response_model=ApprovalList,
)
@throttled("600/minute")
async def list_approvals(
    filters: Annotated[ApprovalFilters, Query()], caller: Reader, approvals: Approvals
) -> ApprovalList:
    """What waits for the caller's decision, the longest first, unless asked otherwise."""
    wanted = filters.model_dump(mode="json", exclude_none=True)
    return shaping.approval_list(await approvals.find(caller, wanted))


@router.get(
    "/approvals/{approval_id}",
    operation_id="read_dashboard_approval",
    summary="One approval with its entries, and whether the caller may decide",
    response_model=ApprovalView,
    responses=_WITH_VERSION,
)
@throttled("600/minute")
async def read_approval(
    approval_id: UUID, caller: Reader, approvals: Approvals, response: Response
) -> ApprovalView:
    """Entries that were changed since they were submitted are marked: no decision reaches them."""
    detail = await approvals.read(caller, approval_id)
    response.headers["ETag"] = f'"{detail.request.version}"'
    return shaping.approval_view(detail)


@router.post(
    "/approvals/decisions",
    operation_id="decide_dashboard_approvals",
    summary="Approve or reject, one or many",
    response_model=DecisionOutcomes,
    responses=problem_responses(OutcomeUnknown),
)
@throttled("120/minute")
async def decide(wanted: NewDecisions, caller: Decider, approvals: Approvals) -> DecisionOutcomes:
    """Each on its own: one that is refused holds up no other. Repeating it is harmless."""
    decisions: list[JsonValue] = [
        {
            "request_id": str(each.id),
            "version": each.version,
            "decision": each.decision.value,
            "reason": each.reason,
        }
        for each in wanted.decisions
    ]
    return shaping.outcomes(await approvals.decide(caller, decisions))


@router.post(
    "/approvals/submissions",
    operation_id="submit_dashboard_hours",
    summary="Ask for approval of hours",
    response_model=SubmissionView,
    responses=problem_responses(Conflict, OutcomeUnknown),
)
@throttled("120/minute")
async def submit(wanted: NewSubmission, caller: Submitter, approvals: Approvals) -> SubmissionView:
    """The caller's own, or on behalf of a worker. Repeating it is harmless."""
    return shaping.submission(await approvals.submit(caller, wanted.model_dump(mode="json")))


@router.post(
    "/approvals/{approval_id}/withdrawal",
    operation_id="withdraw_dashboard_approval",
    summary="Take a submission back",
    response_model=ApprovalRow,
    responses=problem_responses(Conflict, OutcomeUnknown),
)
@throttled("120/minute")
async def withdraw(approval_id: UUID, caller: Submitter, approvals: Approvals) -> ApprovalRow:
    """Its entries are drafts again."""
    return shaping.row(await approvals.withdraw(caller, approval_id))


@router.get(
    "/delegations",
    operation_id="list_dashboard_delegations",
    summary="Who acts in whose place",
    response_model=DelegationRows,
)
@throttled("600/minute")
async def list_delegations(
    caller: Reader,
    approvals: Approvals,
    clock: Time,
    *,
    in_force: Annotated[bool, Query(description="Only those that hold now.")] = False,
) -> DelegationRows:
    """To and from the caller; a controller sees everybody's."""
    found = await approvals.delegations(caller, in_force=in_force)
    return shaping.delegations(found, now=clock.now())


@router.post(
    "/delegations",
    operation_id="create_dashboard_delegation",
    summary="Let somebody act in one's place",
    response_model=DelegationRow,
    responses=problem_responses(Conflict, OutcomeUnknown),
)
@throttled("120/minute")
async def delegate(
    wanted: NewDelegation, caller: Submitter, approvals: Approvals, clock: Time
) -> DelegationRow:
    """It cannot be handed on. Repeating it makes no second one."""
    made = await approvals.delegate(caller, wanted.model_dump(mode="json"))
    return shaping.delegation(made, now=clock.now())


@router.delete(
    "/delegations/{delegation_id}",
    operation_id="end_dashboard_delegation",
    summary="End a delegation now",
    response_model=DelegationRow,
    responses=problem_responses(OutcomeUnknown),
)
@throttled("120/minute")
async def end_delegation(
    delegation_id: UUID, caller: Submitter, approvals: Approvals, clock: Time
) -> DelegationRow:
    """It stays listed."""
    ended = await approvals.end_delegation(caller, delegation_id)
    return shaping.delegation(ended, now=clock.now())
