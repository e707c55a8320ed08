"""Programs obtain tokens for themselves, for the audiences and scopes they are given."""

import pytest

from deploy.identity.tests.conftest import ISSUER, Server


async def test_a_client_gets_an_rfc_9068_token_for_its_default_audience(server: Server) -> None:
    response = await server.ask("timepost-system", grant_type="client_credentials")

    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert response.json()["scope"] == "events:write"
    header, claims = await server.read(response.json()["access_token"])
    assert header["typ"] == "at+jwt"
    assert header["kid"]
    assert claims["iss"] == ISSUER
    assert claims["aud"] == "timepost-process"
    assert claims["sub"] == claims["client_id"] == "timepost-system"
    assert claims["roles"] == []
    assert claims["exp"] - claims["iat"] == 300
    assert len(claims["jti"]) == 32


@pytest.mark.parametrize("parameter", ["audience", "resource"])
async def test_the_audience_can_be_named_either_way(server: Server, parameter: str) -> None:
    response = await server.ask(
        "timepost-process", grant_type="client_credentials", **{parameter: "timepost-system"}
    )

    _, claims = await server.read(response.json()["access_token"])
    assert claims["aud"] == "timepost-system"


async def test_asking_for_fewer_scopes_gives_fewer(server: Server) -> None:
    response = await server.ask(
        "timepost-process", grant_type="client_credentials", scope="erp:read"
    )

    _, claims = await server.read(response.json()["access_token"])
    assert claims["scope"] == "erp:read"


async def test_the_operator_carries_its_role(server: Server) -> None:
    response = await server.ask("timepost-operator", grant_type="client_credentials")

    _, claims = await server.read(response.json()["access_token"])
    assert claims["roles"] == ["integration.operator"]


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"scope": "erp:post"}, "invalid_scope"),
        ({"scope": "events:write erp:post"}, "invalid_scope"),
        ({"audience": "timepost-system"}, "invalid_target"),
        ({"audience": "timepost-process", "resource": "timepost-system"}, "invalid_target"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": 'quo"te'}, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "x"}, "unauthorized_client"),
    ],
)
async def test_what_a_client_may_not_have_is_refused(
    server: Server, form: dict[str, str], error: str
) -> None:
    response = await server.ask("timepost-system", **{"grant_type": "client_credentials", **form})

    assert response.status_code == 400
    assert response.json()["error"] == error


@pytest.mark.parametrize(
    ("client_id", "secret"),
    [("timepost-system", "wrong"), ("nobody", "secret of nobody"), ("timepost-workbench", "x")],
)
async def test_a_client_that_does_not_prove_itself_is_refused(
    server: Server, client_id: str, secret: str
) -> None:
    response = await server.http.post(
        "/token", data={"grant_type": "client_credentials"}, auth=(client_id, secret)
    )

    assert response.status_code == 401
    assert response.json()["error"] == "invalid_client"
    assert secret not in response.text.replace("nobody", "")


async def test_a_public_client_has_no_token_of_its_own(server: Server) -> None:
    response = await server.ask(grant_type="client_credentials", client_id="timepost-workbench")

    assert response.status_code == 401
