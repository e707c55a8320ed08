"""The real TimeTagger, two of its people, and ports that read them."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from deploy.timetagger.fixtures import Accounts, timetagger
from deploy.timetagger.person import Person
from shared.http_client import AsyncBaseTransport, HttpClient
from shared.values import SystemClock
from system_apis.capabilities.connector import ConnectionContext
from system_apis.connectors.timetagger import CONNECTOR
from system_apis.connectors.timetagger.port import TimeTaggerPort
from system_apis.connectors.timetagger.settings import TimeTaggerSettings

__all__ = ["timetagger"]

TAGS = [
    {"tag": "ledger-build", "project": "HR-1042", "task": "Build"},
    {"pattern": "(?P<project>hr-[0-9]+)(?:/(?P<task>.+))?"},
    {"tag": "internal", "project": "HR-0001", "billable": False},
    {"tag": "remote"},
]

Open = Callable[..., TimeTaggerPort]


@pytest.fixture
def ada(timetagger: Accounts) -> Person:
    return timetagger.take()


@pytest.fixture
def kirra(timetagger: Accounts) -> Person:
    return timetagger.take()


@pytest.fixture
async def open_port(timetagger: Accounts) -> AsyncIterator[Open]:
    """Opens a port for some people; options and tokens can be other than usual."""
    async with AsyncExitStack() as open_things:

        def opened(
            *people: Person,
            transport: AsyncBaseTransport | None = None,
            tokens: dict[str, str] | None = None,
            **options: Any,
        ) -> TimeTaggerPort:
            zones = ["Europe/Berlin", "Australia/Sydney"]
            given = {
                "base_url": timetagger.server.base_url,
                "people": [
                    {
                        "email": person.name,
                        "name": f"Person {place}",
                        "timezone": zones[place],
                        "api_token": (tokens or {}).get(person.name) or person.api_token(),
                    }
                    for place, person in enumerate(people)
                ],
                "tags": TAGS,
                **options,
            }
            http = HttpClient(name="timetagger", transport=transport)
            open_things.push_async_callback(http.aclose)
            context = ConnectionContext("timetagger-de", ("DE01",), http, SystemClock())
            port = CONNECTOR.open(TimeTaggerSettings.model_validate(given), context)
            assert isinstance(port, TimeTaggerPort)
            return port

        yield opened
