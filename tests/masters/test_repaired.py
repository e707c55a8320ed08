"""What the process tier has written arrives in the stand-in for HubSpot and in scim2-server."""

from pathlib import Path

import pytest

from deploy.sandboxes.bamboohr.tests.fixtures import Bamboo
from deploy.sandboxes.hubspot.tests.fixtures import Hub
from process_apis.doorbell import Stage
from process_apis.settings import ProcessSettings
from process_apis.tests.conftest import Tier
from process_apis.tests.test_repairs import repairs
from system_apis.connectors.scim.tests.conftest import Tenant
from tests.masters.conftest import CRM, DIRECTORY, HCM


@pytest.fixture
def settings(settings: ProcessSettings, tmp_path: Path) -> ProcessSettings:
    file = tmp_path / "ownership.toml"
    file.write_text(
        f'[[repairs]]\nconnection = "{CRM}"\n'
        f'[[repairs]]\nconnection = "{DIRECTORY}"\nattributes = ["worker.name"]\n'
    )
    return settings.model_copy(update={"ownership_file": file})


async def test_names_of_clients_and_of_people_are_as_their_owners_say(
    tier: Tier, hub: Hub, bamboo: Bamboo, tenant: Tenant
) -> None:
    acme = hub.store.add("companies", name="ACME Ltd", account_no="C-101")
    bamboo.store.add_employee("Ada", "Lovelace", employeeNumber="E001", workEmail="ada@example.com")
    ada = await tenant.add_user("ada", emails=[{"value": "ada@example.com", "type": "work"}])

    for name in (HCM, CRM, DIRECTORY):
        await tier.worker.work(Stage.MASTERS, name)
    for name in (CRM, DIRECTORY):
        await tier.worker.work(Stage.REPAIR, name)

    assert acme.properties["name"] == "Acme"
    answer = await tenant.http.get(
        f"{tenant.url}/Users/{ada}", headers={"Authorization": "Bearer directory-token"}
    )
    assert answer.json()["displayName"] == "Ada Lovelace"
    assert hub.alder.properties["name"] == "Alder Bank"
    for name in (CRM, DIRECTORY):
        assert (await repairs(tier, name))["states"] == {"DONE": 1}
