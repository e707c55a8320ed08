"""Writes the names of accounts."""

import re
from collections.abc import Mapping

from system_apis.capabilities.repairing import Values
from system_apis.capabilities.repairs import Kind, Repairable
from system_apis.connectors.salesforce.client import SalesforceClient

REPAIRS: list[Repairable] = ["client.name"]

_ID = re.compile(r"[A-Za-z0-9]{15,18}")


class AccountRecords:
    """Accounts for repairs."""

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client

    async def read(self, kind: Kind, external_id: str) -> Values | None:
        del kind  # there is only one
        if not _ID.fullmatch(external_id):
            return None
        rows = await self._client.query(
            f"SELECT Id, Name FROM Account WHERE Id = '{external_id}'"  # noqa: S608 - an id
        )
        return {"name": rows[0].get("Name")} if rows else None

    async def write(self, kind: Kind, external_id: str, values: Mapping[str, str]) -> None:
        del kind  # there is only one
        await self._client.change("Account", external_id, {"Name": values["name"]})
