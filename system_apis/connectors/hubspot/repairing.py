"""Writes the names of companies."""

from collections.abc import Mapping

from system_apis.capabilities.repairing import Values
from system_apis.capabilities.repairs import Kind, Repairable
from system_apis.connectors.hubspot.client import HubSpotClient

REPAIRS: list[Repairable] = ["client.name"]


class CompanyRecords:
    """Companies for repairs."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client

    async def read(self, kind: Kind, external_id: str) -> Values | None:
        del kind  # there is only one
        found = await self._client.company(external_id, ["name"])
        return None if found is None else {"name": found.properties.get("name")}

    async def write(self, kind: Kind, external_id: str, values: Mapping[str, str]) -> None:
        del kind  # there is only one
        await self._client.change_company(external_id, {"name": values["name"]})
