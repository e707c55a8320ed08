"""Routes of the capability `crm`: authorise, find the connection, ask its port."""

from fastapi import APIRouter

from shared.identity import requires
from shared.problems import UpstreamRefused, UpstreamUnavailable
from shared.web import problem_responses, throttled
from system_apis.capabilities.crm.schemas import AccountPage, CrmAbilities, EngagementPage
from system_apis.capabilities.master_query import Masters
from system_apis.open_connections import Crm

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
