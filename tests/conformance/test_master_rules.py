"""The rules about connectors that are read for masters, and about more than one capability: each
catches who breaks it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from shared.problems import UpstreamUnavailable
from system_apis.capabilities.connector import ConnectionContext, Connector
from system_apis.capabilities.crm.schemas import (
    Account,
    AccountPage,
    CrmAbilities,
    EngagementPage,
)
from system_apis.capabilities.deliveries import NoWebhooks
from system_apis.connections import Connection
from system_apis.tests.connectors.deals import DealsSettings
from tests.conformance.connector_behaviour import behaviour_faults, documented_connections
from tests.conformance.connector_form import _signatures

README = """
```toml
[[connections]]
name = "{name}"
connector = "staff"
legal_entities = ["DE"]
{more}
```
"""


class Sound(NoWebhooks):
    """Answers with a problem, as a connector does whose product says nothing sensible."""

    def __init__(self, settings: DealsSettings, context: ConnectionContext) -> None:
        del settings, context

    def abilities(self) -> CrmAbilities:
        return CrmAbilities(
            webhooks=False, lists=["accounts", "engagements"], deltas=["accounts"], deletions=[]
        )

    async def accounts(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> AccountPage:
        raise UpstreamUnavailable("the CRM is down")

    async def engagements(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> EngagementPage:
        raise UpstreamUnavailable("the CRM is down")

    async def check(self) -> Sequence[str]:
        raise UpstreamUnavailable("the CRM is down")

    async def close(self) -> None: ...


class Emptied(Sound):
    """Takes nonsense for an empty CRM: everything would count as deleted."""

    async def accounts(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> AccountPage:
        return AccountPage(items=[], complete=True)


class Stumbling(Sound):
    """Meets a cursor that it did not give, and a delta, with an exception of its own."""

    async def engagements(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> EngagementPage:
        if cursor or changed_since:
            raise KeyError(cursor)
        raise UpstreamUnavailable("the CRM is down")


class Partial(Sound):
    """Has no engagements at all, and says so: then it need not fail for them."""

    def abilities(self) -> CrmAbilities:
        return CrmAbilities(webhooks=False, lists=["accounts"], deltas=[], deletions=[])

    async def engagements(
        self, cursor: str | None, limit: int, changed_since: datetime | None
    ) -> EngagementPage:
        return EngagementPage(items=[], complete=False)


class Credulous(Sound):
    """Takes deliveries of anybody."""

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> None:
        return None


class Unpaged(Sound):
    async def accounts(  # type: ignore[override]
        self, limit: int, changed_since: datetime | None
    ) -> AccountPage:
        return AccountPage(items=[Account(external_id="1", name="A")], complete=False)


def connection(port: type[Sound]) -> Connection:
    connector = Connector("deals", "Deals", "crm", DealsSettings, port)
    return Connection("deals-de", connector, "crm", ("DE",), DealsSettings())


@pytest.mark.parametrize("port", [Sound, Partial])
async def test_a_sound_connector_breaks_no_rule(port: type[Sound]) -> None:
    assert await behaviour_faults(connection(port)) == []


async def test_nonsense_that_is_taken_for_an_empty_product_is_noticed() -> None:
    faults = await behaviour_faults(connection(Emptied))

    assert "its accounts claims to be complete with a platform that answers 503" in faults


async def test_a_delivery_without_proof_that_is_taken_is_noticed() -> None:
    faults = await behaviour_faults(connection(Credulous))

    assert any("verify_webhook takes a delivery without proof" in fault for fault in faults)


async def test_a_delta_or_a_cursor_that_makes_it_stumble_is_noticed() -> None:
    faults = await behaviour_faults(connection(Stumbling))

    for question in ("delta", "cursor"):
        wanted = f"its engagements ({question}) raises KeyError with a platform that answers 401"
        assert wanted in faults
    assert not any("its engagements raises" in fault for fault in faults)


def test_every_capability_is_held_against_its_port() -> None:
    wrong: Any = Unpaged
    connector = Connector("deals", "Deals", "erp", DealsSettings, Sound, also={"crm": wrong})

    faults = list(_signatures(connector))

    assert "its port has no method post" in faults
    assert (
        "its port's accounts(self, limit, changed_since) async"
        " is not accounts(self, cursor, limit, changed_since) async"
    ) in faults


@pytest.fixture
def staff(tmp_path: Path) -> ModuleType:
    """The made-up HCM and directory, with its README in a folder that the test can write to."""
    module = ModuleType("staff")
    module.__file__ = str(tmp_path / "__init__.py")
    module.CONNECTOR = import_module("system_apis.tests.connectors.staff").CONNECTOR  # type: ignore[attr-defined]
    return module


def test_a_readme_shows_a_connection_for_each_capability(staff: ModuleType, tmp_path: Path) -> None:
    shown = README.format(name="staff-de", more="")
    (tmp_path / "README.md").write_text(shown)
    assert documented_connections(staff) == "its README.md shows no connection for directory"

    second = README.format(name="logins-de", more='capability = "directory"')
    (tmp_path / "README.md").write_text(shown + second)
    found = documented_connections(staff)
    assert not isinstance(found, str)
    assert [each.capability for each in found] == ["hcm", "directory"]
