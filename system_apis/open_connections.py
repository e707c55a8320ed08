"""The connections of a running system tier, by name."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Path, Request

from shared.http_client import HttpClient
from shared.problems import ConfigurationError, NotFound
from shared.values import Clock
from system_apis.capabilities.connector import Capability, ConnectionContext, Port
from system_apis.capabilities.crm.port import CrmPort
from system_apis.capabilities.directory.port import DirectoryPort
from system_apis.capabilities.erp.port import ErpPort
from system_apis.capabilities.hcm.port import HcmPort
from system_apis.capabilities.time_tracking.port import TimeTrackingPort
from system_apis.connections import Connection
from system_apis.registry import missing_methods


@dataclass(frozen=True)
class OpenConnection:
    """A connection, its port, and the HTTP client that the port uses."""

    connection: Connection
    port: Port
    http: HttpClient

    async def close(self) -> None:
        """Close the port, and the HTTP client even if the port's closing fails."""
        try:
            await self.port.close()
        finally:
            await self.http.aclose()


def open_connection(connection: Connection, clock: Clock) -> OpenConnection:
    """Build the connection's port; makes no call.

    :raises ConfigurationError: the connector cannot open it, or its port is incomplete.
    """
    http = HttpClient(name=connection.name)
    context = ConnectionContext(connection.name, connection.legal_entities, http, clock)
    connector = connection.connector
    try:
        port = connector.openers[connection.capability](connection.settings, context)
    except ConfigurationError:
        raise
    # Whatever a connector raises here, the connection's name must stand in the error.
    except Exception as error:
        raise ConfigurationError(
            f"The connection {connection.name!r} cannot be opened: the connector "
            f"{connector.name} raised {type(error).__name__}.",
            action="Check the connection's options against the connector's README.",
        ) from error
    if missing := missing_methods(port, connection.capability):
        raise ConfigurationError(
            f"The connector {connector.name} is malformed: its port lacks {', '.join(missing)}."
        )
    return OpenConnection(connection, port, http)


class OpenConnections:
    """All of them; looking one up answers in the words of the caller's address."""

    def __init__(self, connections: Iterable[OpenConnection]) -> None:
        self._by_name = {each.connection.name: each for each in connections}

    def __iter__(self) -> Iterator[OpenConnection]:
        return iter(self._by_name.values())

    def port(self, name: str, capability: Capability) -> Port:
        """Port of the connection.

        :raises NotFound: no such connection, or one of another capability.
        """
        found = self._by_name.get(name)
        if found is None:
            raise NotFound(
                f"There is no connection {name!r}.",
                code="connection_unknown",
                action="GET /v1/connections lists the connections of this server.",
            )
        own = found.connection.capability
        if own != capability:
            raise NotFound(
                f"The connection {name!r} is of the capability {own}, not {capability}.",
                code="connection_of_other_capability",
                action="Use the routes of the connection's own capability.",
            )
        return found.port

    async def close(self) -> None:
        """Close each of them; one that fails keeps none of the others open."""
        failures: list[Exception] = []
        for each in self:
            try:
                await each.close()
            except Exception as error:  # noqa: BLE001 - raised below, after the others
                failures.append(error)
        if failures:
            raise ExceptionGroup("connections that did not close", failures)


def _opened_by(request: Request) -> OpenConnections:
    connections: OpenConnections = request.app.state.connections
    return connections


async def _opened(request: Request) -> OpenConnections:
    return _opened_by(request)


Connections = Annotated[OpenConnections, Depends(_opened)]
ConnectionName = Annotated[
    str, Path(description="Name of a connection.", examples=["tryton-de"], max_length=63)
]


# The ports ask the request themselves: each dependency of a dependency would cost every webhook.
async def _erp(connection: ConnectionName, request: Request) -> ErpPort:
    return cast(ErpPort, _opened_by(request).port(connection, "erp"))


def tracker_of(request: Request, connection: str) -> TimeTrackingPort:
    """The port of a time tracker, for routes that have no dependencies."""
    return cast(TimeTrackingPort, _opened_by(request).port(connection, "time_tracking"))


async def _tracker(connection: ConnectionName, request: Request) -> TimeTrackingPort:
    return tracker_of(request, connection)


async def _hcm(connection: ConnectionName, request: Request) -> HcmPort:
    return cast(HcmPort, _opened_by(request).port(connection, "hcm"))


async def _crm(connection: ConnectionName, request: Request) -> CrmPort:
    return cast(CrmPort, _opened_by(request).port(connection, "crm"))


async def _directory(connection: ConnectionName, request: Request) -> DirectoryPort:
    return cast(DirectoryPort, _opened_by(request).port(connection, "directory"))


Erp = Annotated[ErpPort, Depends(_erp)]
Tracker = Annotated[TimeTrackingPort, Depends(_tracker)]
Hcm = Annotated[HcmPort, Depends(_hcm)]
Crm = Annotated[CrmPort, Depends(_crm)]
Directory = Annotated[DirectoryPort, Depends(_directory)]
