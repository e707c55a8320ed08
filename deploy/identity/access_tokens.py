"""The tokens this server issues, and how it reads its own again."""

from collections.abc import Mapping
from secrets import token_hex
from typing import Any

from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from deploy.identity.directory import Client, User
from deploy.identity.signing_key import ALGORITHM


class AccessTokens(JWTBearerTokenGenerator):  # type: ignore[misc]  # authlib has no types
    """Access tokens (RFC 9068) for one audience; made per request, since audiences differ."""

    def __init__(self, issuer: str, key: ECKey, audience: str, lifetime_seconds: int) -> None:
        super().__init__(issuer, alg=ALGORITHM, expires_generator=lifetime_seconds)
        self._keys = KeySet([key])  # From a set, joserfc writes the key's id into the header.
        self._audience = audience

    def get_jwks(self) -> KeySet:
        return self._keys

    def get_audiences(self, client: Client, user: User | None, scope: str) -> str:
        del client, user, scope  # Checked before: see `audience_of`.
        return self._audience

    def get_extra_claims(
        self, client: Client, grant_type: str, user: User | None, scope: str
    ) -> dict[str, object]:
        del grant_type, scope
        claims: dict[str, object] = {"roles": list(user.roles if user else client.roles)}
        if user and user.actor:
            claims["act"] = user.actor
        return claims

    def get_jti(self, client: Client, grant_type: str, user: User | None, scope: str) -> str:
        del client, grant_type, user, scope
        return token_hex(16)


def read_own_token(token: str, issuer: str, key: ECKey, audience: str) -> Mapping[str, Any] | None:
    """Claims of a valid access token that this server issued for ``audience``, else None."""
    rules = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": audience},
        exp={"essential": True},
        sub={"essential": True},
    )
    try:
        decoded = jwt.decode(token, key, algorithms=[ALGORITHM])
        rules.validate(decoded.claims)
    except (JoseError, ValueError):
        return None
    return decoded.claims if decoded.header.get("typ") == "at+jwt" else None


def id_token(
    issuer: str, key: ECKey, client: Client, user: User, *, nonce: str | None, now: int, expiry: int
) -> str:
    """Who signed in (OpenID Connect Core 1.0 section 2), for the client itself."""
    claims: dict[str, object] = {
        "iss": issuer,
        "sub": user.subject,
        "aud": client.client_id,
        "iat": now,
        "exp": expiry,
        "name": user.name,
        "roles": list(user.roles),
    }
    if nonce is not None:
        claims["nonce"] = nonce
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims, key)
