"""Calls the process tier's `connections` API as the person who is signed in."""

from urllib.parse import quote

from experience_apis.upstream.as_caller import AsCaller, understood
from experience_apis.upstream.connections import Connection, ConnectionDetail, ConnectionList
from shared.http_client import HttpClient
from shared.identity import Principal, ServiceTokens

_READ, _OPERATE = "masters:read", "connections:operate"
_BASE = "/v1/connections"


class ProcessConnections:
    """The connections, over HTTP; raises what `AsCaller` does.

    Everything here may be sent twice: what is paused is paused.
    """

    def __init__(self, http: HttpClient, tokens: ServiceTokens) -> None:
        self._tier = AsCaller(http, tokens)

    async def all(self, caller: Principal) -> ConnectionList:
        """All connections, by name."""
        response = await self._tier.send(caller, "GET", _BASE, scope=_READ)
        return understood(ConnectionList, response)

    async def read(self, caller: Principal, name: str) -> ConnectionDetail:
        """One connection with its history.

        :raises NotFound: there is no such connection.
        """
        response = await self._tier.send(caller, "GET", _path(name), scope=_READ)
        return understood(ConnectionDetail, response)

    async def switch(self, caller: Principal, name: str, verb: str, reason: str) -> Connection:
        """Pause, drain or resume one; ``verb`` is the last part of the path.

        :raises NotFound: there is no such connection.
        """
        response = await self._tier.send(
            caller,
            "POST",
            f"{_path(name)}/{verb}",
            scope=_OPERATE,
            json={"reason": reason},
            idempotent=True,
        )
        return understood(Connection, response, unsafe=True)


def _path(name: str) -> str:
    return f"{_BASE}/{quote(name, safe='')}"
