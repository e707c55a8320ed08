"""How often the provider is asked, and what happens while it is down."""

import asyncio
from datetime import timedelta

import httpx2
import pytest

from shared.identity import IdentitySettings, TokenVerifier
from shared.identity.tests.conftest import AUDIENCE, ISSUER, FakeProvider, ec_key
from shared.problems import ConfigurationError, Unauthenticated, UpstreamUnavailable
from shared.values import FixedClock


async def test_many_tokens_at_once_cost_one_fetch(
    verifier: TokenVerifier, provider: FakeProvider
) -> None:
    tokens = [provider.token(jti=f"j-{number}") for number in range(20)]

    await asyncio.gather(*(verifier.verify(token) for token in tokens))

    assert provider.key_fetches == 1


async def test_a_new_key_is_found_at_once(
    verifier: TokenVerifier, provider: FakeProvider, clock: FixedClock
) -> None:
    await verifier.verify(provider.token())
    provider.keys = [ec_key("k2")]
    clock.advance(timedelta(seconds=10))

    assert (await verifier.verify(provider.token())).subject == "maya"
    assert provider.key_fetches == 2


async def test_made_up_key_ids_do_not_become_requests(
    verifier: TokenVerifier, provider: FakeProvider, clock: FixedClock
) -> None:
    await verifier.verify(provider.token())

    for number in range(30):
        clock.advance(timedelta(seconds=1))
        with pytest.raises(Unauthenticated, match="no such signing key"):
            await verifier.verify(provider.token(key=ec_key(f"made-up-{number}")))

    assert provider.key_fetches == 4  # One per ten seconds, and the first.


async def test_keys_are_read_again_after_ten_minutes(
    verifier: TokenVerifier, provider: FakeProvider, clock: FixedClock
) -> None:
    await verifier.verify(provider.token())
    withdrawn = provider.keys[0]
    provider.keys = [ec_key("k2")]

    clock.advance(timedelta(minutes=9, seconds=59))
    assert (await verifier.verify(provider.token(key=withdrawn, jti="j-2"))).subject == "maya"
    clock.advance(timedelta(seconds=1))

    with pytest.raises(Unauthenticated, match="no such signing key"):
        await verifier.verify(provider.token(key=withdrawn, jti="j-3"))


async def test_known_keys_serve_while_the_provider_is_down(
    verifier: TokenVerifier, provider: FakeProvider, clock: FixedClock
) -> None:
    await verifier.verify(provider.token())
    provider.down = True
    clock.advance(timedelta(hours=8))

    assert (await verifier.verify(provider.token(jti="j-2"))).subject == "maya"
    assert await verifier.ready()


async def test_an_unknown_key_while_the_provider_is_down_is_nobodys_fault(
    verifier: TokenVerifier, provider: FakeProvider, clock: FixedClock
) -> None:
    await verifier.verify(provider.token())
    provider.down = True
    clock.advance(timedelta(seconds=10))

    with pytest.raises(UpstreamUnavailable) as caught:
        await verifier.verify(provider.token(key=ec_key("k2")))

    assert caught.value.code == "identity_provider_unavailable"
    assert caught.value.retry_after == 5


async def test_not_ready_until_keys_were_obtained(
    verifier: TokenVerifier, provider: FakeProvider, clock: FixedClock
) -> None:
    provider.down = True
    assert not await verifier.ready()
    with pytest.raises(UpstreamUnavailable):
        await verifier.verify(provider.token())

    provider.down = False
    clock.advance(timedelta(seconds=10))
    assert await verifier.ready()
    assert (await verifier.verify(provider.token())).subject == "maya"


async def test_an_empty_answer_does_not_replace_good_keys(
    verifier: TokenVerifier, provider: FakeProvider, clock: FixedClock
) -> None:
    token = provider.token()
    await verifier.verify(token)
    provider.keys = []
    clock.advance(timedelta(minutes=1))
    provider_key_gone = ec_key("k9")

    with pytest.raises(UpstreamUnavailable):
        await verifier.verify(provider.token(key=provider_key_gone))
    assert (await verifier.verify(token)).subject == "maya"
    assert await verifier.ready()


async def test_a_clock_set_back_does_not_freeze_the_keys(
    verifier: TokenVerifier, provider: FakeProvider, clock: FixedClock
) -> None:
    await verifier.verify(provider.token())
    clock.advance(timedelta(hours=-2))
    provider.keys = [ec_key("k2")]

    assert (await verifier.verify(provider.token())).subject == "maya"


async def test_another_issuer_at_the_address_is_not_trusted(
    verifier: TokenVerifier, provider: FakeProvider
) -> None:
    provider.metadata["issuer"] = "https://evil.example"

    assert not await verifier.ready()
    with pytest.raises(ConfigurationError, match=r"calls itself https://evil\.example"):
        await verifier.verify(provider.token())


async def test_an_address_in_the_settings_needs_no_discovery(
    http: httpx2.AsyncClient, clock: FixedClock, provider: FakeProvider
) -> None:
    provider.metadata = {}
    settings = IdentitySettings(issuer=ISSUER, audience=AUDIENCE, jwks_uri=f"{ISSUER}/keys")

    assert (await TokenVerifier(settings, http, clock).verify(provider.token())).subject == "maya"


async def test_something_else_than_a_discovery_document_is_named(
    verifier: TokenVerifier, provider: FakeProvider
) -> None:
    provider.metadata = {"hello": "world"}

    with pytest.raises(ConfigurationError, match="not an OpenID discovery document"):
        await verifier.verify(provider.token())
