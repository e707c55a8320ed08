"""Writes single attributes of users, where the mapping reads them from."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from system_apis.capabilities.repairing import Values
from system_apis.capabilities.repairs import Kind, Repairable
from system_apis.connectors.scim.client import ScimClient
from system_apis.connectors.scim.mapping import email_of
from system_apis.connectors.scim.platform_models import ENTERPRISE, User

REPAIRS: list[Repairable] = ["worker.name", "worker.email", "worker.cost_centre"]


class UserRecords:
    """Users for the repairs of one request.

    :param values_of: what the lists tell of a user.
    """

    def __init__(self, client: ScimClient, values_of: Callable[[User], Values]) -> None:
        self._client = client
        self._values_of = values_of
        self._read: dict[str, User] = {}

    async def read(self, kind: Kind, external_id: str) -> Values | None:
        del kind  # there is only one
        found = await self._client.user(external_id)
        if found is None:
            return None
        self._read[external_id] = found
        return self._values_of(found)

    async def write(self, kind: Kind, external_id: str, values: Mapping[str, str]) -> None:
        del kind  # there is only one
        user = self._read[external_id]
        operations = [_operation(name, value, user) for name, value in values.items()]
        await self._client.change_user(external_id, operations)


def _operation(attribute: str, value: str, user: User) -> dict[str, Any]:
    if attribute == "name":
        # It goes before the parts of the name, which only people can tell apart.
        return {"op": "replace", "path": "displayName", "value": value}
    if attribute == "cost_centre":
        return {"op": "replace", "path": f"{ENTERPRISE}:costCenter", "value": value}
    now = email_of(user)
    if now is None:
        return {"op": "add", "path": "emails", "value": [{"value": value, "type": "work"}]}
    # Only the one that counts: what other addresses they have stays.
    return {
        "op": "replace",
        "path": f"emails[value eq {json.dumps(now.value)}].value",
        "value": value,
    }
