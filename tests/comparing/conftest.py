"""The process tier over the real system tier, whose tracker is the Redmine stand-in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.identity.in_thread import RunningIdentityServer
from deploy.local.postgres import PostgresServer
from deploy.sandboxes.clockify.background import serving
from deploy.sandboxes.redmine.tests.fixtures import Redmine, redmine
from process_apis.settings import ProcessSettings
from process_apis.tests.conftest import (
    Tier,
    identity,
    ledger_url,
    settings_of,
    template_with_masters,
    tier,
)
from process_apis.tests.system_stand_in import TRACKER, StandIn
from system_apis.app import create_app
from system_apis.settings import SystemIdentity, SystemSettings

__all__ = ["Tier", "identity", "ledger_url", "redmine", "tier"]

# The process tier's fixtures know their tracker by one name, whatever it is.
CONNECTIONS = f"""
[[connections]]
name = "{TRACKER}"
connector = "redmine"
legal_entities = ["HRC-US"]
[connections.options]
base_url = "URL"
api_key = {{ env = "REDMINE_KEY" }}
approval = {{ id = 1 }}
"""


@pytest.fixture(scope="session")
def with_masters(postgres: PostgresServer, identity: RunningIdentityServer) -> str:
    """Name of a database to be copied."""
    return template_with_masters(postgres, identity, "template_comparing")


@pytest.fixture
def system(
    redmine: Redmine,
    identity: RunningIdentityServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[StandIn]:
    """Only where it is counts: nothing of the stand-in runs here."""
    monkeypatch.setenv("REDMINE_KEY", "redmine-key-admin")
    file = tmp_path / "connections.toml"
    file.write_text(CONNECTIONS.replace("URL", redmine.url), encoding="utf-8")
    settings = SystemSettings(
        environment="development",
        connections_file=file,
        process_url="http://127.0.0.1:9",
        identity=SystemIdentity(
            issuer=identity.issuer, client_secret=identity.client_secrets["timepost-system"]
        ),
    )
    with serving(create_app(settings)) as url:
        yield StandIn(url=url)


@pytest.fixture
def settings(ledger_url: str, system: StandIn, identity: RunningIdentityServer) -> ProcessSettings:
    """The stand-in's people work in a November that is any time ago."""
    found = settings_of(ledger_url, system, identity)
    return found.model_copy(update={"sweep_days": 20_000})
