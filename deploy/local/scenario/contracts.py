"""What the demo's finance people agree on before the four weeks: a rate card, and contract terms.

One writes, another publishes, each signed in with their own account. Two contracts: one with a
limit, and one without a rate.
"""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from deploy.identity.sign_in import BrowserClient, sign_in
from deploy.local.scenario.firm import Firm
from deploy.local.scenario.refusals import Refused
from deploy.local.scenario.world import LIMIT, LIMITED, RATE, WITHOUT_RATE, under_limit
from shared.http_client import HttpClient
from shared.identity import IdentitySettings, ServiceTokens, TokenVerifier

ANALYST, BILLING, CONTROLLER = "maya", "bill", "carl"
SCOPES = ("rates:read", "rates:write")
SINCE = "2026-01-01"

Json = dict[str, Any]


class Contracts:
    """The finance people at the process tier, through the experience tier's client.

    :param secret: of that client.
    """

    def __init__(
        self,
        *,
        process_url: str,
        identity_url: str,
        experience_url: str,
        password: str,
        secret: str,
    ) -> None:
        self._process_url = process_url
        self._password = password
        self._browser = BrowserClient(
            issuer=identity_url,
            client_id="timepost-workbench",
            redirect_uri=f"{experience_url}/auth/callback",
            scope=" ".join(("openid", *SCOPES)),
        )
        self._settings = IdentitySettings(
            issuer=identity_url,
            audience="timepost-experience",
            client_id="timepost-experience",
            client_secret=SecretStr(secret),
        )

    async def agree(self, firm: Firm) -> None:
        """
        :raises Refused: the process tier refuses something of it.
        """
        async with (
            HttpClient(name="identity") as identity,
            HttpClient(self._process_url, name="process") as process,
        ):
            tokens = {
                who: await self._token(identity, who) for who in (ANALYST, BILLING, CONTROLLER)
            }

            async def call(who: str, path: str, body: Json | None = None) -> Json:
                headers = {"Authorization": f"Bearer {tokens[who]}"}
                answer = await process.request("POST", path, json=body, headers=headers)
                if not answer.is_success:
                    raise Refused(f"POST {path} by {who}: {answer.status_code} {answer.text[:300]}")
                return dict(answer.json())

            card = (await call(ANALYST, "/v1/rate-cards", rate_card(firm)))["card"]
            await call(CONTROLLER, f"/v1/rate-cards/{card['id']}/publish")
            for terms in contract_terms():
                draft = await call(BILLING, "/v1/contract-terms", terms)
                await call(CONTROLLER, f"/v1/contract-terms/{draft['id']}/publish")

    async def _token(self, identity: HttpClient, who: str) -> str:
        signed_in = await sign_in(identity.library_client, self._browser, who, self._password)
        verifier = TokenVerifier(self._settings, identity.library_client)
        caller = await verifier.verify(signed_in.access_token)
        tokens = ServiceTokens(self._settings, identity.library_client)
        return await tokens.exchange_token(caller, "timepost-process", list(SCOPES))


def rate_card(firm: Firm) -> Json:
    names = {"project": LIMITED, "worker": under_limit(firm).number}
    line = {"names": names, "amount": RATE, "valid_from": SINCE}
    return {"code": "SG-2026", "side": "BILL", "currency": "SGD", "lines": [line]}


def contract_terms() -> list[Json]:
    common = {"type": "TIME_AND_MATERIAL", "valid_from": SINCE}
    limit = {"measure": "amount", "size": LIMIT}
    return [
        {
            **common,
            "contract": "SOW-SG-7",
            "currency": "SGD",
            "projects": [LIMITED],
            "limit": limit,
        },
        {**common, "contract": "SOW-AE-3", "currency": "AED", "projects": [WITHOUT_RATE]},
    ]
