"""The real scim2-server (not ours), as a process; each test has a tenant of its own."""

import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from shared.http_client import HttpClient
from shared.values import SystemClock
from system_apis.capabilities.connector import ConnectionContext
from system_apis.connectors.scim.platform_models import ENTERPRISE
from system_apis.connectors.scim.settings import ScimSettings

TOKEN = "directory-token"
_CORE = "urn:ietf:params:scim:schemas:core:2.0"


@pytest.fixture(scope="session")
def scim_server() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "scim2_server.testserver.cli",
        "--port", str(port), "--bearer-token", TOKEN, "--dynamic-tenants",
    ]  # fmt: skip
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            assert "Serving SCIM" in process.stdout.readline(), "scim2-server did not start"
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


@dataclass
class Tenant:
    """What an administrator of the directory does, in plain SCIM."""

    url: str
    http: HttpClient
    ids: dict[str, str] = field(default_factory=dict)

    async def add_user(self, user_name: str, **more: Any) -> str:
        """With the attributes of a consultant, unless said otherwise."""
        body = {
            "schemas": [f"{_CORE}:User", ENTERPRISE],
            "userName": user_name,
            "displayName": user_name.title(),
            "active": True,
            "userType": "Employee",
            "emails": [{"value": f"{user_name}@haldenridge.example", "type": "work"}],
            ENTERPRISE: {"employeeNumber": f"E-{user_name}", "organization": "HRC-DE"},
            **more,
        }
        return await self._create("Users", user_name, body)

    async def add_group(self, name: str, *members: tuple[str, str]) -> str:
        """:param members: pairs of kind (User, Group) and name."""
        listed = [{"type": kind, "value": self.ids[each]} for kind, each in members]
        body = {"schemas": [f"{_CORE}:Group"], "displayName": name, "members": listed}
        return await self._create("Groups", name, body)

    async def change(self, user_name: str, **attributes: Any) -> None:
        await self._replace(f"Users/{self.ids[user_name]}", attributes)

    async def change_group(self, name: str, **attributes: Any) -> None:
        await self._replace(f"Groups/{self.ids[name]}", attributes)

    async def _replace(self, path: str, attributes: dict[str, Any]) -> None:
        operations = [{"op": "replace", "value": attributes}]
        answer = await self.http.request(
            "PATCH",
            f"{self.url}/{path}",
            json={
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": operations,
            },
            headers=_HEADERS,
        )
        assert answer.is_success, answer.text

    async def delete(self, kind: str, name: str) -> None:
        answer = await self.http.request(
            "DELETE", f"{self.url}/{kind}/{self.ids.pop(name)}", headers=_HEADERS
        )
        assert answer.status_code == 204, answer.text

    async def _create(self, kind: str, name: str, body: dict[str, Any]) -> str:
        answer = await self.http.post(f"{self.url}/{kind}", json=body, headers=_HEADERS)
        assert answer.status_code == 201, answer.text
        self.ids[name] = str(answer.json()["id"])
        return self.ids[name]


_HEADERS = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
async def tenant(scim_server: str) -> AsyncIterator[Tenant]:
    async with HttpClient(name="administrator") as http:
        yield Tenant(f"{scim_server}/{uuid4().hex}/v2", http)


@pytest.fixture
async def context() -> AsyncIterator[ConnectionContext]:
    async with HttpClient(name="directory-de") as http:
        yield ConnectionContext("directory-de", ("HRC-DE",), http, SystemClock())


def settings_for(url: str, **options: Any) -> ScimSettings:
    return ScimSettings(**{"base_url": url, "token": SecretStr(TOKEN), **options})
