"""A development identity server without a network: requests go to the application itself."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from pydantic import SecretStr

from deploy.identity.app import create_app
from deploy.identity.settings import IdentityServerSettings
from deploy.identity.sign_in import BrowserClient, UserTokens, sign_in
from shared.values import FixedClock

ISSUER = "http://127.0.0.1:8400"
PASSWORD = "correct horse battery"
CLIENTS = ("timepost-system", "timepost-process", "timepost-experience", "timepost-operator")
WORKBENCH = BrowserClient(
    issuer=ISSUER,
    client_id="timepost-workbench",
    redirect_uri="http://127.0.0.1:8300/auth/callback",
    scope="openid cases:read cases:write",
)


@dataclass
class Server:
    """The server, seen by its clients."""

    http: httpx2.AsyncClient
    clock: FixedClock

    async def ask(self, client_id: str | None = None, **form: str) -> httpx2.Response:
        if client_id is None:
            return await self.http.post("/token", data=form)
        return await self.http.post("/token", data=form, auth=(client_id, f"secret of {client_id}"))

    async def user(self, subject: str = "maya", scope: str = WORKBENCH.scope) -> UserTokens:
        client = BrowserClient(ISSUER, WORKBENCH.client_id, WORKBENCH.redirect_uri, scope)
        return await sign_in(self.http, client, subject, PASSWORD)

    async def read(self, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Header and claims, after the signature was checked with the published keys."""
        keys = KeySet.import_key_set((await self.http.get("/jwks.json")).json())
        decoded = jwt.decode(token, keys, algorithms=["ES256"])
        return dict(decoded.header), decoded.claims


@pytest.fixture
def settings(tmp_path: Path) -> IdentityServerSettings:
    return IdentityServerSettings(
        issuer=ISSUER,
        state_dir=tmp_path / "identity",
        login_password=SecretStr(PASSWORD),
        client_secrets={name: SecretStr(f"secret of {name}") for name in CLIENTS},
    )


@pytest.fixture
async def server(settings: IdentityServerSettings) -> AsyncIterator[Server]:
    clock = FixedClock(datetime.now(UTC))
    transport = httpx2.ASGITransport(create_app(settings, clock))
    async with httpx2.AsyncClient(transport=transport, base_url=ISSUER) as http:
        yield Server(http, clock)
