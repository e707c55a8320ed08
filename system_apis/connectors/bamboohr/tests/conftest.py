"""The connector with the stand-in, and with whatever a test answers at the wire."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from pydantic import SecretStr

from deploy.sandboxes.bamboohr.tests.fixtures import Bamboo, bamboo
from shared.http_client import HttpClient, MockTransport, Request, Response
from shared.values import Clock
from system_apis.capabilities.connector import ConnectionContext
from system_apis.connectors.bamboohr.port import BambooHrPort
from system_apis.connectors.bamboohr.settings import BambooHrSettings

__all__ = ["bamboo"]

WEBHOOK_KEY = "private-key-of-the-webhook"


def settings_for(url: str, **options: Any) -> BambooHrSettings:
    given = {
        "base_url": url,
        "api_key": SecretStr("bamboo-key"),
        "webhook_keys": [SecretStr(WEBHOOK_KEY)],
        "look_back_seconds": 0,
    }
    return BambooHrSettings(**{**given, **options})


Open = Callable[..., BambooHrPort]


@pytest.fixture
async def open_port(bamboo: Bamboo) -> AsyncIterator[Open]:
    """Opens the connector on the running stand-in."""
    async with HttpClient(name="people-de") as http:

        def opened(**options: Any) -> BambooHrPort:
            context = ConnectionContext("people-de", ("HRC-DE",), http, bamboo.clock)
            return BambooHrPort(settings_for(bamboo.url, **options), context)

        yield opened


def port_answering(
    answer: Callable[[Request], Response], clock: Clock, **options: Any
) -> BambooHrPort:
    http = HttpClient(name="people-de", transport=MockTransport(answer))
    context = ConnectionContext("people-de", ("HRC-DE",), http, clock)
    return BambooHrPort(settings_for("https://haldenridge.bamboohr.com", **options), context)
