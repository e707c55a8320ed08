"""Tokens of a certified provider that is not ours are accepted, and nothing else is."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from deploy.identity.sign_in import pkce_pair
from deploy.oidc_provider.process import (
    PROCESS_API,
    REDIRECT_URI,
    SYSTEM_API,
    RunningProvider,
    running_provider,
)
from shared.identity import IdentitySettings, ServiceTokens, TokenVerifier
from shared.problems import ConfigurationError, Unauthenticated, UpstreamUnavailable
from shared.values import FixedClock
from tests.identity.conftest import CountingClient


def settings_for(provider: RunningProvider, **changes: Any) -> IdentitySettings:
    return IdentitySettings(
        **{
            "issuer": provider.issuer,
            "audience": "timepost-process",
            "client_id": "timepost-operator",
            "client_secret": provider.operator_secret,
            "audience_parameter": "resource",
            **changes,
        }
    )


async def operator_token(provider: RunningProvider, http: httpx2.AsyncClient) -> str:
    return await ServiceTokens(settings_for(provider), http).token(PROCESS_API, ["sweeps:run"])


async def user_tokens(provider: RunningProvider, http: httpx2.AsyncClient) -> dict[str, str]:
    """Code with PKCE; the provider signs in whoever the hint names."""
    verifier, challenge = pkce_pair()
    query = {
        "response_type": "code",
        "client_id": "timepost-workbench",
        "redirect_uri": REDIRECT_URI,
        "scope": "openid erp:read",
        "resource": SYSTEM_API,
        "login_hint": "maya",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    answer = await http.get(f"{provider.issuer}/auth", params=query)
    for _ in range(8):  # Sign-in, consent, and the way back from each.
        if answer.headers["location"].startswith(REDIRECT_URI):
            break
        answer = await http.get(urljoin(provider.issuer, answer.headers["location"]))
    code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
    form = {
        "grant_type": "authorization_code",
        "client_id": "timepost-workbench",
        "redirect_uri": REDIRECT_URI,
        "code": code,
        "code_verifier": verifier,
    }
    tokens: dict[str, str] = (await http.post(f"{provider.issuer}/token", data=form)).json()
    return tokens


async def test_a_programs_token_is_accepted(
    oidc_provider: RunningProvider, network: CountingClient
) -> None:
    verifier = TokenVerifier(settings_for(oidc_provider), network.http)

    caller = await verifier.verify(await operator_token(oidc_provider, network.http))

    assert caller.subject == caller.client_id == "timepost-operator"
    assert not caller.is_user
    assert caller.scopes == {"sweeps:run"}
    assert caller.roles == {"integration.operator"}


async def test_a_users_token_is_accepted_with_nested_roles(
    oidc_provider: RunningProvider, network: CountingClient
) -> None:
    settings = settings_for(
        oidc_provider, audience="timepost-system", roles_claim="realm_access.roles"
    )
    tokens = await user_tokens(oidc_provider, network.http)

    caller = await TokenVerifier(settings, network.http).verify(tokens["access_token"])

    assert caller.subject == "maya"
    assert caller.is_user
    assert caller.roles == {"finance.analyst"}
    assert part(tokens["access_token"], 0)["alg"] == "RS256"


async def test_an_id_token_is_refused(
    oidc_provider: RunningProvider, network: CountingClient
) -> None:
    settings = settings_for(oidc_provider, audience="timepost-workbench")
    tokens = await user_tokens(oidc_provider, network.http)

    with pytest.raises(Unauthenticated, match=r"type is not at\+jwt"):
        await TokenVerifier(settings, network.http).verify(tokens["id_token"])


async def test_a_token_for_another_api_is_refused(
    oidc_provider: RunningProvider, network: CountingClient
) -> None:
    settings = settings_for(oidc_provider, audience="timepost-experience")
    token = await operator_token(oidc_provider, network.http)

    with pytest.raises(Unauthenticated, match="audience timepost-experience"):
        await TokenVerifier(settings, network.http).verify(token)


async def test_an_expired_token_is_refused(
    oidc_provider: RunningProvider, network: CountingClient
) -> None:
    clock = FixedClock(datetime.now(UTC))
    verifier = TokenVerifier(settings_for(oidc_provider), network.http, clock)
    token = await operator_token(oidc_provider, network.http)
    await verifier.verify(token)

    clock.advance(timedelta(seconds=332))

    with pytest.raises(Unauthenticated) as caught:
        await verifier.verify(token)
    assert caught.value.code == "token_expired"


@pytest.mark.parametrize("kind", ["changed claims", "no signature", "shared secret", "own key"])
async def test_forgeries_are_refused(
    oidc_provider: RunningProvider, network: CountingClient, kind: str
) -> None:
    verifier = TokenVerifier(settings_for(oidc_provider), network.http)
    genuine = await operator_token(oidc_provider, network.http)
    await verifier.verify(genuine)

    with pytest.raises(Unauthenticated, match="signature"):
        await verifier.verify(forged(genuine, kind))


async def test_unknown_keys_are_looked_for_but_not_each_time(
    oidc_provider: RunningProvider, network: CountingClient
) -> None:
    clock = FixedClock(datetime.now(UTC))
    verifier = TokenVerifier(settings_for(oidc_provider), network.http, clock)
    token = await operator_token(oidc_provider, network.http)
    await verifier.verify(token)
    header = {**part(token, 0), "kid": "made-up"}
    forgery = jwt.encode(header, part(token, 1), ECKey.generate_key("P-256"))

    for seconds in (9, 1, 5, 5):
        clock.advance(timedelta(seconds=seconds))
        with pytest.raises(Unauthenticated, match="no such signing key"):
            await verifier.verify(forgery)

    assert network.asked.count("/jwks") == 3  # At 0, 10 and 20 seconds.


async def test_a_wrong_secret_is_the_operators_business(
    oidc_provider: RunningProvider, network: CountingClient
) -> None:
    settings = settings_for(oidc_provider, client_secret="wrong")

    with pytest.raises(ConfigurationError, match="invalid_client"):
        await ServiceTokens(settings, network.http).token(PROCESS_API)


async def test_hours_are_posted_on_while_the_provider_is_down(network: CountingClient) -> None:
    clock = FixedClock(datetime.now(UTC))
    with running_provider() as provider:
        settings = settings_for(provider)
        verifier = TokenVerifier(settings, network.http, clock)
        late_starter = TokenVerifier(settings, network.http, clock)
        tokens = ServiceTokens(settings, network.http, clock)
        seen = await tokens.token(PROCESS_API, ["sweeps:run"])
        unseen = await tokens.token(PROCESS_API, ["cases:read"])
        await verifier.verify(seen)

        provider.kill()
        clock.advance(timedelta(seconds=290))  # Past the renewal of the tokens.

        assert (await verifier.verify(seen)).scopes == {"sweeps:run"}
        assert (await verifier.verify(unseen)).scopes == {"cases:read"}
        assert await verifier.ready()
        assert await tokens.token(PROCESS_API, ["sweeps:run"]) == seen
        assert not await late_starter.ready()
        with pytest.raises(UpstreamUnavailable):
            await late_starter.verify(seen)


def forged(token: str, kind: str) -> str:
    header, claims = part(token, 0), part(token, 1)
    if kind == "changed claims":
        richer = {**claims, "roles": ["finance.controller"]}
        return f"{packed(header)}.{packed(richer)}.{token.split('.')[2]}"
    if kind == "no signature":
        return f"{packed({**header, 'alg': 'none'})}.{packed(claims)}."
    if kind == "shared secret":
        signed = f"{packed({**header, 'alg': 'HS256'})}.{packed(claims)}"
        code = hmac.digest(b"guess", signed.encode(), "sha256")
        return f"{signed}.{urlsafe_b64encode(code).rstrip(b'=').decode()}"
    return jwt.encode(header, claims, ECKey.generate_key("P-256"))


def part(token: str, position: int) -> dict[str, Any]:
    text = token.split(".")[position]
    content: dict[str, Any] = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return content


def packed(content: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()
