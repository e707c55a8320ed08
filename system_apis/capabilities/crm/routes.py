"""Routes of the capability `crm`: authorise, find the connection, ask its port."""

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
from system_apis.capabilities.crm.schemas import AccountPage, CrmAbilities, EngagementPage
from system_apis.capabilities.deliveries import RawWebhook, WebhookAccepted
from system_apis.capabilities.master_events import ParsedMasterWebhook
from system_apis.capabilities.master_query import Masters
from system_apis.capabilities.repairing import carry_out
from system_apis.capabilities.repairs import RepairsMade, RepairsToMake
from system_apis.capabilities.webhooks import Intake, read_again
from system_apis.open_connections import ConnectionName, Crm

router = APIRouter(prefix="/crm/v1/{connection}", tags=["crm"])

READ = [requires("crm:read")]
LIMIT = "6000/minute"
UPSTREAM = problem_responses(UpstreamUnavailable, UpstreamRefused)


@router.get(
    "/abilities",
    operation_id="read_crm_abilities",
    summary="What this CRM tells",
    description="Which of its lists tell changes and deletions.",
    dependencies=READ,
    response_model=CrmAbilities,
)
@throttled(LIMIT)
async def read_crm_abilities(crm: Crm) -> CrmAbilities:
    return crm.abilities()


@router.get(
    "/accounts",
    operation_id="list_accounts",
    summary="Clients, and who may become one",
    description="With their place in the account hierarchy and who looks after them.",
    dependencies=READ,
    response_model=AccountPage,
    responses=UPSTREAM,
)
@throttled(LIMIT)
async def list_accounts(crm: Crm, page: Masters) -> AccountPage:
    return await crm.accounts(page.cursor, page.limit, page.changed_since)


@router.get(
    "/engagements",
    operation_id="list_engagements",
    summary="Deals and what was agreed in them",
    description="Open and lost ones too; what is WON is worked on.",
    dependencies=READ,
    response_model=EngagementPage,
    responses=UPSTREAM,
)
@throttled(LIMIT)
async def list_engagements(crm: Crm, page: Masters) -> EngagementPage:
    return await crm.engagements(page.cursor, page.limit, page.changed_since)


@router.post(
    "/repairs",
    operation_id="repair_crm_accounts",
    summary="Bring accounts in line with what their owner says",
    description="Each attribute only while it still says what was seen, so repeating it changes "
    "nothing. One outcome per item, in order.",
    dependencies=[requires("crm:repair")],
    response_model=RepairsMade,
    responses=problem_responses(Conflict, UpstreamUnavailable, UpstreamRefused),
)
@throttled(LIMIT)
async def repair_crm_accounts(crm: Crm, batch: RepairsToMake) -> RepairsMade:
    return await carry_out(crm, crm.abilities().repairs, batch)


@router.post(
    "/webhooks",
    operation_id="receive_crm_webhook",
    summary="Delivery from the CRM",
    description="Answered only after the events are committed. The body is the CRM's own.",
    dependencies=[public_route("products hold no token of ours: the signature proves the sender")],
    status_code=202,
    response_model=WebhookAccepted,
    responses=problem_responses(Unauthenticated, InvalidRequest, PayloadTooLarge, UpstreamRefused),
    openapi_extra={"requestBody": {"required": True, "content": {"*/*": {"schema": {}}}}},
)
@throttled("60000/minute")
async def receive_crm_webhook(
    connection: ConnectionName, crm: Crm, intake: Intake, request: Request
) -> WebhookAccepted:
    body = await request.body()
    return WebhookAccepted(events=await intake.receive(connection, crm, request.headers, body))


@router.post(
    "/webhooks/parse",
    operation_id="parse_crm_webhook",
    summary="Read a kept delivery again",
    description="For replays from the quarantine; the sender was proven when it arrived.",
    dependencies=READ,
    response_model=ParsedMasterWebhook,
)
@throttled(LIMIT)
async def parse_crm_webhook(crm: Crm, delivery: RawWebhook) -> ParsedMasterWebhook:
    return ParsedMasterWebhook(events=read_again(crm, delivery))
