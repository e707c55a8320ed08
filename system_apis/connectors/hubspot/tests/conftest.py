"""The connector with the stand-in, and with whatever a test answers at the wire."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from pydantic import SecretStr

from deploy.sandboxes.hubspot.tests.fixtures import Hub, hub
from shared.http_client import HttpClient, MockTransport, Request, Response
from shared.values import Clock
from system_apis.capabilities.connector import ConnectionContext
from system_apis.connectors.hubspot.port import HubSpotPort
from system_apis.connectors.hubspot.settings import HubSpotSettings

__all__ = ["hub"]

WEBHOOK_URL = "https://timepost.example.com/crm/v1/sales-de/webhooks"


def settings_for(url: str, **options: Any) -> HubSpotSettings:
    given = {
        "base_url": url,
        "token": SecretStr("hubspot-token"),
        "default_currency": "USD",
        "timezone": "Europe/Berlin",
        "account_code": "account_no",
        "start_date": "start_date",
        "po_number": "po_number",
        "webhook_secret": SecretStr("client-secret"),
        "webhook_url": WEBHOOK_URL,
        "look_back_seconds": 0,
    }
    return HubSpotSettings(**{**given, **options})


Open = Callable[..., HubSpotPort]


@pytest.fixture
async def open_port(hub: Hub) -> AsyncIterator[Open]:
    """Opens the connector on the running stand-in."""
    async with HttpClient(name="sales-de") as http:

        def opened(**options: Any) -> HubSpotPort:
            context = ConnectionContext("sales-de", ("HRC-DE",), http, hub.clock)
            return HubSpotPort(settings_for(hub.url, **options), context)

        yield opened


def port_answering(
    answer: Callable[[Request], Response], clock: Clock, **options: Any
) -> HubSpotPort:
    http = HttpClient(name="sales-de", transport=MockTransport(answer))
    context = ConnectionContext("sales-de", ("HRC-DE",), http, clock)
    return HubSpotPort(settings_for("https://api.hubapi.com", **options), context)
