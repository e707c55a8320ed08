"""Routes of the capability `hcm`: authorise, find the connection, ask its port."""

from fastapi import APIRouter

from shared.identity import requires
from shared.problems import UpstreamRefused, UpstreamUnavailable
from shared.web import problem_responses, throttled
from system_apis.capabilities.hcm.schemas import (
    AssignmentPage,
    CostCentrePage,
    HcmAbilities,
    OrgUnitPage,
    WorkerPage,
)
from system_apis.capabilities.master_query import Masters
from system_apis.open_connections import Hcm

router = APIRouter(prefix="/hcm/v1/{connection}", tags=["hcm"])

READ = [requires("hcm:read")]
LIMIT = "6000/minute"
UPSTREAM = problem_responses(UpstreamUnavailable, UpstreamRefused)


@router.get(
    "/abilities",
    operation_id="read_hcm_abilities",
    summary="What this HCM tells",
    description="Which lists it has, and which of them tell changes and deletions.",
    dependencies=READ,
    response_model=HcmAbilities,
)
@throttled(LIMIT)
async def read_hcm_abilities(hcm: Hcm) -> HcmAbilities:
    return hcm.abilities()


@router.get(
    "/workers",
    operation_id="list_hcm_workers",
    summary="Employees and contractors",
    description="Former ones too, so that their late hours are understood.",
    dependencies=READ,
    response_model=WorkerPage,
    responses=UPSTREAM,
)
@throttled(LIMIT)
async def list_hcm_workers(hcm: Hcm, page: Masters) -> WorkerPage:
    return await hcm.workers(page.cursor, page.limit, page.changed_since)


@router.get(
    "/org-units",
    operation_id="list_org_units",
    summary="Departments, divisions and teams",
    description="With what each is a part of, where the HCM knows it.",
    dependencies=READ,
    response_model=OrgUnitPage,
    responses=UPSTREAM,
)
@throttled(LIMIT)
async def list_org_units(hcm: Hcm, page: Masters) -> OrgUnitPage:
    return await hcm.org_units(page.cursor, page.limit, page.changed_since)


@router.get(
    "/cost-centres",
    operation_id="list_cost_centres",
    summary="Cost centres",
    description="As the HCM knows them; their owner is mostly the ERP.",
    dependencies=READ,
    response_model=CostCentrePage,
    responses=UPSTREAM,
)
@throttled(LIMIT)
async def list_cost_centres(hcm: Hcm, page: Masters) -> CostCentrePage:
    return await hcm.cost_centres(page.cursor, page.limit, page.changed_since)


@router.get(
    "/assignments",
    operation_id="list_assignments",
    summary="Where workers stand, and since when",
    description="Legal entity, department, cost centre, supervisor and working time by date.",
    dependencies=READ,
    response_model=AssignmentPage,
    responses=UPSTREAM,
)
@throttled(LIMIT)
async def list_assignments(hcm: Hcm, page: Masters) -> AssignmentPage:
    return await hcm.assignments(page.cursor, page.limit, page.changed_since)
