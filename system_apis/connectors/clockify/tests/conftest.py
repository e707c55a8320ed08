"""The stand-in over real HTTP, and a port that talks to it."""

from collections.abc import AsyncIterator

import pytest

from deploy.sandboxes.clockify.tests.fixtures import Sandbox, firm_file, receiver, sandbox
from shared.http_client import HttpClient
from system_apis.capabilities.connector import ConnectionContext
from system_apis.connectors.clockify import CONNECTOR
from system_apis.connectors.clockify.port import ClockifyPort
from system_apis.connectors.clockify.settings import ClockifySettings

__all__ = ["firm_file", "receiver", "sandbox"]


@pytest.fixture
async def port(sandbox: Sandbox) -> AsyncIterator[ClockifyPort]:
    settings = ClockifySettings.model_validate(
        {
            "api_key": sandbox.key("admin"),
            "workspace_id": sandbox.seeded.firm.workspace_id,
            "base_url": sandbox.seeded.base_url,
            "requests_per_second": 50,
        }
    )
    async with HttpClient(name="clockify") as http:
        context = ConnectionContext("clockify-us", ("US01",), http, sandbox.clock)
        opened = CONNECTOR.open(settings, context)
        assert isinstance(opened, ClockifyPort)
        yield opened
        await opened.close()
