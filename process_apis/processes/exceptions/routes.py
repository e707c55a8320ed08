"""Routes of `exceptions`: look at cases, and what people do to them."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from process_apis.database import TheDatabase
from process_apis.doorbell import TheDoorbell
from process_apis.processes.exceptions import (
    choices,
    choosing,
    confirming,
    sides,
    steps,
    store,
    waiving,
)
from process_apis.processes.exceptions.confirming import Request
from process_apis.processes.exceptions.schemas import (
    Assignment,
    Case,
    CaseDetail,
    CasePage,
    CaseState,
    ChoiceResult,
    Comment,
    ConfirmationResult,
    NewChoice,
    NewComment,
    NewConfirmation,
    NewWaiver,
    OwnerRole,
    RetryResult,
    Severity,
)
from process_apis.processes.posting.ledger import TheLedger
from process_apis.texts import Storable
from shared.identity import Principal, requires
from shared.problems import (
    Conflict,
    FieldError,
    NotFound,
    PreconditionFailed,
    ValidationFailed,
)
from shared.web import problem_responses, throttled

router = APIRouter(prefix="/v1", tags=["exceptions"])

RETRIERS = {
    "billing.analyst",
    "data.steward",
    "finance.analyst",
    "finance.controller",
    "integration.operator",
}
CONFIRMERS = {"finance.analyst", "finance.controller", "integration.operator"}
ANYBODY = RETRIERS | {"project.manager", "billing.analyst"}
WAIVER_ASKERS = choices.FINANCE | {"project.manager"}

ETAG: dict[int | str, dict[str, Any]] = {
    200: {"headers": {"ETag": {"description": "For If-Match.", "schema": {"type": "string"}}}}
}


class CaseQuery(BaseModel):
    """Which cases; code, severity, owner and state may repeat."""

    model_config = ConfigDict(extra="forbid")

    code: list[Storable] = Field(default_factory=list, max_length=50)
    severity: list[Severity] = Field(default_factory=list)
    owner: list[OwnerRole] = Field(default_factory=list)
    state: list[CaseState] = Field(default_factory=list)
    connection: Storable | None = Field(default=None, max_length=63, description="The tracker's.")
    assignee: Storable | None = Field(default=None, max_length=200)
    open_only: bool = True
    cursor: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=50, ge=1, le=200)


@router.get(
    "/cases",
    operation_id="list_cases",
    summary="Exception cases",
    description="Newest first; only open ones unless asked otherwise.",
    dependencies=[requires("cases:read")],
)
@throttled("1200/minute")
async def list_cases(query: Annotated[CaseQuery, Query()], database: TheDatabase) -> CasePage:
    filters = store.Filters(
        code=query.code,
        severity=query.severity,
        owner=query.owner,
        state=query.state,
        connection=query.connection,
        assignee=query.assignee,
        open_only=query.open_only,
    )
    async with database.transaction() as transaction:
        return await store.page(transaction, filters, query.cursor, query.limit)


@router.get(
    "/cases/{case_id}",
    operation_id="read_case",
    summary="One case with both sides and its lineage",
    description="Source, canonical form, what would be posted, and what stands in the ERP.",
    dependencies=[requires("cases:read")],
    responses={**problem_responses(NotFound), **ETAG},
)
@throttled("1200/minute")
async def read_case(case_id: UUID, database: TheDatabase, response: Response) -> CaseDetail:
    async with database.transaction() as transaction:
        case = await store.one(transaction, case_id)
        response.headers["ETag"] = f'"{case.version}"'
        return await sides.detail(transaction, case)


@router.post(
    "/cases/{case_id}/retry",
    operation_id="retry_case",
    summary="Judge it again now",
    description="Validates the posting at once; if nothing is wrong any more, it is sent. A "
    "connection that does not work is tried at once. Repeating it is harmless.",
    responses=problem_responses(NotFound, Conflict),
)
@throttled("300/minute")
async def retry_case(
    case_id: UUID,
    caller: Annotated[Principal, requires("cases:write", roles=RETRIERS)],
    ledger: TheLedger,
    doorbell: TheDoorbell,
) -> RetryResult:
    return await steps.retry(case_id, caller, ledger, doorbell)


@router.put(
    "/cases/{case_id}/assignee",
    operation_id="assign_case",
    summary="Give a case to somebody",
    description="With null, back to the queue of its owner role.",
    responses={**problem_responses(NotFound, PreconditionFailed), **ETAG},
)
@throttled("600/minute")
async def assign_case(
    case_id: UUID,
    assignment: Assignment,
    caller: Annotated[Principal, requires("cases:write", roles=ANYBODY)],
    ledger: TheLedger,
    response: Response,
    if_match: Annotated[str | None, Header(description="The ETag of the case as read.")] = None,
) -> Case:
    case = await steps.assign(case_id, assignment, _version(if_match), caller, ledger)
    response.headers["ETag"] = f'"{case.version}"'
    return case


@router.post(
    "/cases/{case_id}/comments",
    status_code=201,
    operation_id="comment_case",
    summary="Comment on a case",
    description="With an Idempotency-Key, sending it twice leaves one comment.",
    responses=problem_responses(NotFound),
)
@throttled("600/minute")
async def comment_case(
    case_id: UUID,
    comment: NewComment,
    caller: Annotated[Principal, requires("cases:write", roles=ANYBODY)],
    ledger: TheLedger,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
) -> Comment:
    return await steps.comment(case_id, comment.text, idempotency_key, caller, ledger)


@router.post(
    "/cases/{case_id}/confirmation",
    operation_id="confirm_case_outcome",
    summary="Say whether a line stands in the ERP",
    description="For a posting whose outcome no look-up found out. `posted` names the line as it "
    "stands there; `not_posted` has it sent again, with the same key. No value is changed. With an "
    "Idempotency-Key, sending it twice confirms once.",
    responses={**problem_responses(NotFound, Conflict, PreconditionFailed), **ETAG},
)
@throttled("300/minute")
async def confirm_case_outcome(
    case_id: UUID,
    confirmation: NewConfirmation,
    caller: Annotated[Principal, requires("cases:write", roles=CONFIRMERS)],
    ledger: TheLedger,
    doorbell: TheDoorbell,
    response: Response,
    if_match: Annotated[str | None, Header(description="The ETag of the case as read.")] = None,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
) -> ConfirmationResult:
    request = Request(case_id, confirmation, _version(if_match), idempotency_key, caller)
    result = await confirming.confirm(request, ledger, doorbell)
    response.headers["ETag"] = f'"{result.case.version}"'
    return result


@router.post(
    "/cases/{case_id}/choice",
    operation_id="choose_in_case",
    summary="Choose how the case goes on",
    description="One of the case's `choices`, with a reason that is kept. Who may choose it stands "
    "with the choice.",
    responses={**problem_responses(NotFound, Conflict, PreconditionFailed), **ETAG},
)
@throttled("300/minute")
async def choose_in_case(
    case_id: UUID,
    choice: NewChoice,
    caller: Annotated[Principal, requires("cases:write", roles=choices.FINANCE)],
    ledger: TheLedger,
    doorbell: TheDoorbell,
    response: Response,
    if_match: Annotated[str | None, Header(description="The ETag of the case as read.")] = None,
) -> ChoiceResult:
    request = choosing.Request(case_id, choice, _version(if_match), caller)
    result = await choosing.choose(request, ledger, doorbell)
    response.headers["ETag"] = f'"{result.case.version}"'
    return result


@router.post(
    "/cases/{case_id}/waiver",
    operation_id="ask_for_waiver",
    summary="Ask to leave it as it is",
    description="What is not posted will not be, what stands in the ERP stays. It takes a second "
    "person, a finance controller, to agree.",
    responses={**problem_responses(NotFound, Conflict, PreconditionFailed), **ETAG},
)
@throttled("300/minute")
async def ask_for_waiver(
    case_id: UUID,
    waiver: NewWaiver,
    caller: Annotated[Principal, requires("cases:write", roles=WAIVER_ASKERS)],
    ledger: TheLedger,
    response: Response,
    if_match: Annotated[str | None, Header(description="The ETag of the case as read.")] = None,
) -> Case:
    request = waiving.Request(case_id, _version(if_match), caller)
    return _named(response, await waiving.ask(request, waiver, ledger))


@router.delete(
    "/cases/{case_id}/waiver",
    operation_id="decline_waiver",
    summary="Decline a waiver, or take the question back",
    description="The case is open again.",
    responses={**problem_responses(NotFound, Conflict, PreconditionFailed), **ETAG},
)
@throttled("300/minute")
async def decline_waiver(
    case_id: UUID,
    caller: Annotated[Principal, requires("cases:write", roles=WAIVER_ASKERS)],
    ledger: TheLedger,
    response: Response,
    if_match: Annotated[str | None, Header(description="The ETag of the case as read.")] = None,
) -> Case:
    request = waiving.Request(case_id, _version(if_match), caller)
    return _named(response, await waiving.refuse(request, ledger))


@router.post(
    "/cases/{case_id}/waiver/approval",
    operation_id="agree_to_waiver",
    summary="Agree to leave it as it is",
    description="Not whoever asked for it.",
    responses={**problem_responses(NotFound, Conflict, PreconditionFailed), **ETAG},
)
@throttled("300/minute")
async def agree_to_waiver(
    case_id: UUID,
    caller: Annotated[Principal, requires("cases:write", roles=choices.CONTROLLERS)],
    ledger: TheLedger,
    response: Response,
    if_match: Annotated[str | None, Header(description="The ETag of the case as read.")] = None,
) -> Case:
    request = waiving.Request(case_id, _version(if_match), caller)
    return _named(response, await waiving.agree(request, ledger))


def _named(response: Response, case: Case) -> Case:
    response.headers["ETag"] = f'"{case.version}"'
    return case


def _version(if_match: str | None) -> int:
    value = (if_match or "").strip().removeprefix("W/").strip('"')
    if not value.isdigit():
        raise ValidationFailed(
            "If-Match has to hold the case's ETag, so that nobody's change is overwritten.",
            code="if_match_missing",
            action="Read the case and send its ETag in If-Match.",
            errors=[FieldError(field="header.If-Match", message="is missing or not an ETag")],
        )
    return int(value)
