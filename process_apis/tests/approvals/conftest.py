"""The tier with a tracker that has no approvals: Timepost gives them."""

from pathlib import Path

import pytest

from deploy.identity.in_thread import RunningIdentityServer
from process_apis.settings import ProcessSettings
from process_apis.tests.approvals.people import PEOPLE, Office, Tokens
from process_apis.tests.conftest import Tier
from process_apis.tests.signing_in import token_of


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
            scopes = ("approvals:read", "approvals:write")
            tokens[subject] = await token_of(identity, subject, *scopes)
    return Office(tier, tokens)
