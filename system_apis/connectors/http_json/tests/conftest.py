"""The stand-in over real sockets, and ports that are configured as the README shows."""

import re
import tomllib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.sandboxes.http_json_erp.background import serving
from deploy.sandboxes.http_json_erp.erp import OwnErp
from shared.http_client import AsyncBaseTransport, HttpClient
from shared.values import Clock, SystemClock
from system_apis.capabilities.connector import ConnectionContext
from system_apis.capabilities.erp.schemas import PostingRequest
from system_apis.connectors.http_json import CONNECTOR
from system_apis.connectors.http_json.port import HttpJsonErp
from system_apis.connectors.http_json.settings import HttpJsonSettings

README = Path(__file__).parents[1] / "README.md"
TOKEN = "token-of-timepost"
Options = dict[str, Any]
OpenPort = Callable[..., HttpJsonErp]


def documented_options(base_url: str, **changes: Any) -> Options:
    """The README's options, with the stand-in's address and with changes."""
    block = re.findall(r"```toml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)[0]
    options: Options = tomllib.loads(block)["connections"][0]["options"]
    options["base_url"] = base_url
    options["authentication"]["token"] = TOKEN
    options |= changes
    return {name: value for name, value in options.items() if value is not None}


def batch_options(**changes: Any) -> Options:
    """The README's options of a batch."""
    block = re.findall(r"```toml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)[2]
    batch: Options = tomllib.loads(block)["connections"]["options"]["batch"]
    return batch | changes


def taking_back_options() -> Options:
    """The README's sections for deleting and updating lines."""
    block = re.findall(r"```toml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)[1]
    sections: Options = tomllib.loads(block)["connections"]["options"]
    return sections


def posting(number: int = 1, **changes: Any) -> PostingRequest:
    """A line to post; its key follows from its number."""
    values = {
        "posting_key": f"{number:064x}",
        "legal_entity_id": "1",
        "worker_id": "E001",
        "project_id": "HR-1042",
        "task_id": "HR-1042:Build",
        "work_date": date(2026, 11, 16),
        "accounting_date": date(2026, 11, 30),
        "minutes": 50,
        "billable": True,
        "narrative": "Talks about the takeover of Northwind",
    }
    return PostingRequest.model_validate(values | changes)


def soon() -> datetime:
    """A deadline that is far enough away."""
    return datetime.now(UTC) + timedelta(seconds=20)


@dataclass
class Sandbox:
    """The stand-in and its address."""

    erp: OwnErp
    url: str


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    erp = OwnErp(bearer=TOKEN)
    with serving(erp) as url:
        yield Sandbox(erp, url)


@pytest.fixture
async def open_port() -> AsyncIterator[OpenPort]:
    """Opens ports; a transport replaces the network."""
    async with AsyncExitStack() as stack:

        def opened(
            options: Options,
            *,
            transport: AsyncBaseTransport | None = None,
            clock: Clock | None = None,
        ) -> HttpJsonErp:
            http = HttpClient(name="own-erp-us", transport=transport)
            stack.push_async_callback(http.aclose)
            context = ConnectionContext("own-erp-us", ("US01",), http, clock or SystemClock())
            port = CONNECTOR.open(HttpJsonSettings.model_validate(options), context)
            assert isinstance(port, HttpJsonErp)
            return port

        yield opened


@pytest.fixture
def port(open_port: OpenPort, sandbox: Sandbox) -> HttpJsonErp:
    """The README's connection to the stand-in."""
    return open_port(documented_options(sandbox.url))
