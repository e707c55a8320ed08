"""Timepost's two halves of identity together, over real HTTP: server and verification."""

from dataclasses import replace

import httpx2
import pytest

from deploy.identity.in_thread import RunningIdentityServer
from deploy.identity.sign_in import sign_in
from shared.identity import IdentitySettings, ServiceTokens, TokenVerifier
from shared.problems import ConfigurationError, Forbidden, Unauthenticated, UpstreamRefused
from tests.identity.conftest import CountingClient


def settings_of(server: RunningIdentityServer, name: str) -> IdentitySettings:
    """Of the tier whose audience is also its client id."""
    return IdentitySettings(
        issuer=server.issuer,
        audience=name,
        client_id=name,
        client_secret=server.client_secrets[name],
    )


async def signed_in(server: RunningIdentityServer, http: httpx2.AsyncClient, subject: str) -> str:
    password = server.login_password.get_secret_value()
    return (await sign_in(http, server.workbench, subject, password)).access_token


async def test_a_user_reaches_the_process_tier_through_the_experience_tier(
    identity_server: RunningIdentityServer, network: CountingClient
) -> None:
    experience = settings_of(identity_server, "timepost-experience")
    process = TokenVerifier(settings_of(identity_server, "timepost-process"), network.http)
    tokens = ServiceTokens(experience, network.http)
    token = await signed_in(identity_server, network.http, "carl")
    caller = await TokenVerifier(experience, network.http).verify(token)

    exchanged = await tokens.exchange_token(caller, "timepost-process", ["cases:write"])
    seen_below = await process.verify(exchanged)

    assert seen_below.subject == "carl"
    assert seen_below.is_user
    assert seen_below.client_id == "timepost-experience"
    assert seen_below.actors == ("timepost-experience",)
    assert seen_below.roles == {"finance.controller"}
    assert seen_below.scopes == {"cases:write"}
    assert seen_below.expires_at <= caller.expires_at
    with pytest.raises(Unauthenticated, match="audience timepost-process"):
        await process.verify(token)


async def test_exchanging_again_costs_no_request(
    identity_server: RunningIdentityServer, network: CountingClient
) -> None:
    experience = settings_of(identity_server, "timepost-experience")
    tokens = ServiceTokens(experience, network.http)
    token = await signed_in(identity_server, network.http, "maya")
    caller = await TokenVerifier(experience, network.http).verify(token)
    network.asked.clear()

    first = await tokens.exchange_token(caller, "timepost-process")
    second = await tokens.exchange_token(caller, "timepost-process")

    assert first == second
    assert network.asked.count("/token") == 1


async def test_scopes_beyond_the_users_are_forbidden(
    identity_server: RunningIdentityServer, network: CountingClient
) -> None:
    experience = settings_of(identity_server, "timepost-experience")
    token = await signed_in(identity_server, network.http, "maya")
    caller = await TokenVerifier(experience, network.http).verify(token)

    with pytest.raises(Forbidden):
        await ServiceTokens(experience, network.http).exchange_token(
            caller, "timepost-process", ["quarantine:read"]
        )


async def test_an_audience_that_is_not_ours_needs_an_operator(
    identity_server: RunningIdentityServer, network: CountingClient
) -> None:
    system = settings_of(identity_server, "timepost-system")

    with pytest.raises(ConfigurationError, match="invalid_target"):
        await ServiceTokens(system, network.http).token("timepost-experience")


async def test_a_wrong_password_gives_no_tokens(
    identity_server: RunningIdentityServer, network: CountingClient
) -> None:
    with pytest.raises(UpstreamRefused, match="HTTP 401"):
        await sign_in(network.http, identity_server.workbench, "maya", "not it")


async def test_only_known_places_get_codes(
    identity_server: RunningIdentityServer, network: CountingClient
) -> None:
    elsewhere = replace(identity_server.workbench, redirect_uri="http://127.0.0.1/elsewhere")

    with pytest.raises(UpstreamRefused, match="HTTP 400"):
        await sign_in(network.http, elsewhere, "maya", "any")


async def test_a_thousand_calls_cost_one_reading_of_the_keys(
    identity_server: RunningIdentityServer, network: CountingClient
) -> None:
    tokens = ServiceTokens(settings_of(identity_server, "timepost-system"), network.http)
    process = TokenVerifier(settings_of(identity_server, "timepost-process"), network.http)

    for _ in range(1000):
        token = await tokens.token("timepost-process", ["events:write"])
        caller = await process.verify(token)

    assert caller.scopes == {"events:write"}
    assert network.asked.count("/jwks.json") == 1
    assert network.asked.count("/token") == 1
