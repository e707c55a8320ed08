"""Workbench v1: authorise, call the process tier as the caller, shape for people."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response, status

from experience_apis.exception_workbench import shaping
from experience_apis.exception_workbench.access import (
    CaseWorker,
    Confirmer,
    Reader,
    Retrier,
    actions_for,
    refusal_of,
)
from experience_apis.exception_workbench.decisions.shaping import choices
from experience_apis.exception_workbench.schemas import (
    ME,
    CaseFilters,
    CaseList,
    CaseRow,
    CaseView,
    CommentView,
    ConfirmView,
    NewAssignee,
    NewComment,
    NewConfirmation,
    RetryView,
)
from experience_apis.upstream.case_calls import ProcessCases
from shared.identity import Principal
from shared.problems import Conflict, OutcomeUnknown, PreconditionFailed, UpstreamUnavailable
from shared.values import Clock
from shared.web import problem_responses, throttled

router = APIRouter(
    prefix="/workbench/v1",
    tags=["exception workbench"],
    responses=problem_responses(UpstreamUnavailable),
)


async def _cases(request: Request) -> ProcessCases:
    cases: ProcessCases = request.app.state.process_cases
    return cases


async def _clock(request: Request) -> Clock:
    clock: Clock = request.app.state.clock
    return clock


Cases = Annotated[ProcessCases, Depends(_cases)]
Time = Annotated[Clock, Depends(_clock)]
Version = Annotated[
    str,
    Header(
        alias="If-Match",
        pattern=r'^"\d{1,18}"$',
        description="The case's ETag as last read; the change is refused if it is not current.",
        examples=['"3"'],
    ),
]
OnceOnly = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Sending the same key again writes nothing twice.",
    ),
]

WITH_VERSION: dict[int | str, dict[str, Any]] = {
    status.HTTP_200_OK: {
        "headers": {
            "ETag": {
                "description": "The case's version, for `If-Match` of the next change.",
                "schema": {"type": "string"},
            }
        }
    }
}


@router.get(
    "/cases",
    operation_id="list_workbench_cases",
    summary="Cases that match, newest first",
    response_model=CaseList,
)
@throttled("600/minute")
async def list_cases(
    filters: Annotated[CaseFilters, Query()], caller: Reader, cases: Cases, clock: Time
) -> CaseList:
    """Names, sentences and hours for people; filters combine, repeated ones are alternatives."""
    wanted = filters.model_dump(mode="json", exclude_none=True)
    if filters.assignee is not None:
        wanted["assignee"] = _subject(filters.assignee, caller)
    page = await cases.find(caller, wanted)
    return shaping.case_list(page, now=clock.now(), me=caller.subject)


@router.get(
    "/cases/{case_id}",
    operation_id="read_workbench_case",
    summary="One case with both sides, its history and what the caller may do",
    response_model=CaseView,
    responses=WITH_VERSION,
)
@throttled("600/minute")
async def read_case(
    case_id: UUID, caller: Reader, cases: Cases, clock: Time, response: Response
) -> CaseView:
    """The ETag is what `If-Match` of an assignment has to carry."""
    detail = await cases.read(caller, case_id)
    name_version(response, detail.case.version)
    return shaping.case_view(
        detail,
        now=clock.now(),
        me=caller.subject,
        actions=actions_for(caller),
        choices=choices(detail.choices, lambda roles: refusal_of(roles, caller)),
    )


@router.post(
    "/cases/{case_id}/retry",
    operation_id="retry_workbench_case",
    summary="Validate and send the entry again now",
    response_model=RetryView,
    responses=WITH_VERSION | problem_responses(Conflict, OutcomeUnknown),
)
@throttled("120/minute")
async def retry_case(
    case_id: UUID, caller: Retrier, cases: Cases, clock: Time, response: Response
) -> RetryView:
    """Only what stands in source and master data is validated again; nothing is changed in it."""
    result = await cases.retry(caller, case_id)
    name_version(response, result.case.version)
    return shaping.retry_view(result, now=clock.now(), me=caller.subject)


@router.put(
    "/cases/{case_id}/assignee",
    operation_id="assign_workbench_case",
    summary="Take the case, give it to somebody, or give it back to its owner",
    response_model=CaseRow,
    responses=WITH_VERSION | problem_responses(PreconditionFailed, OutcomeUnknown),
)
@throttled("120/minute")
async def assign_case(
    case_id: UUID,
    *,
    assignment: NewAssignee,
    if_match: Version,
    caller: CaseWorker,
    cases: Cases,
    clock: Time,
    response: Response,
) -> CaseRow:
    """Refused with 412 when somebody else was faster; read the case again then."""
    assignee = None if assignment.assignee is None else _subject(assignment.assignee, caller)
    case = await cases.assign(caller, case_id, assignee, if_match)
    name_version(response, case.version)
    return shaping.case_row(case, now=clock.now(), me=caller.subject)


@router.post(
    "/cases/{case_id}/confirmation",
    operation_id="confirm_workbench_case",
    summary="Say whether the line stands in the ERP, and how that is known",
    response_model=ConfirmView,
    responses=WITH_VERSION | problem_responses(Conflict, PreconditionFailed, OutcomeUnknown),
)
@throttled("120/minute")
async def confirm_case(
    case_id: UUID,
    *,
    confirmation: NewConfirmation,
    if_match: Version,
    caller: Confirmer,
    cases: Cases,
    clock: Time,
    response: Response,
    idempotency_key: OnceOnly = None,
) -> ConfirmView:
    """For a posting whose outcome no look-up found out; evidence and person stay on the case."""
    said = confirmation.model_dump(mode="json")
    result = await cases.confirm(caller, case_id, said, if_match, idempotency_key)
    name_version(response, result.case.version)
    return shaping.confirm_view(result, now=clock.now(), me=caller.subject)


@router.post(
    "/cases/{case_id}/comments",
    operation_id="comment_workbench_case",
    summary="Write a comment on the case",
    status_code=status.HTTP_201_CREATED,
    response_model=CommentView,
    responses=problem_responses(OutcomeUnknown),
)
@throttled("120/minute")
async def comment_case(
    case_id: UUID,
    comment: NewComment,
    caller: CaseWorker,
    cases: Cases,
    idempotency_key: OnceOnly = None,
) -> CommentView:
    """Everybody who may read the case reads its comments."""
    written = await cases.comment(caller, case_id, comment.text, idempotency_key)
    return shaping.comment_view(written, me=caller.subject)


def _subject(user: str, caller: Principal) -> str:
    return caller.subject if user == ME else user


def name_version(response: Response, version: int) -> None:
    """What `If-Match` of the next change has to carry."""
    response.headers["ETag"] = f'"{version}"'
