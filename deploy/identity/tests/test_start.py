"""What the server needs to start, and what it keeps over a restart."""

import stat
from pathlib import Path

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from pydantic import ValidationError

from deploy.identity.app import create_app
from deploy.identity.settings import IdentityServerSettings
from deploy.identity.tests.conftest import ISSUER, PASSWORD, Server
from shared.problems import ConfigurationError


async def test_production_is_refused_and_the_way_out_named(
    settings: IdentityServerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMEPOST_ENVIRONMENT", "Production")
    again = IdentityServerSettings(**settings.model_dump(exclude={"environment"}))

    with pytest.raises(ConfigurationError, match="TIMEPOST_ENVIRONMENT=production") as caught:
        create_app(again)

    assert "identity.issuer" in caught.value.action


async def test_settings_come_from_the_environment(
    settings: IdentityServerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = "TIMEPOST_IDENTITY_SERVER_"
    monkeypatch.setenv(f"{prefix}ISSUER", ISSUER)
    monkeypatch.setenv(f"{prefix}STATE_DIR", str(settings.state_dir))
    monkeypatch.setenv(f"{prefix}LOGIN_PASSWORD", PASSWORD)
    monkeypatch.setenv(
        f"{prefix}CLIENT_SECRETS",
        '{"timepost-system": "a", "timepost-process": "b", "timepost-experience": "c",'
        ' "timepost-operator": "d"}',
    )
    transport = httpx2.ASGITransport(create_app())

    async with httpx2.AsyncClient(transport=transport, base_url=ISSUER) as http:
        form = {"grant_type": "client_credentials"}
        response = await http.post("/token", data=form, auth=("timepost-operator", "d"))

    assert response.status_code == 200


async def test_a_client_without_a_secret_stops_the_start(settings: IdentityServerSettings) -> None:
    incomplete = settings.model_copy(update={"client_secrets": {}})

    with pytest.raises(ConfigurationError, match="timepost-system, timepost-process"):
        create_app(incomplete)


async def test_a_wrong_directory_file_is_named(
    settings: IdentityServerSettings, tmp_path: Path
) -> None:
    file = tmp_path / "people.toml"
    file.write_text("[[users]]\nsubject = 1\n", encoding="utf-8")

    with pytest.raises(ConfigurationError, match=r"people\.toml"):
        create_app(settings.model_copy(update={"directory_file": file}))


@pytest.mark.parametrize("issuer", ["127.0.0.1:8400", "http://127.0.0.1:8400/oidc", "ftp://x"])
async def test_an_issuer_is_an_origin(settings: IdentityServerSettings, issuer: str) -> None:
    with pytest.raises(ValidationError, match="must be an origin"):
        IdentityServerSettings(**{**settings.model_dump(), "issuer": issuer})


async def test_a_token_outlives_a_restart(server: Server, settings: IdentityServerSettings) -> None:
    issued = await server.ask("timepost-system", grant_type="client_credentials")
    restarted = httpx2.ASGITransport(create_app(settings))

    async with httpx2.AsyncClient(transport=restarted, base_url=ISSUER) as http:
        keys = KeySet.import_key_set((await http.get("/jwks.json")).json())

    decoded = jwt.decode(issued.json()["access_token"], keys, algorithms=["ES256"])
    assert decoded.claims["sub"] == "timepost-system"


async def test_the_key_is_for_its_owner_only_and_is_not_published(
    server: Server, settings: IdentityServerSettings
) -> None:
    (file,) = settings.state_dir.iterdir()
    (published,) = (await server.http.get("/jwks.json")).json()["keys"]

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "d" not in published
    assert published["use"] == "sig"


async def test_a_damaged_key_is_not_replaced_silently(settings: IdentityServerSettings) -> None:
    create_app(settings)
    (file,) = settings.state_dir.iterdir()
    file.write_text("{}", encoding="utf-8")

    with pytest.raises(ConfigurationError, match=r"signing-key\.json"):
        create_app(settings)


async def test_the_discovery_document_names_every_endpoint(server: Server) -> None:
    document = (await server.http.get("/.well-known/openid-configuration")).json()

    assert document["issuer"] == ISSUER
    assert document["token_endpoint"] == f"{ISSUER}/token"
    assert document["jwks_uri"] == f"{ISSUER}/jwks.json"
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert "cases:write" in document["scopes_supported"]
