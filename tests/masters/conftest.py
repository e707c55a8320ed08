"""The process tier over the real system tier, with an HCM, a CRM and a directory behind it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.identity.in_thread import RunningIdentityServer
from deploy.local.postgres import PostgresServer
from deploy.sandboxes.bamboohr.tests.fixtures import Bamboo, bamboo
from deploy.sandboxes.clockify.background import serving
from deploy.sandboxes.clockify.tests.fixtures import Sandbox, firm_file, receiver, sandbox
from deploy.sandboxes.hubspot.tests.fixtures import Hub, hub
from process_apis.tests.conftest import (
    Tier,
    identity,
    ledger_url,
    settings,
    template_with_masters,
    tier,
)
from process_apis.tests.system_stand_in import ERP, StandIn
from system_apis.app import create_app
from system_apis.connectors.scim.tests.conftest import TOKEN, Tenant, scim_server, tenant
from system_apis.settings import SystemIdentity, SystemSettings

__all__ = [
    "Tier",
    "bamboo",
    "firm_file",
    "hub",
    "identity",
    "ledger_url",
    "receiver",
    "sandbox",
    "scim_server",
    "settings",
    "tenant",
    "tier",
]

HCM, CRM, DIRECTORY, HOURS = "people-us", "sales-us", "logins-us", "clockify-us"
CONNECTIONS = f"""
[[connections]]
name = "{HCM}"
connector = "bamboohr"
legal_entities = ["HRC-US"]
[connections.options]
base_url = "BAMBOO_URL"
api_key = {{ env = "BAMBOO_KEY" }}
webhook_keys = [{{ env = "BAMBOO_KEY" }}]

[[connections]]
name = "{CRM}"
connector = "hubspot"
legal_entities = ["HRC-US"]
[connections.options]
base_url = "HUB_URL"
token = {{ env = "HUB_TOKEN" }}
account_code = "account_no"
default_currency = "USD"

[[connections]]
name = "{HOURS}"
connector = "clockify"
legal_entities = ["HRC-US"]
[connections.options]
base_url = "CLOCKIFY_URL"
workspace_id = "WORKSPACE"
api_key = {{ env = "CLOCKIFY_KEY" }}
requests_per_second = 50

# Its masters are in the database already; nobody calls it.
[[connections]]
name = "{ERP}"
connector = "tryton"
legal_entities = ["HRC-US"]
[connections.options]
base_url = "http://127.0.0.1:9"
database = "none"
user = "timepost"
password = {{ env = "BAMBOO_KEY" }}

[[connections]]
name = "{DIRECTORY}"
connector = "scim"
capability = "directory"
legal_entities = ["HRC-US"]
[connections.options]
base_url = "SCIM_URL"
token = {{ env = "SCIM_TOKEN" }}
"""


@pytest.fixture(scope="session")
def with_masters(postgres: PostgresServer, identity: RunningIdentityServer) -> str:
    """Name of a database to be copied."""
    return template_with_masters(postgres, identity, "template_other_masters")


@pytest.fixture
def system(
    bamboo: Bamboo,
    hub: Hub,
    tenant: Tenant,
    sandbox: Sandbox,
    identity: RunningIdentityServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[StandIn]:
    """Only where it is counts: nothing of the stand-in runs here."""
    monkeypatch.setenv("BAMBOO_KEY", "bamboo-key")
    monkeypatch.setenv("HUB_TOKEN", "hubspot-token")
    monkeypatch.setenv("SCIM_TOKEN", TOKEN)
    monkeypatch.setenv("CLOCKIFY_KEY", sandbox.key("admin"))
    file = tmp_path / "connections.toml"
    text = CONNECTIONS.replace("CLOCKIFY_URL", sandbox.seeded.base_url)
    text = text.replace("WORKSPACE", sandbox.seeded.firm.workspace_id)
    for name, url in (("BAMBOO", bamboo.url), ("HUB", hub.url), ("SCIM", tenant.url)):
        text = text.replace(f"{name}_URL", url)
    file.write_text(text, encoding="utf-8")
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
