"""What the process tier gives the real connector arrives in the stand-in for Clockify, once."""

import pytest

from deploy.sandboxes.clockify.tests.fixtures import Sandbox
from process_apis.doorbell import Stage
from process_apis.settings import ProcessSettings
from process_apis.tests.conftest import Tier
from process_apis.tests.system_stand_in import ERP
from tests.masters.conftest import HOURS


@pytest.fixture
def settings(settings: ProcessSettings) -> ProcessSettings:
    return settings.model_copy(update={"push_masters": {HOURS: ERP}})


async def test_clients_projects_and_tasks_of_the_erp_are_in_the_tracker(
    tier: Tier, sandbox: Sandbox
) -> None:
    for _ in range(2):
        await tier.worker.work(Stage.PUSH, HOURS)
    projects = sandbox.call("GET", "/projects?page-size=500")
    ours = [each for each in projects if each["note"].startswith("Kept by Timepost")]
    listed = (await tier.call("GET", f"/v1/pushes/{HOURS}")).json()
    states = {(each["kind"], each["name"]): each["state"] for each in listed["pushes"]}
    assert set(states.values()) == {"DONE"}
    assert [each["name"] for each in ours] == ["HR-1042 Ledger"]
    tasks = sandbox.call("GET", f"/projects/{ours[0]['id']}/tasks")
    assert [each["name"] for each in tasks] == ["Design"]
