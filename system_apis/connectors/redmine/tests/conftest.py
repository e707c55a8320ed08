"""The stand-in over real HTTP, and ports that talk to it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from deploy.sandboxes.redmine.tests.fixtures import Redmine, redmine
from shared.http_client import AsyncBaseTransport, HttpClient
from system_apis.capabilities.connector import ConnectionContext
from system_apis.connectors.redmine import CONNECTOR
from system_apis.connectors.redmine.port import RedminePort
from system_apis.connectors.redmine.settings import RedmineSettings

__all__ = ["redmine"]

Open = Callable[..., RedminePort]


@pytest.fixture
async def open_port(redmine: Redmine) -> AsyncIterator[Open]:
    """Opens a port with options other than usual."""
    async with AsyncExitStack() as open_things:

        def opened(transport: AsyncBaseTransport | None = None, **options: Any) -> RedminePort:
            given = {
                "base_url": redmine.url,
                "api_key": "redmine-key-admin",
                "approval": {"id": 1},
                "default_timezone": "Europe/Berlin",
                **options,
            }
            http = HttpClient(name="redmine", transport=transport)
            open_things.push_async_callback(http.aclose)
            context = ConnectionContext("redmine-de", ("DE01",), http, redmine.clock)
            port = CONNECTOR.open(RedmineSettings.model_validate(given), context)
            assert isinstance(port, RedminePort)
            return port

        yield opened


@pytest.fixture
def port(open_port: Open) -> RedminePort:
    return open_port()
