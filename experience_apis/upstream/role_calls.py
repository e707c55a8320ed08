"""Asks the process tier which roles groups of a directory give to the person who is signed in."""

from pydantic import BaseModel, ConfigDict

from experience_apis.upstream.as_caller import AsCaller, understood
from shared.http_client import HttpClient
from shared.identity import Principal, ServiceTokens


class OwnRoles(BaseModel):
    """What this tier reads of it."""

    model_config = ConfigDict(extra="ignore")

    granted: list[str]


class ProcessRoles:
    """One's own roles, over HTTP; raises what `AsCaller` does."""

    def __init__(self, http: HttpClient, tokens: ServiceTokens) -> None:
        self._tier = AsCaller(http, tokens)

    async def granted(self, caller: Principal) -> frozenset[str]:
        """The roles that groups give to the caller."""
        path = "/v1/master-data/roles/mine"
        response = await self._tier.send(caller, "GET", path, scope="masters:read")
        return frozenset(understood(OwnRoles, response).granted)
