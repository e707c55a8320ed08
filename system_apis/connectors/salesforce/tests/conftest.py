"""The connector with the stand-in, and with whatever a test answers at the wire."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from pydantic import SecretStr

from deploy.sandboxes.salesforce.tests.fixtures import Org, org
from shared.http_client import HttpClient, MockTransport, Request, Response
from shared.values import Clock
from system_apis.capabilities.connector import ConnectionContext
from system_apis.connectors.salesforce.port import SalesforcePort
from system_apis.connectors.salesforce.settings import SalesforceSettings

__all__ = ["org"]


def settings_for(url: str, **options: Any) -> SalesforceSettings:
    given = {
        "login_url": url,
        "client_id": "consumer-key",
        "client_secret": SecretStr("consumer-secret"),
        "default_currency": "EUR",
        "start_date": "Project_Start__c",
        "po_number": "PO_Number__c",
        "look_back_seconds": 0,
    }
    return SalesforceSettings(**{**given, **options})


Open = Callable[..., SalesforcePort]


@pytest.fixture
async def open_port(org: Org) -> AsyncIterator[Open]:
    """Opens the connector on the running stand-in."""
    async with HttpClient(name="sales-us") as http:

        def opened(**options: Any) -> SalesforcePort:
            context = ConnectionContext("sales-us", ("HRC-US",), http, org.clock)
            return SalesforcePort(settings_for(org.url, **options), context)

        yield opened


def port_answering(
    answer: Callable[[Request], Response], clock: Clock, **options: Any
) -> SalesforcePort:
    """Logins succeed by themselves."""

    def with_login(request: Request) -> Response:
        if request.url.path == "/services/oauth2/token":
            session = {"access_token": "session", "instance_url": "https://hr.my.salesforce.com"}
            return Response(200, json=session)
        return answer(request)

    http = HttpClient(name="sales-us", transport=MockTransport(with_login))
    context = ConnectionContext("sales-us", ("HRC-US",), http, clock)
    return SalesforcePort(settings_for("https://hr.my.salesforce.com", **options), context)
