"""Routes of the capability `hcm`: authorise, find the connection, ask its port."""

from fastapi import APIRouter, Request

from shared.identity import public_route, requires
from shared.problems import (
    Conflict,
    InvalidRequest,
    PayloadTooLarge,
    Unauthenticated,
    UpstreamRefused,
    UpstreamUnavailable,
)
from shared.web import problem_responses, throttled
from system_apis.capabilities.deliveries import RawWebhook, WebhookAccepted
from system_apis.capabilities.hcm.schemas import (
    AssignmentPage,
    CostCentrePage,
    HcmAbilities,
    OrgUnitPage,
    WorkerPage,
)
from system_apis.capabilities.master_events import ParsedMasterWebhook
from system_apis.capabilities.master_query import Masters
from system_apis.capabilities.repairing import carry_out
from system_apis.capabilities.repairs import RepairsMade, RepairsToMake
from system_apis.capabilities.webhooks import Intake, read_again
from system_apis.open_connections import ConnectionName, Hcm

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


@router.post(
    "/repairs",
    operation_id="repair_hcm_workers",
    summary="Bring workers in line with what their owner says",
    description="Each attribute only while it still says what was seen, so repeating it changes "
    "nothing. One outcome per item, in order.",
    dependencies=[requires("hcm:repair")],
    response_model=RepairsMade,
    responses=problem_responses(Conflict, UpstreamUnavailable, UpstreamRefused),
)
@throttled(LIMIT)
async def repair_hcm_workers(hcm: Hcm, batch: RepairsToMake) -> RepairsMade:
    return await carry_out(hcm, hcm.abilities().repairs, batch)


@router.post(
    "/webhooks",
    operation_id="receive_hcm_webhook",
    summary="Delivery from the HCM",
    description="Answered only after the events are committed. The body is the HCM's own.",
    dependencies=[public_route("products hold no token of ours: the signature proves the sender")],
    status_code=202,
    response_model=WebhookAccepted,
    responses=problem_responses(Unauthenticated, InvalidRequest, PayloadTooLarge, UpstreamRefused),
    openapi_extra={"requestBody": {"required": True, "content": {"*/*": {"schema": {}}}}},
)
@throttled("60000/minute")
async def receive_hcm_webhook(
    connection: ConnectionName, hcm: Hcm, intake: Intake, request: Request
) -> WebhookAccepted:
    body = await request.body()
    return WebhookAccepted(events=await intake.receive(connection, hcm, request.headers, body))


@router.post(
    "/webhooks/parse",
    operation_id="parse_hcm_webhook",
    summary="Read a kept delivery again",
    description="For replays from the quarantine; the sender was proven when it arrived.",
    dependencies=READ,
    response_model=ParsedMasterWebhook,
)
@throttled(LIMIT)
async def parse_hcm_webhook(hcm: Hcm, delivery: RawWebhook) -> ParsedMasterWebhook:
    return ParsedMasterWebhook(events=read_again(hcm, delivery))
