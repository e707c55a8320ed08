"""A group of scim2-server makes somebody a controller, until they are taken out of it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from deploy.identity.in_thread import RunningIdentityServer, identity_server_in_thread
from deploy.identity.settings import DEVELOPMENT_DIRECTORY
from process_apis.app import create_app
from process_apis.doorbell import Stage
from process_apis.tests.conftest import Tier, settings_of
from process_apis.tests.signing_in import token_of
from process_apis.tests.system_stand_in import StandIn
from shared.http_client import ASGITransport, HttpClient
from shared.web import wait_until_started
from system_apis.connectors.scim.tests.conftest import Tenant
from tests.masters.conftest import DIRECTORY


@pytest.fixture
async def member(tenant: Tenant) -> str:
    """The directory's own id of somebody in the group `Controllers`."""
    number = await tenant.add_user("petra")
    await tenant.add_group("Controllers", ("User", "petra"))
    return number


@pytest.fixture
def provider(member: str, tmp_path: Path) -> Iterator[RunningIdentityServer]:
    """It names people as the directory does."""
    file = tmp_path / "people.toml"
    person = f'\n[[users]]\nsubject = "{member}"\nname = "Petra"\nroles = ["project.manager"]\n'
    usual = DEVELOPMENT_DIRECTORY.read_text(encoding="utf-8")
    file.write_text(usual + person, encoding="utf-8")
    with identity_server_in_thread(tmp_path, file) as running:
        yield running


@pytest.fixture
async def api(
    ledger_url: str,
    system: StandIn,
    provider: RunningIdentityServer,
    tenant: Tenant,
    tmp_path: Path,
) -> AsyncIterator[HttpClient]:
    """The process tier's API for people of that provider, where the group gives a role."""
    file = tmp_path / "ownership.toml"
    file.write_text(
        f'[[roles]]\ngroup = "{tenant.ids["Controllers"]}"\nconnection = "{DIRECTORY}"\n'
        'role = "finance.controller"\ngrants = true\n'
    )
    settings = settings_of(ledger_url, system, provider)
    app = create_app(settings.model_copy(update={"ownership_file": file}))
    async with app.router.lifespan_context(app):
        await wait_until_started(app)
        async with HttpClient("http://api", name="api", transport=ASGITransport(app)) as client:
            yield client


async def test_a_member_is_a_controller_until_they_are_taken_out(
    tier: Tier, api: HttpClient, provider: RunningIdentityServer, member: str, tenant: Tenant
) -> None:
    async def answer() -> int:
        token = await token_of(provider, member, "masters:read")
        headers = {"Authorization": f"Bearer {token}"}
        return (await api.get("/v1/master-data/roles", headers=headers)).status_code

    before = await answer()
    await tier.worker.work(Stage.MASTERS, DIRECTORY)
    inside = await answer()
    await tenant.change_group("Controllers", members=[])
    await tier.worker.work(Stage.MASTERS, DIRECTORY)
    after = await answer()

    assert (before, inside, after) == (403, 200, 403)
