"""Workbench v1: what only people decide; the process tier says who may, and keeps the reasons."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from experience_apis.exception_workbench import shaping
from experience_apis.exception_workbench.access import AGREE_ROLES, CHOOSE_ROLES, WAIVE_ROLES
from experience_apis.exception_workbench.decisions.schemas import (
    ChoiceView,
    NewChoice,
    NewWaiver,
)
from experience_apis.exception_workbench.decisions.shaping import choice_view
from experience_apis.exception_workbench.routes import (
    WITH_VERSION,
    Cases,
    Time,
    Version,
    name_version,
)
from experience_apis.exception_workbench.schemas import CaseRow
from shared.identity import Principal, requires
from shared.problems import Conflict, OutcomeUnknown, PreconditionFailed, UpstreamUnavailable
from shared.web import problem_responses, throttled

router = APIRouter(
    prefix="/workbench/v1",
    tags=["exception workbench"],
    responses=problem_responses(UpstreamUnavailable),
)

Chooser = Annotated[Principal, requires("cases:write", roles=CHOOSE_ROLES)]
Asker = Annotated[Principal, requires("cases:write", roles=WAIVE_ROLES)]
Controller = Annotated[Principal, requires("cases:write", roles=AGREE_ROLES)]

_REFUSALS = WITH_VERSION | problem_responses(Conflict, PreconditionFailed, OutcomeUnknown)


@router.post(
    "/cases/{case_id}/choice",
    operation_id="choose_in_workbench_case",
    summary="Choose how the case goes on, where Timepost may not decide it",
    response_model=ChoiceView,
    responses=_REFUSALS,
)
@throttled("120/minute")
async def choose(
    case_id: UUID,
    *,
    choice: NewChoice,
    if_match: Version,
    caller: Chooser,
    cases: Cases,
    clock: Time,
    response: Response,
) -> ChoiceView:
    """One of the case's `choices`; the reason is kept with the posting."""
    said = choice.model_dump(mode="json", exclude_none=True)
    result = await cases.choose(caller, case_id, said, if_match)
    name_version(response, result.case.version)
    return choice_view(result, now=clock.now(), me=caller.subject)


@router.post(
    "/cases/{case_id}/waiver",
    operation_id="ask_for_workbench_waiver",
    summary="Ask to leave it as it is",
    response_model=CaseRow,
    responses=_REFUSALS,
)
@throttled("120/minute")
async def ask_for_waiver(
    case_id: UUID,
    *,
    waiver: NewWaiver,
    if_match: Version,
    caller: Asker,
    cases: Cases,
    clock: Time,
    response: Response,
) -> CaseRow:
    """A second person, a finance controller, has to agree."""
    case = await cases.ask_for_waiver(caller, case_id, waiver.reason, if_match)
    name_version(response, case.version)
    return shaping.case_row(case, now=clock.now(), me=caller.subject)


@router.delete(
    "/cases/{case_id}/waiver",
    operation_id="decline_workbench_waiver",
    summary="Decline a waiver, or take the question back",
    response_model=CaseRow,
    responses=_REFUSALS,
)
@throttled("120/minute")
async def decline_waiver(
    case_id: UUID,
    *,
    if_match: Version,
    caller: Asker,
    cases: Cases,
    clock: Time,
    response: Response,
) -> CaseRow:
    """The case is open again."""
    case = await cases.decline_waiver(caller, case_id, if_match)
    name_version(response, case.version)
    return shaping.case_row(case, now=clock.now(), me=caller.subject)


@router.post(
    "/cases/{case_id}/waiver/approval",
    operation_id="agree_to_workbench_waiver",
    summary="Agree to leave it as it is",
    response_model=CaseRow,
    responses=_REFUSALS,
)
@throttled("120/minute")
async def agree_to_waiver(
    case_id: UUID,
    *,
    if_match: Version,
    caller: Controller,
    cases: Cases,
    clock: Time,
    response: Response,
) -> CaseRow:
    """Not whoever asked for it."""
    case = await cases.agree_to_waiver(caller, case_id, if_match)
    name_version(response, case.version)
    return shaping.case_row(case, now=clock.now(), me=caller.subject)
