"""Routes of the capability `erp`: authorise, find the connection, ask its port."""

from fastapi import APIRouter

from shared.identity import requires
from shared.problems import Conflict, UpstreamRefused, UpstreamUnavailable
from shared.stop_points import StopPoint, reached
from shared.web import problem_responses, throttled
from system_apis.capabilities.erp.operations import carry_out
from system_apis.capabilities.erp.schemas import (
    ClientPage,
    ErpAbilities,
    LegalEntityPage,
    LookupRequest,
    LookupResult,
    PeriodPage,
    PostOutcomes,
    PostRequest,
    ProjectPage,
    ReadRequest,
    ReadResult,
    TaskPage,
    WorkerPage,
)
from system_apis.capabilities.erp.uncatalogued import Uncatalogued
from system_apis.capabilities.master_query import Masters
from system_apis.capabilities.repairing import carry_out as carry_out_repairs
from system_apis.capabilities.repairs import RepairsMade, RepairsToMake
from system_apis.open_connections import ConnectionName, Erp

router = APIRouter(
    prefix="/erp/v1/{connection}",
    tags=["erp"],
    responses=problem_responses(UpstreamUnavailable, UpstreamRefused),
)

READ = [requires("erp:read")]
LIMIT = "6000/minute"


@router.get(
    "/abilities",
    operation_id="read_erp_abilities",
    summary="What this ERP can do",
    description="How it helps against posting twice, how it takes things back, and its batch size.",
    dependencies=READ,
    response_model=ErpAbilities,
)
@throttled(LIMIT)
async def read_erp_abilities(erp: Erp) -> ErpAbilities:
    return await erp.abilities()


@router.post(
    "/postings",
    operation_id="post_approved_hours",
    summary="Post approved hours, or take posted ones back",
    description="One outcome per item, in order. A repeated posting key never posts twice.",
    dependencies=[requires("erp:post")],
    response_model=PostOutcomes,
)
@throttled(LIMIT)
async def post_approved_hours(
    connection: ConnectionName, erp: Erp, batch: PostRequest, uncatalogued: Uncatalogued
) -> PostOutcomes:
    reached(StopPoint.ERP_ASKED)
    outcomes = await carry_out(erp, batch.items, batch.deadline)
    reached(StopPoint.ERP_ANSWERED)
    uncatalogued.count(connection, outcomes)
    return PostOutcomes(outcomes=outcomes)


@router.post(
    "/postings/lookup",
    operation_id="find_postings",
    summary="Find postings again by their keys",
    description="Before anything whose outcome is unknown is sent again. Several lines with one "
    "key are a double posting.",
    dependencies=READ,
    response_model=LookupResult,
)
@throttled(LIMIT)
async def find_postings(erp: Erp, request: LookupRequest) -> LookupResult:
    found = await erp.look_up(request.items)
    reached(StopPoint.ERP_LOOKED_UP)
    return found


@router.post(
    "/postings/read",
    operation_id="read_posted_lines",
    summary="Read lines back by the ERP's ids",
    description="Lines as they stand in the ERP now, and whether an invoice holds them; "
    "`missing` ones no longer do.",
    dependencies=READ,
    response_model=ReadResult,
)
@throttled(LIMIT)
async def read_posted_lines(erp: Erp, request: ReadRequest) -> ReadResult:
    return await erp.read_lines(request.external_ids)


@router.get(
    "/legal-entities",
    operation_id="list_legal_entities",
    summary="Companies that keep books",
    description="With their currencies; only those that this connection serves.",
    dependencies=READ,
    response_model=LegalEntityPage,
)
@throttled(LIMIT)
async def list_legal_entities(erp: Erp, page: Masters) -> LegalEntityPage:
    return await erp.legal_entities(page.cursor, page.limit, page.changed_since)


@router.get(
    "/workers",
    operation_id="list_workers",
    summary="Employees and contractors",
    description="With their dates of hire and termination, where the ERP keeps them.",
    dependencies=READ,
    response_model=WorkerPage,
)
@throttled(LIMIT)
async def list_workers(erp: Erp, page: Masters) -> WorkerPage:
    return await erp.workers(page.cursor, page.limit, page.changed_since)


@router.get(
    "/clients",
    operation_id="list_clients",
    summary="Customers",
    description="Whom projects are billed to.",
    dependencies=READ,
    response_model=ClientPage,
)
@throttled(LIMIT)
async def list_clients(erp: Erp, page: Masters) -> ClientPage:
    return await erp.clients(page.cursor, page.limit, page.changed_since)


@router.get(
    "/projects",
    operation_id="list_projects",
    summary="Projects",
    description="Closed ones too, so that hours on them are refused with the reason.",
    dependencies=READ,
    response_model=ProjectPage,
)
@throttled(LIMIT)
async def list_projects(erp: Erp, page: Masters) -> ProjectPage:
    return await erp.projects(page.cursor, page.limit, page.changed_since)


@router.get(
    "/tasks",
    operation_id="list_tasks",
    summary="Parts of projects",
    description="Closed ones too; `bookable` ones take hours.",
    dependencies=READ,
    response_model=TaskPage,
)
@throttled(LIMIT)
async def list_tasks(erp: Erp, page: Masters) -> TaskPage:
    return await erp.tasks(page.cursor, page.limit, page.changed_since)


@router.get(
    "/periods",
    operation_id="list_periods",
    summary="Accounting periods",
    description="The closing calendar of each legal entity.",
    dependencies=READ,
    response_model=PeriodPage,
)
@throttled(LIMIT)
async def list_periods(erp: Erp, page: Masters) -> PeriodPage:
    return await erp.periods(page.cursor, page.limit, page.changed_since)


@router.post(
    "/repairs",
    operation_id="repair_erp_masters",
    summary="Bring clients and workers in line with what their owner says",
    description="Each attribute only while it still says what was seen, so repeating it changes "
    "nothing. One outcome per item, in order.",
    dependencies=[requires("erp:repair")],
    response_model=RepairsMade,
    responses=problem_responses(Conflict),
)
@throttled(LIMIT)
async def repair_erp_masters(erp: Erp, batch: RepairsToMake) -> RepairsMade:
    return await carry_out_repairs(erp, (await erp.abilities()).repairs, batch)
