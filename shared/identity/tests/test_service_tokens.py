"""Tokens for calls to the tier below: obtained rarely, and clear when refused."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs

import httpx2
import pytest
from pydantic import SecretStr

from shared.identity import IdentitySettings, Principal, ServiceTokens
from shared.identity.tests.conftest import AUDIENCE, ISSUER, NOW, FakeProvider
from shared.problems import (
    ConfigurationError,
    Forbidden,
    TimepostProblem,
    Unauthenticated,
    UpstreamUnavailable,
)
from shared.values import FixedClock

SECRET = "s:e/c ret%"


class TokenEndpointLog:
    """Answers with numbered tokens and keeps what it was asked."""

    def __init__(self, provider: FakeProvider, lifetime: int = 300) -> None:
        self.requests: list[httpx2.Request] = []
        self.lifetime = lifetime
        provider.token_answer = self.answer

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        body = {"access_token": f"token-{len(self.requests)}", "expires_in": self.lifetime}
        return httpx2.Response(200, json=body)

    def forms(self) -> list[dict[str, str]]:
        return [
            {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
            for request in self.requests
        ]


@pytest.fixture
def endpoint(provider: FakeProvider) -> TokenEndpointLog:
    return TokenEndpointLog(provider)


@pytest.fixture
def client_settings() -> IdentitySettings:
    return IdentitySettings(
        issuer=ISSUER,
        audience=AUDIENCE,
        client_id="timepost-process",
        client_secret=SecretStr(SECRET),
    )


@pytest.fixture
def tokens(
    client_settings: IdentitySettings, http: httpx2.AsyncClient, clock: FixedClock
) -> ServiceTokens:
    return ServiceTokens(client_settings, http, clock)


def caller(token: str = "of-maya") -> Principal:  # noqa: S107 - made up
    return Principal(
        subject="maya",
        client_id="timepost-workbench",
        scopes=frozenset({"cases:read"}),
        roles=frozenset(),
        actors=(),
        expires_at=NOW + timedelta(minutes=5),
        token=token,
    )


async def test_a_token_is_asked_for_with_the_clients_secret(
    tokens: ServiceTokens, endpoint: TokenEndpointLog
) -> None:
    token = await tokens.token("timepost-system", {"erp:post", "erp:read"})

    assert token == "token-1"
    assert endpoint.forms() == [
        {
            "grant_type": "client_credentials",
            "audience": "timepost-system",
            "scope": "erp:post erp:read",
        }
    ]
    # RFC 6749 section 2.3.1: identifier and secret are form-encoded first.
    expected = httpx2.BasicAuth("timepost-process", "s%3Ae%2Fc%20ret%25")
    signed = next(expected.auth_flow(httpx2.Request("POST", ISSUER)))
    assert endpoint.requests[0].headers["Authorization"] == signed.headers["Authorization"]


async def test_the_audience_may_go_as_resource(
    client_settings: IdentitySettings, http: httpx2.AsyncClient, endpoint: TokenEndpointLog
) -> None:
    settings = client_settings.model_copy(update={"audience_parameter": "resource"})

    await ServiceTokens(settings, http).token("https://timepost.example/system")

    assert endpoint.forms() == [
        {"grant_type": "client_credentials", "resource": "https://timepost.example/system"}
    ]


async def test_a_token_is_used_until_shortly_before_it_expires(
    tokens: ServiceTokens, endpoint: TokenEndpointLog, clock: FixedClock
) -> None:
    first = await tokens.token("timepost-system")
    clock.advance(timedelta(seconds=269))
    second = await tokens.token("timepost-system")
    clock.advance(timedelta(seconds=1))
    third = await tokens.token("timepost-system")

    assert (first, second, third) == ("token-1", "token-1", "token-2")


async def test_audiences_and_scopes_have_their_own_tokens(
    tokens: ServiceTokens, endpoint: TokenEndpointLog
) -> None:
    await tokens.token("timepost-system", ["erp:read"])
    await tokens.token("timepost-system", ["erp:post"])
    await tokens.token("timepost-other", ["erp:read"])
    await tokens.token("timepost-system", ["erp:read"])

    assert len(endpoint.requests) == 3


async def test_callers_that_wait_share_one_request(
    tokens: ServiceTokens, endpoint: TokenEndpointLog
) -> None:
    obtained = await asyncio.gather(*(tokens.token("timepost-system") for _ in range(20)))

    assert set(obtained) == {"token-1"}
    assert len(endpoint.requests) == 1


async def test_a_caller_that_gives_up_does_not_stop_the_others(
    client_settings: IdentitySettings, provider: FakeProvider, clock: FixedClock
) -> None:
    TokenEndpointLog(provider)
    may_answer = asyncio.Event()

    async def slow(request: httpx2.Request) -> httpx2.Response:
        await may_answer.wait()
        return await provider.answer(request)

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(slow)) as http:
        tokens = ServiceTokens(client_settings, http, clock)
        first = asyncio.create_task(tokens.token("timepost-system"))
        second = asyncio.create_task(tokens.token("timepost-system"))
        await asyncio.sleep(0)
        first.cancel()
        may_answer.set()

        assert await second == "token-1"
    assert first.cancelled()


async def test_a_token_about_to_expire_serves_while_the_provider_is_down(
    tokens: ServiceTokens, endpoint: TokenEndpointLog, provider: FakeProvider, clock: FixedClock
) -> None:
    await tokens.token("timepost-system")
    provider.down = True

    clock.advance(timedelta(seconds=299))
    assert await tokens.token("timepost-system") == "token-1"
    clock.advance(timedelta(seconds=1))
    with pytest.raises(UpstreamUnavailable):
        await tokens.token("timepost-system")


async def test_a_token_without_lifetime_is_used_once(
    tokens: ServiceTokens, provider: FakeProvider
) -> None:
    endpoint = TokenEndpointLog(provider, lifetime=0)

    await tokens.token("timepost-system")
    await tokens.token("timepost-system")

    assert len(endpoint.requests) == 2


async def test_a_client_sends_the_token_with_each_request(
    tokens: ServiceTokens, endpoint: TokenEndpointLog
) -> None:
    seen: list[str] = []

    def below(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.headers["Authorization"])
        return httpx2.Response(204)

    auth = tokens.authentication("timepost-system", ["erp:read"])
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(below), auth=auth) as client:
        await client.get("https://system.example/a")
        await client.get("https://system.example/b")

    assert seen == ["Bearer token-1", "Bearer token-1"]


async def test_a_users_token_is_exchanged_once_per_audience_and_scopes(
    tokens: ServiceTokens, endpoint: TokenEndpointLog
) -> None:
    first = await tokens.exchange_token(caller(), "timepost-process", ["cases:read"])
    again = await tokens.exchange_token(caller(), "timepost-process", ["cases:read"])
    wider = await tokens.exchange_token(caller(), "timepost-process")
    other = await tokens.exchange_token(caller("of-carl"), "timepost-process")

    assert (first, again, wider, other) == ("token-1", "token-1", "token-2", "token-3")
    assert endpoint.forms()[0] == {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": "of-maya",
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "audience": "timepost-process",
        "scope": "cases:read",
    }


def refusing(status: int, **body: str) -> Callable[[httpx2.Request], httpx2.Response]:
    return lambda request: httpx2.Response(status, json=body)


@pytest.mark.parametrize(
    ("status", "error", "problem", "code"),
    [
        (401, "invalid_client", ConfigurationError, "identity_client_refused"),
        (400, "unauthorized_client", ConfigurationError, "identity_client_refused"),
        (400, "invalid_target", ConfigurationError, "identity_client_refused"),
        (400, "invalid_scope", Forbidden, "scope_missing"),
        (400, "invalid_grant", Unauthenticated, "token_not_exchangeable"),
        (500, "server_error", UpstreamUnavailable, "identity_provider_unavailable"),
        (429, "slow_down", UpstreamUnavailable, "identity_provider_unavailable"),
    ],
)
async def test_a_refusal_says_who_acts(
    *,
    tokens: ServiceTokens,
    provider: FakeProvider,
    status: int,
    error: str,
    problem: type[TimepostProblem],
    code: str,
) -> None:
    provider.token_answer = refusing(status, error=error)

    with pytest.raises(problem) as caught:
        await tokens.exchange_token(caller(), "timepost-process")

    assert caught.value.code == code
    assert SECRET not in str(caught.value)
    assert "of-maya" not in str(caught.value)


async def test_an_answer_that_is_no_token_is_not_quoted(
    tokens: ServiceTokens, provider: FakeProvider
) -> None:
    provider.token_answer = lambda request: httpx2.Response(
        200, json={"access_token": ["leaked-token"]}
    )

    with pytest.raises(UpstreamUnavailable) as caught:
        await tokens.token("timepost-system")

    assert "leaked-token" not in str(caught.value)
    assert "leaked-token" not in repr(caught.value.__cause__)


async def test_a_refusal_that_is_not_json_is_still_a_refusal(
    tokens: ServiceTokens, provider: FakeProvider
) -> None:
    provider.token_answer = lambda request: httpx2.Response(403, text="<html>no</html>")

    with pytest.raises(ConfigurationError, match="HTTP 403"):
        await tokens.token("timepost-system")


async def test_a_tier_without_a_client_is_told_what_to_set(
    settings: IdentitySettings, http: httpx2.AsyncClient
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        await ServiceTokens(settings, http).token("timepost-system")

    assert "identity.client_secret" in caught.value.action


async def test_a_provider_without_token_endpoint_is_named(
    tokens: ServiceTokens, provider: FakeProvider
) -> None:
    del provider.metadata["token_endpoint"]

    with pytest.raises(ConfigurationError, match="names no token endpoint"):
        await tokens.token("timepost-system")


async def test_failures_are_not_kept(
    tokens: ServiceTokens, endpoint: TokenEndpointLog, provider: FakeProvider
) -> None:
    provider.down = True
    with pytest.raises(UpstreamUnavailable):
        await tokens.token("timepost-system")
    provider.down = False

    assert await tokens.token("timepost-system") == "token-1"
