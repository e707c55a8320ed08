"""Which tokens are believed, and what they say about the caller."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from shared.identity import IdentitySettings, TokenVerifier
from shared.identity.tests.conftest import AUDIENCE, ISSUER, NOW, FakeProvider, ec_key, rsa_key
from shared.problems import Unauthenticated
from shared.values import FixedClock


async def test_a_token_says_who_calls(verifier: TokenVerifier, provider: FakeProvider) -> None:
    act = {"sub": "timepost-experience", "act": {"sub": "timepost-portal"}}

    caller = await verifier.verify(provider.token(act=act))

    assert caller.subject == "maya"
    assert caller.client_id == "timepost-workbench"
    assert caller.scopes == {"cases:read", "cases:write"}
    assert caller.roles == {"finance.analyst"}
    assert caller.actors == ("timepost-experience", "timepost-portal")
    assert caller.expires_at == NOW + timedelta(minutes=5)
    assert caller.is_user


async def test_a_program_is_no_user(verifier: TokenVerifier, provider: FakeProvider) -> None:
    token = provider.token(sub="timepost-system", client_id="timepost-system")

    assert not (await verifier.verify(token)).is_user


async def test_the_token_is_not_in_the_representation(
    verifier: TokenVerifier, provider: FakeProvider
) -> None:
    token = provider.token()
    caller = await verifier.verify(token)

    assert token not in repr(caller)
    assert token not in caller.token_digest
    assert caller.token == token


async def test_a_token_is_verified_once(verifier: TokenVerifier, provider: FakeProvider) -> None:
    token = provider.token()

    assert await verifier.verify(token) is await verifier.verify(token)


async def test_the_oldest_token_is_forgotten_first(
    settings: IdentitySettings, http: httpx2.AsyncClient, clock: FixedClock, provider: FakeProvider
) -> None:
    verifier = TokenVerifier(settings, http, clock, capacity=2)
    tokens = [provider.token(jti=f"j-{number}") for number in range(3)]
    first, second, third = [await verifier.verify(token) for token in tokens]

    assert await verifier.verify(tokens[2]) is third
    assert await verifier.verify(tokens[1]) is second
    assert await verifier.verify(tokens[0]) is not first


async def test_rsa_signatures_are_accepted(verifier: TokenVerifier, provider: FakeProvider) -> None:
    provider.keys = [ec_key("k1"), rsa_key("k2")]

    caller = await verifier.verify(provider.token(key=provider.keys[1]))

    assert caller.subject == "maya"


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt"])
async def test_the_type_may_be_spelled_as_a_media_type(
    verifier: TokenVerifier, provider: FakeProvider, typ: str
) -> None:
    assert (await verifier.verify(provider.token(header={"typ": typ}))).subject == "maya"


async def test_header_parameters_of_the_provider_are_ignored(
    verifier: TokenVerifier, provider: FakeProvider
) -> None:
    assert (await verifier.verify(provider.token(header={"org": "firm"}))).subject == "maya"


@pytest.mark.parametrize("audience", [AUDIENCE, [AUDIENCE, "another"]])
async def test_one_of_several_audiences_is_enough(
    verifier: TokenVerifier, provider: FakeProvider, audience: Any
) -> None:
    assert (await verifier.verify(provider.token(aud=audience))).subject == "maya"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"aud": "timepost-system"}, "not meant for the audience timepost-process"),
        ({"aud": ["timepost-system"]}, "not meant for the audience"),
        ({"aud": {}}, "not meant for the audience"),
        ({"iss": "https://evil.example"}, f"not issued by {ISSUER}"),
        ({"iat": int(NOW.timestamp()) + 60}, "claim iat"),
        ({"nbf": int(NOW.timestamp()) + 60}, "claim nbf"),
        ({"exp": "tomorrow"}, "claim exp"),
        ({"exp": 1e300}, "wrong type"),
        ({"client_id": 7}, "wrong type"),
        ({"sub": ""}, "claim sub"),
        ({"header": {"typ": "JWT"}}, r"type is not at\+jwt"),
        ({"header": {"typ": None}}, r"type is not at\+jwt"),
        ({"header": {"kid": "unknown"}}, "no such signing key"),
        ({"header": {"kid": 1}}, "token is not accepted"),
    ],
)
async def test_a_token_that_does_not_fit_is_refused(
    verifier: TokenVerifier, provider: FakeProvider, changes: dict[str, Any], reason: str
) -> None:
    header = changes.get("header")
    token = unchecked(provider, header) if header else provider.token(**changes)

    with pytest.raises(Unauthenticated, match=reason) as caught:
        await verifier.verify(token)

    assert caught.value.code == "token_invalid"
    assert caught.value.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert token not in str(caught.value)


@pytest.mark.parametrize("claim", ["iss", "aud", "exp", "iat", "sub", "jti", "client_id"])
async def test_every_claim_of_rfc_9068_is_needed(
    verifier: TokenVerifier, provider: FakeProvider, claim: str
) -> None:
    with pytest.raises(Unauthenticated, match=f"lacks a claim .*{claim}"):
        await verifier.verify(provider.token(without=(claim,)))


async def test_a_changed_token_is_refused(verifier: TokenVerifier, provider: FakeProvider) -> None:
    header, payload, signature = provider.token().split(".")
    claims = {**json.loads(decoded(payload)), "roles": ["finance.controller"]}

    with pytest.raises(Unauthenticated, match="signature"):
        await verifier.verify(f"{header}.{encoded(claims)}.{signature}")


async def test_another_key_with_the_same_id_is_refused(
    verifier: TokenVerifier, provider: FakeProvider
) -> None:
    with pytest.raises(Unauthenticated, match="signature"):
        await verifier.verify(provider.token(key=ec_key("k1")))


async def test_unsigned_tokens_are_refused(verifier: TokenVerifier, provider: FakeProvider) -> None:
    payload = provider.token().split(".")[1]
    header = encoded({"alg": "none", "typ": "at+jwt", "kid": "k1"})

    with pytest.raises(Unauthenticated, match="signature"):
        await verifier.verify(f"{header}.{payload}.")


async def test_the_public_key_is_no_shared_secret(
    verifier: TokenVerifier, provider: FakeProvider
) -> None:
    payload = provider.token().split(".")[1]
    signed = f"{encoded({'alg': 'HS256', 'typ': 'at+jwt', 'kid': 'k1'})}.{payload}"
    code = hmac.digest(provider.keys[0].as_pem(private=False), signed.encode(), "sha256")

    with pytest.raises(Unauthenticated, match="signature"):
        await verifier.verify(f"{signed}.{urlsafe_b64encode(code).rstrip(b'=').decode()}")


async def test_a_shared_secret_among_the_keys_is_not_used(
    verifier: TokenVerifier, provider: FakeProvider
) -> None:
    secret = OctKey.import_key("x" * 32, {"kid": "shared", "use": "sig"})
    provider.extra_keys = [dict(secret.as_dict(private=True)), {"kty": "unheard-of", "kid": "k0"}]
    claims = json.loads(decoded(provider.token().split(".")[1]))
    header = {"alg": "HS256", "typ": "at+jwt", "kid": "shared"}

    with pytest.raises(Unauthenticated, match="no such signing key"):
        await verifier.verify(jwt.encode(header, claims, secret, algorithms=["HS256"]))
    assert (await verifier.verify(provider.token())).subject == "maya"


async def test_only_the_algorithms_of_the_settings_count(
    http: httpx2.AsyncClient, clock: FixedClock, provider: FakeProvider
) -> None:
    settings = IdentitySettings(issuer=ISSUER, audience=AUDIENCE, algorithms=("RS256",))

    with pytest.raises(Unauthenticated):
        await TokenVerifier(settings, http, clock).verify(provider.token())


@pytest.mark.parametrize("token", ["", "a", "a.b", "a.b.c", "é.é.é", "." * 20, "x" * 20_000])
async def test_what_is_no_token_is_refused(verifier: TokenVerifier, token: str) -> None:
    with pytest.raises(Unauthenticated):
        await verifier.verify(token)


async def test_expiry_leaves_thirty_seconds_for_clocks(
    verifier: TokenVerifier, provider: FakeProvider, clock: FixedClock
) -> None:
    remembered, fresh = provider.token(jti="j-1"), provider.token(jti="j-2")
    await verifier.verify(remembered)

    clock.advance(timedelta(minutes=5, seconds=29))
    assert (await verifier.verify(remembered)).subject == "maya"
    clock.advance(timedelta(seconds=1))

    for token in (remembered, fresh):
        with pytest.raises(Unauthenticated, match="expired") as caught:
            await verifier.verify(token)
        assert caught.value.code == "token_expired"


@pytest.mark.parametrize(
    ("name", "claims", "roles"),
    [
        ("roles", {"roles": ["a", "b", 3]}, {"a", "b"}),
        ("realm_access.roles", {"realm_access": {"roles": ["a"]}}, {"a"}),
        ("https://timepost.example/roles", {"https://timepost.example/roles": ["a"]}, {"a"}),
        ("roles", {"roles": "finance.analyst"}, set()),
        ("realm_access.roles", {"realm_access": ["a"]}, set()),
        ("groups", {}, set()),
    ],
)
async def test_roles_come_from_the_claim_of_the_settings(
    *,
    http: httpx2.AsyncClient,
    clock: FixedClock,
    provider: FakeProvider,
    name: str,
    claims: dict[str, Any],
    roles: set[str],
) -> None:
    settings = IdentitySettings(issuer=ISSUER, audience=AUDIENCE, roles_claim=name)

    caller = await TokenVerifier(settings, http, clock).verify(provider.token(**claims))

    assert caller.roles == roles


async def test_scopes_may_be_a_list_or_absent(
    verifier: TokenVerifier, provider: FakeProvider
) -> None:
    listed = await verifier.verify(provider.token(scope=["a", "b"]))
    absent = await verifier.verify(provider.token(without=("scope",)))

    assert listed.scopes == {"a", "b"}
    assert absent.scopes == frozenset()


async def test_times_are_aware(verifier: TokenVerifier, provider: FakeProvider) -> None:
    caller = await verifier.verify(provider.token(exp=datetime(2026, 7, 1, 9, tzinfo=UTC)))

    assert caller.expires_at == datetime(2026, 7, 1, 9, tzinfo=UTC)


def unchecked(provider: FakeProvider, header: dict[str, Any]) -> str:
    """A token whose header joserfc would not write: the signature is made for another one."""
    _, payload, signature = provider.token().split(".")
    whole = {"alg": "ES256", "kid": "k1", "typ": "at+jwt", **header}
    return f"{encoded(whole)}.{payload}.{signature}"


def encoded(value: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
