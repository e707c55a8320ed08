"""The tier with a tracker that has no approvals: Timepost gives them."""

from pathlib import Path

import pytest

from deploy.identity.in_thread import RunningIdentityServer
from deploy.identity.sign_in import BrowserClient, sign_in
from process_apis.settings import ProcessSettings
from process_apis.tests.approvals.people import PEOPLE, Office, Tokens
from process_apis.tests.conftest import Tier
from shared.http_client import HttpClient
from shared.identity import IdentitySettings, ServiceTokens, TokenVerifier

_BROWSER_SCOPE = "openid approvals:read approvals:write"


@pytest.fixture
def approvals_toml() -> str:
    """How approvals are given; modules that want it otherwise override this."""
    return """
        [[connections]]
        name = "clockify-main"
        mode = "timepost"
        approvers = { default = "Petra@Example.com", by_project = { HR-0987 = "carl@example.com" } }
    """


@pytest.fixture
def settings(settings: ProcessSettings, approvals_toml: str, tmp_path: Path) -> ProcessSettings:
    """With an approvals file."""
    path = tmp_path / "approvals.toml"
    path.write_text(approvals_toml + PEOPLE, encoding="utf-8")
    return settings.model_copy(update={"approvals_file": path})


@pytest.fixture(scope="session")
def tokens() -> Tokens:
    """What was obtained so far; signing in takes its time."""
    return {}


@pytest.fixture
async def office(tier: Tier, identity: RunningIdentityServer, tokens: Tokens) -> Office:
    """The tier and the people who call it."""
    for subject in ("ada", "petra", "carl", "maya"):
        if subject not in tokens:
            tokens[subject] = await _token(identity, subject)
    return Office(tier, tokens)


async def _token(identity: RunningIdentityServer, subject: str) -> str:
    """As it comes through the experience tier: signed in there, exchanged for this one."""
    browser = BrowserClient(
        identity.workbench.issuer,
        identity.workbench.client_id,
        identity.workbench.redirect_uri,
        _BROWSER_SCOPE,
    )
    settings = IdentitySettings(
        issuer=identity.issuer,
        audience="timepost-experience",
        client_id="timepost-experience",
        client_secret=identity.client_secrets["timepost-experience"],
    )
    async with HttpClient(name="identity") as http:
        password = identity.login_password.get_secret_value()
        signed_in = await sign_in(http.library_client, browser, subject, password)
        caller = await TokenVerifier(settings, http.library_client).verify(signed_in.access_token)
        return await ServiceTokens(settings, http.library_client).exchange_token(
            caller, "timepost-process", ["approvals:read", "approvals:write"]
        )
