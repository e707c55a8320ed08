"""Signs a development user in without a browser: for the demo's programs and for tests."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe
from urllib.parse import parse_qs, urlsplit

import httpx2
from pydantic import BaseModel

from shared.problems import UpstreamRefused


class UserTokens(BaseModel):
    """What the token endpoint answers a client that redeems a code."""

    access_token: str
    expires_in: int
    scope: str
    id_token: str | None = None


@dataclass(frozen=True)
class BrowserClient:
    """The public client through which a person signs in."""

    issuer: str
    client_id: str
    redirect_uri: str
    scope: str


def pkce_pair() -> tuple[str, str]:
    """Verifier and S256 challenge (RFC 7636 section 4)."""
    verifier = token_urlsafe(48)
    digest = sha256(verifier.encode()).digest()
    return verifier, urlsafe_b64encode(digest).rstrip(b"=").decode()


async def sign_in(
    http: httpx2.AsyncClient, client: BrowserClient, subject: str, password: str
) -> UserTokens:
    """The tokens a browser would end up with.

    :raises UpstreamRefused: a step was refused; names the step and its status.
    """
    verifier, challenge = pkce_pair()
    query = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "scope": client.scope,
        "state": token_urlsafe(8),
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    answer = await http.post(
        f"{client.issuer}/authorize",
        params=query,
        data={"subject": subject, "password": password},
        follow_redirects=False,
    )
    code = _code_of(answer, query["state"])
    response = await http.post(
        f"{client.issuer}/token",
        data={
            "grant_type": "authorization_code",
            "client_id": client.client_id,
            "redirect_uri": client.redirect_uri,
            "code": code,
            "code_verifier": verifier,
        },
    )
    if response.status_code != 200:
        raise UpstreamRefused(f"Redeeming the code was refused: HTTP {response.status_code}.")
    return UserTokens.model_validate_json(response.content)


def _code_of(answer: httpx2.Response, state: str) -> str:
    parameters = parse_qs(urlsplit(answer.headers.get("location", "")).query)
    if "code" not in parameters or parameters.get("state") != [state]:
        reason = parameters.get("error", [f"HTTP {answer.status_code}"])[0]
        raise UpstreamRefused(f"Signing in was refused: {reason}.")
    return parameters["code"][0]
