"""Routes of the capability `directory`: authorise, find the connection, ask its port."""

from fastapi import APIRouter

from shared.identity import requires
from shared.problems import Conflict, UpstreamRefused, UpstreamUnavailable
from shared.web import problem_responses, throttled
from system_apis.capabilities.directory.schemas import DirectoryAbilities, GroupPage, UserPage
from system_apis.capabilities.master_query import Masters
from system_apis.capabilities.repairing import carry_out
from system_apis.capabilities.repairs import RepairsMade, RepairsToMake
from system_apis.open_connections import Directory

router = APIRouter(prefix="/directory/v1/{connection}", tags=["directory"])

READ = [requires("directory:read")]
LIMIT = "6000/minute"
UPSTREAM = problem_responses(UpstreamUnavailable, UpstreamRefused)


@router.get(
    "/abilities",
    operation_id="read_directory_abilities",
    summary="What this directory tells",
    description="Which of its lists tell changes and deletions.",
    dependencies=READ,
    response_model=DirectoryAbilities,
)
@throttled(LIMIT)
async def read_directory_abilities(directory: Directory) -> DirectoryAbilities:
    return directory.abilities()


@router.get(
    "/users",
    operation_id="list_users",
    summary="Accounts of people",
    description="Disabled ones too.",
    dependencies=READ,
    response_model=UserPage,
    responses=UPSTREAM,
)
@throttled(LIMIT)
async def list_users(directory: Directory, page: Masters) -> UserPage:
    return await directory.users(page.cursor, page.limit, page.changed_since)


@router.get(
    "/groups",
    operation_id="list_groups",
    summary="Groups and their members",
    description="Each with all of its direct members as they are now, groups in groups included.",
    dependencies=READ,
    response_model=GroupPage,
    responses=UPSTREAM,
)
@throttled(LIMIT)
async def list_groups(directory: Directory, page: Masters) -> GroupPage:
    return await directory.groups(page.cursor, page.limit, page.changed_since)


@router.post(
    "/repairs",
    operation_id="repair_directory_users",
    summary="Bring users in line with what their owner says",
    description="Each attribute only while it still says what was seen, so repeating it changes "
    "nothing. One outcome per item, in order.",
    dependencies=[requires("directory:repair")],
    response_model=RepairsMade,
    responses=problem_responses(Conflict, UpstreamUnavailable, UpstreamRefused),
)
@throttled(LIMIT)
async def repair_directory_users(directory: Directory, batch: RepairsToMake) -> RepairsMade:
    return await carry_out(directory, directory.abilities().repairs, batch)
