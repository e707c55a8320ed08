"""Which connections this server has: what callers need in order to address them."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from shared.identity import requires
from shared.web import throttled
from system_apis.capabilities.connector import Capability
from system_apis.open_connections import Connections, OpenConnection

router = APIRouter(prefix="/v1/connections", tags=["connections"])


class ConnectionSummary(BaseModel):
    """A connection without its options."""

    model_config = ConfigDict(extra="forbid")

    name: str
    connector: str
    title: str
    capability: Capability
    legal_entities: list[str]
    timezone: str = Field(description="IANA zone in which most of the people work who use it.")


class ConnectionList(BaseModel):
    """All connections of this server, in the order of its file."""

    model_config = ConfigDict(extra="forbid")

    connections: list[ConnectionSummary]


@router.get(
    "",
    operation_id="list_connections",
    summary="Configured connections",
    description="Names, connectors and legal entities; never options or credentials.",
    dependencies=[requires("connections:read")],
    response_model=ConnectionList,
)
@throttled("600/minute")
async def list_connections(connections: Connections) -> ConnectionList:
    return ConnectionList(connections=[_summary(each) for each in connections])


def _summary(opened: OpenConnection) -> ConnectionSummary:
    connection = opened.connection
    return ConnectionSummary(
        name=connection.name,
        connector=connection.connector.name,
        title=connection.connector.title,
        capability=connection.capability,
        legal_entities=list(connection.legal_entities),
        timezone=connection.timezone,
    )
