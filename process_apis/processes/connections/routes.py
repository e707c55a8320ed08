"""Routes of `connections`."""

from fastapi import APIRouter
from pydantic import BaseModel

from process_apis.database import TheDatabase
from process_apis.processes.connections import store
from process_apis.upstream.connections import Connection
from shared.identity import requires
from shared.web import throttled

router = APIRouter(prefix="/v1", tags=["connections"])


class ConnectionList(BaseModel):
    """Connections as last read from the system tier."""

    connections: list[Connection]


@router.get(
    "/connections",
    operation_id="list_connections",
    summary="Trackers and ERPs that are connected",
    description="As last read from the system tier.",
    dependencies=[requires("masters:read")],
)
@throttled("600/minute")
async def list_connections(database: TheDatabase) -> ConnectionList:
    async with database.transaction() as transaction:
        return ConnectionList(connections=await store.known(transaction))
