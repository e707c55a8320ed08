"""A service acts for a person: the rules of token exchange."""

import pytest

from deploy.identity.access_tokens import AccessTokens
from deploy.identity.app import create_app
from deploy.identity.directory import User, load_directory
from deploy.identity.settings import IdentityServerSettings
from deploy.identity.signing_key import load_or_create_signing_key
from deploy.identity.tests.conftest import ISSUER, Server
from deploy.identity.token_exchange import ACCESS_TOKEN, GRANT


async def exchange(server: Server, token: str, **changes: str) -> dict[str, str]:
    form = {
        "grant_type": GRANT,
        "subject_token": token,
        "subject_token_type": ACCESS_TOKEN,
        **changes,
    }
    answer: dict[str, str] = (await server.ask("timepost-experience", **form)).json()
    return answer


async def test_the_new_token_names_the_person_and_who_acts(server: Server) -> None:
    user = await server.user("carl")

    answer = await exchange(server, user.access_token, audience="timepost-process")

    assert answer["issued_token_type"] == ACCESS_TOKEN
    header, claims = await server.read(answer["access_token"])
    assert header["typ"] == "at+jwt"
    assert claims["sub"] == "carl"
    assert claims["client_id"] == "timepost-experience"
    assert claims["act"] == {"sub": "timepost-experience"}
    assert claims["aud"] == "timepost-process"
    assert claims["roles"] == ["finance.controller"]
    assert claims["scope"] == "cases:read cases:write"


async def test_scopes_shrink(server: Server) -> None:
    user = await server.user()

    answer = await exchange(server, user.access_token, scope="cases:read")

    _, claims = await server.read(answer["access_token"])
    assert claims["scope"] == "cases:read"


async def test_scopes_never_grow(server: Server) -> None:
    user = await server.user(scope="cases:read")

    answer = await exchange(server, user.access_token, scope="cases:read cases:write")

    assert answer["error"] == "invalid_scope"


async def test_nothing_left_to_grant_is_a_refusal(server: Server) -> None:
    user = await server.user(scope="openid")

    assert (await exchange(server, user.access_token))["error"] == "invalid_scope"


async def test_the_chain_of_actors_is_kept(
    server: Server, settings: IdentityServerSettings
) -> None:
    earlier = User(subject="maya", name="Maya", actor={"sub": "timepost-portal"})

    answer = await exchange(server, issued(settings, earlier))

    _, claims = await server.read(answer["access_token"])
    assert claims["act"] == {"sub": "timepost-experience", "act": {"sub": "timepost-portal"}}


async def test_the_new_token_does_not_outlive_the_old_one(
    server: Server, settings: IdentityServerSettings
) -> None:
    maya = User(subject="maya", name="Maya")

    answer = await exchange(server, issued(settings, maya, lifetime_seconds=40))

    _, claims = await server.read(answer["access_token"])
    assert claims["exp"] - claims["iat"] <= 40


async def test_only_tokens_meant_for_the_client_are_exchanged(
    server: Server, settings: IdentityServerSettings
) -> None:
    maya = User(subject="maya", name="Maya")

    answer = await exchange(server, issued(settings, maya, audience="timepost-process"))

    assert answer["error"] == "invalid_grant"


async def test_an_expired_token_is_not_exchanged(
    server: Server, settings: IdentityServerSettings
) -> None:
    maya = User(subject="maya", name="Maya")

    answer = await exchange(server, issued(settings, maya, lifetime_seconds=-1))

    assert answer["error"] == "invalid_grant"


async def test_a_token_that_somebody_else_signed_is_not_exchanged(
    server: Server, settings: IdentityServerSettings
) -> None:
    other = settings.model_copy(update={"state_dir": settings.state_dir / "other"})
    create_app(other)

    answer = await exchange(server, issued(other, User(subject="maya", name="Maya")))

    assert answer["error"] == "invalid_grant"


async def test_an_id_token_is_no_permission(server: Server) -> None:
    user = await server.user()

    assert (await exchange(server, str(user.id_token)))["error"] == "invalid_grant"


async def test_a_programs_own_token_is_not_exchanged(
    server: Server, settings: IdentityServerSettings
) -> None:
    assert (await exchange(server, issued(settings, None)))["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"audience": "timepost-system"}, "invalid_target"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:id_token"}, "invalid_request"),
        ({"requested_token_type": "urn:ietf:params:oauth:token-type:jwt"}, "invalid_request"),
        ({"actor_token": "x"}, "invalid_request"),
        ({"subject_token": ""}, "invalid_grant"),
        ({"subject_token": "no.jwt"}, "invalid_grant"),
    ],
)
async def test_what_is_not_offered_is_refused(
    server: Server, changes: dict[str, str], error: str
) -> None:
    user = await server.user()

    assert (await exchange(server, user.access_token, **changes))["error"] == error


async def test_a_client_that_may_not_exchange_is_refused(server: Server) -> None:
    user = await server.user()

    response = await server.ask(
        "timepost-system",
        grant_type=GRANT,
        subject_token=user.access_token,
        subject_token_type=ACCESS_TOKEN,
    )

    assert response.status_code == 400
    assert response.json()["error"] == "unauthorized_client"


def issued(
    settings: IdentityServerSettings,
    user: User | None,
    *,
    audience: str = "timepost-experience",
    lifetime_seconds: int = 300,
) -> str:
    """A token as the server issues it, but for cases that no grant leads to."""
    key = load_or_create_signing_key(settings.state_dir)
    client = load_directory(settings).client("timepost-workbench")
    generator = AccessTokens(ISSUER, key, audience, lifetime_seconds)
    token = generator("authorization_code", client, user=user, scope="cases:read")
    return str(token["access_token"])
