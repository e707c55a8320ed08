"""People sign in through a browser: authorization code with PKCE, S256 and nothing else."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest

from deploy.identity.sign_in import pkce_pair
from deploy.identity.tests.conftest import PASSWORD, WORKBENCH, Server

VERIFIER, CHALLENGE = pkce_pair()


def request_for(**changes: str | None) -> dict[str, str]:
    parameters: dict[str, str | None] = {
        "response_type": "code",
        "client_id": WORKBENCH.client_id,
        "redirect_uri": WORKBENCH.redirect_uri,
        "scope": WORKBENCH.scope,
        "state": "s-1",
        "nonce": "n-1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return {name: value for name, value in parameters.items() if value is not None}


async def submit(server: Server, query: dict[str, str], **form: str) -> httpx2.Response:
    data = {"subject": "maya", "password": PASSWORD, **form}
    return await server.http.post("/authorize", params=query, data=data)


def returned(response: httpx2.Response) -> dict[str, str]:
    assert response.status_code == 302
    target = urlsplit(response.headers["location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == WORKBENCH.redirect_uri
    return {name: values[0] for name, values in parse_qs(target.query).items()}


async def redeem(server: Server, code: str, /, **changes: str) -> httpx2.Response:
    form = {
        "grant_type": "authorization_code",
        "client_id": WORKBENCH.client_id,
        "redirect_uri": WORKBENCH.redirect_uri,
        "code": code,
        "code_verifier": VERIFIER,
        **changes,
    }
    return await server.http.post("/token", data=form)


async def test_a_person_signs_in_and_is_named_in_both_tokens(server: Server) -> None:
    back = returned(await submit(server, request_for()))
    tokens = (await redeem(server, back["code"])).json()

    assert back["state"] == "s-1"
    header, claims = await server.read(tokens["access_token"])
    assert header["typ"] == "at+jwt"
    assert claims["sub"] == "maya"
    assert claims["client_id"] == WORKBENCH.client_id
    assert claims["aud"] == "timepost-experience"
    assert claims["roles"] == ["finance.analyst"]
    assert set(claims["scope"].split()) == {"openid", "cases:read", "cases:write"}
    id_header, id_claims = await server.read(tokens["id_token"])
    assert id_header["typ"] == "JWT"
    assert id_claims["aud"] == WORKBENCH.client_id
    assert id_claims["nonce"] == "n-1"
    assert "refresh_token" not in tokens


async def test_without_openid_there_is_no_id_token(server: Server) -> None:
    back = returned(await submit(server, request_for(scope="cases:read")))

    tokens = (await redeem(server, back["code"])).json()

    assert "id_token" not in tokens
    assert tokens["scope"] == "cases:read"


async def test_the_page_is_a_labelled_form_without_scripts(server: Server) -> None:
    response = await server.http.get("/authorize", params=request_for(login_hint="carl"))

    assert response.status_code == 200
    for subject in ("maya", "carl", "stella", "ivan", "petra", "ines", "ada"):
        assert f'<input type="radio" name="subject" value="{subject}"' in response.text
    assert 'value="carl" required checked' in response.text
    assert "<legend>Sign in as</legend>" in response.text
    assert 'type="password"' in response.text
    assert "<script" not in response.text
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self' http://127.0.0.1:8300;" in policy


async def test_what_the_request_says_is_escaped_on_the_page(server: Server) -> None:
    query = request_for(state='"><script>alert(1)</script>')

    response = await server.http.get("/authorize", params=query)

    assert "<script" not in response.text


@pytest.mark.parametrize("form", [{"password": "wrong"}, {"subject": "mallory"}, {"subject": ""}])
async def test_a_wrong_password_or_person_is_told_so(server: Server, form: dict[str, str]) -> None:
    response = await submit(server, request_for(), **form)

    assert response.status_code == 401
    assert 'role="alert"' in response.text
    assert "wrong" not in response.text


async def test_cancelling_goes_back_to_the_client(server: Server) -> None:
    back = returned(await submit(server, request_for(), decision="cancel"))

    assert back["error"] == "access_denied"
    assert back["state"] == "s-1"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"scope": "erp:post"}, "invalid_scope"),
        ({"resource": "timepost-system"}, "invalid_target"),
        ({"response_type": "token"}, "unsupported_response_type"),
    ],
)
async def test_a_refusal_is_sent_to_the_client(
    server: Server, changes: dict[str, str | None], error: str
) -> None:
    response = await server.http.get("/authorize", params=request_for(**changes))

    back = returned(response)
    assert back["error"] == error
    assert back["state"] == "s-1"


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "http://127.0.0.1:8300/elsewhere"},
        {"redirect_uri": "https://evil.example/auth/callback"},
        {"redirect_uri": 'http://127.0.0.1:8300/"'},
        {"client_id": "nobody"},
        {"client_id": None},
    ],
)
async def test_nobody_is_sent_to_an_unknown_place(
    server: Server, changes: dict[str, str | None]
) -> None:
    response = await server.http.get("/authorize", params=request_for(**changes))

    assert response.status_code in (400, 401)
    assert "location" not in response.headers


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": pkce_pair()[0]}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_request"),
        ({"redirect_uri": "http://127.0.0.1:8300/elsewhere"}, "invalid_grant"),
        ({"code": "made-up"}, "invalid_grant"),
        ({"client_id": "nobody"}, "invalid_client"),
    ],
)
async def test_a_code_is_worth_nothing_without_everything_else(
    server: Server, changes: dict[str, Any], error: str
) -> None:
    back = returned(await submit(server, request_for()))

    refused = await redeem(server, back["code"], **changes)

    assert refused.status_code in (400, 401)
    assert refused.json()["error"] == error


async def test_a_code_is_spent_by_the_first_attempt(server: Server) -> None:
    back = returned(await submit(server, request_for()))

    first = await redeem(server, back["code"], code_verifier=pkce_pair()[0])
    second = await redeem(server, back["code"])

    assert first.json()["error"] == second.json()["error"] == "invalid_grant"


async def test_a_code_ends_after_a_minute(server: Server) -> None:
    back = returned(await submit(server, request_for()))
    server.clock.advance(timedelta(seconds=60))

    assert (await redeem(server, back["code"])).json()["error"] == "invalid_grant"


async def test_repeated_parameters_are_refused(server: Server) -> None:
    query = f"{urlencode(request_for())}&client_id=timepost-experience"

    response = await server.http.get(f"/authorize?{query}")

    assert "invalid_request" in response.text + response.headers.get("location", "")
