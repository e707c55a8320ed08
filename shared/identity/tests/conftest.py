"""An identity provider at the wire: publishes keys, signs anything, and can be down."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from shared.identity import IdentitySettings, TokenVerifier
from shared.values import FixedClock

ISSUER = "https://login.example.com"
AUDIENCE = "timepost-process"
NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)


def ec_key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256", "kid": kid})


def rsa_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256", "kid": kid})


@dataclass
class FakeProvider:
    """What stands behind the mock transport."""

    clock: FixedClock
    keys: list[ECKey | RSAKey] = field(default_factory=lambda: [ec_key("k1")])
    down: bool = False
    key_fetches: int = 0
    metadata: dict[str, Any] = field(
        default_factory=lambda: {
            "issuer": ISSUER,
            "jwks_uri": f"{ISSUER}/keys",
            "token_endpoint": f"{ISSUER}/token",
        }
    )
    extra_keys: list[dict[str, Any]] = field(default_factory=list)
    token_answer: Callable[[httpx2.Request], httpx2.Response] | None = None

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        if self.down:
            raise httpx2.ConnectError("refused", request=request)
        if request.url.path == "/.well-known/openid-configuration":
            return httpx2.Response(200, json=self.metadata)
        if request.url.path == "/keys":
            self.key_fetches += 1
            published = KeySet(list(self.keys)).as_dict(private=False)["keys"] if self.keys else []
            return httpx2.Response(200, json={"keys": [*self.extra_keys, *published]})
        assert self.token_answer is not None
        return self.token_answer(request)

    def token(
        self,
        key: ECKey | RSAKey | None = None,
        header: dict[str, Any] | None = None,
        without: tuple[str, ...] = (),
        **claims: Any,
    ) -> str:
        """A valid access token, except for what is changed."""
        key = key or self.keys[0]
        now = int(self.clock.now().timestamp())
        body = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "maya",
            "client_id": "timepost-workbench",
            "iat": now,
            "exp": now + 300,
            "jti": "j-1",
            "scope": "cases:read cases:write",
            "roles": ["finance.analyst"],
            **claims,
        }
        return jwt.encode(
            {"alg": key.alg, "kid": key.kid, "typ": "at+jwt", **(header or {})},
            {name: value for name, value in body.items() if name not in without},
            key,
            registry=jws.JWSRegistry(strict_check_header=False),
        )


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def provider(clock: FixedClock) -> FakeProvider:
    return FakeProvider(clock)


@pytest.fixture
async def http(provider: FakeProvider) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(provider.answer)) as client:
        yield client


@pytest.fixture
def settings() -> IdentitySettings:
    return IdentitySettings(issuer=ISSUER, audience=AUDIENCE)


@pytest.fixture
def verifier(
    settings: IdentitySettings, http: httpx2.AsyncClient, clock: FixedClock
) -> TokenVerifier:
    return TokenVerifier(settings, http, clock)
