"""Rules about what a connector does: with its README's own example, and with a platform that
is out of order. A route turns problems into answers; any other exception is a 500 of ours."""

import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from starlette.datastructures import Headers

from shared.http_client import HttpClient, MockTransport, Request, Response
from shared.problems import ConfigurationError, TimepostProblem, Unauthenticated
from shared.values import FixedClock
from system_apis.capabilities.connector import (
    Capability,
    ConnectionContext,
    Connector,
    Port,
)
from system_apis.capabilities.crm.port import CrmPort
from system_apis.capabilities.crm.schemas import CrmAbilities
from system_apis.capabilities.directory.port import DirectoryPort
from system_apis.capabilities.directory.schemas import DirectoryAbilities
from system_apis.capabilities.erp.port import ErpPort
from system_apis.capabilities.erp.schemas import ErpAbilities, LookupItem, PostingRequest
from system_apis.capabilities.hcm.port import HcmPort
from system_apis.capabilities.hcm.schemas import HcmAbilities
from system_apis.capabilities.master_lists import MasterPage
from system_apis.capabilities.time_tracking.port import TimeTrackingPort
from system_apis.capabilities.time_tracking.schemas import (
    Feedback,
    FeedbackOutcome,
    TimeTrackingAbilities,
)
from system_apis.connections import Connection, read_connections
from tests.conformance.repair_behaviour import repair_faults

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = date(2026, 11, 23)
# Stands for every secret, so it has the form of the most demanding: Standard Webhooks.
MADE_UP = "whsec_bWFkZS11cCBzZWNyZXQgb2YgYW4gZXhhbXBsZQ=="
Behaviour = Callable[[Request], Response]
Calls = dict[str, Callable[[], Awaitable[object]]]


def _html(_: Request) -> Response:
    return Response(200, html="<html><body>Please sign in.</body></html>")


def _wrong_json(_: Request) -> Response:
    return Response(200, json={"unexpected": [None]})


PLATFORMS: dict[str, Behaviour] = {
    "that answers 401": lambda _: Response(401, text="no"),
    "that answers 429": lambda _: Response(429, headers={"Retry-After": "7"}),
    "that answers 503": lambda _: Response(503, text="<h1>down</h1>"),
    "that answers with a sign-in page": _html,
    "that answers with unknown JSON": _wrong_json,
}


@dataclass
class Platform:
    """Stands for the product's server; counts what reaches it."""

    behaviour: Behaviour
    requests: int = 0
    transport: MockTransport = field(init=False)

    def __post_init__(self) -> None:
        self.transport = MockTransport(self._answer)

    def _answer(self, request: Request) -> Response:
        self.requests += 1
        return self.behaviour(request)


def documented_connections(module: ModuleType) -> list[Connection] | str:
    """The connections in the README's `toml` blocks, or what is wrong with them."""
    readme = Path(str(module.__file__)).parent / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    block = "\n".join(each for each in _toml_blocks(text) if "[[connections]]" in each)
    connector: Connector = module.CONNECTOR
    if not block:
        return "its README.md shows no connection (a ```toml block with [[connections]])"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "connections.toml"
        file.write_text(block, encoding="utf-8")
        for name in re.findall(r'file\s*=\s*"([^"]+)"', block):
            (file.parent / name).parent.mkdir(parents=True, exist_ok=True)
            (file.parent / name).write_text(MADE_UP, encoding="utf-8")
        variables = dict.fromkeys(re.findall(r'env\s*=\s*"([^"]+)"', block), MADE_UP)
        try:
            connections = read_connections(file, {connector.name: connector}, variables)
        except ConfigurationError as error:
            return f"its README.md shows a connection that is refused: {error.detail}"
    if lacking := connector.openers.keys() - {each.capability for each in connections}:
        return f"its README.md shows no connection for {', '.join(sorted(lacking))}"
    return connections


async def behaviour_faults(connection: Connection) -> list[str]:
    """Everything that is wrong with what the connector does, in words."""
    faults: list[str] = []
    for name, behaviour in PLATFORMS.items():
        platform = Platform(behaviour)
        async with _opened(connection, platform) as port:
            if platform.requests:
                faults.append("its open calls the platform")
            found = [each async for each in _FAULTS[connection.capability](port)]
            found += [each async for each in repair_faults(port, NOON)]
            faults += [f"{fault} with a platform {name}" for fault in found]
    return faults


@asynccontextmanager
async def _opened(connection: Connection, platform: Platform) -> AsyncIterator[Port]:
    async with HttpClient(name=connection.name, transport=platform.transport) as http:
        context = ConnectionContext(
            connection.name, connection.legal_entities, http, FixedClock(NOON)
        )
        port = connection.connector.openers[connection.capability](connection.settings, context)
        yield port
        await port.close()


async def _erp_faults(port: ErpPort) -> AsyncIterator[str]:
    async def valid_abilities() -> None:
        ErpAbilities.model_validate((await port.abilities()).model_dump())

    pages = (
        port.legal_entities, port.workers, port.clients, port.projects, port.tasks, port.periods,
    )  # fmt: skip
    reads: Calls = {
        "abilities": valid_abilities,
        "look_up": lambda: port.look_up([LookupItem(posting_key="a" * 64, work_date=DAY)]),
        "read_lines": lambda: port.read_lines(["1"]),
        "check": port.check,
        **{page.__name__: partial(page, None, 10, None) for page in pages},
    }
    async for fault in _stumbles(reads):
        yield fault
    try:
        outcomes = await port.post([_POSTING], NOON + timedelta(minutes=1))
    except NotImplementedError:
        return  # a fault of its form
    except Exception as error:  # noqa: BLE001 - that it raises at all is the fault
        yield f"its post raises {type(error).__name__} instead of giving outcomes"
        return
    if [each.posting_key for each in outcomes] != [_POSTING.posting_key]:
        yield "its post does not give one outcome per item"
    elif outcomes[0].line is not None:
        yield "its post reports a line that the platform did not give"


async def _tracker_faults(port: TimeTrackingPort) -> AsyncIterator[str]:
    async def valid_abilities() -> None:
        TimeTrackingAbilities.model_validate(port.abilities().model_dump())

    hour, week = timedelta(hours=1), timedelta(days=7)
    feedback = Feedback(external_id="1" * 24, outcome=FeedbackOutcome.POSTED)
    reads: Calls = {
        "abilities": valid_abilities,
        "entries_by_ids": lambda: port.entries_by_ids(["1" * 24]),
        "entries_changed": lambda: port.entries_changed(NOON - hour, NOON, None, 10),
        "entries_in_window": lambda: port.entries_in_window(DAY - week, DAY, None, 10),
        "approvals_by_ids": lambda: port.approvals_by_ids(["1" * 24]),
        "approvals_in_window": lambda: port.approvals_in_window(DAY - week, DAY, None, 10),
        "give_feedback": lambda: port.give_feedback([feedback]),
        "check": port.check,
    }
    async for fault in _stumbles(reads):
        yield fault
    for fault in _proof_faults(port):
        yield fault


def _proof_faults(port: TimeTrackingPort | HcmPort | CrmPort) -> Iterator[str]:
    try:
        port.verify_webhook(Headers(), b"{}")
    except Unauthenticated:
        return
    except Exception as error:  # noqa: BLE001 - which one it is, is the fault
        yield f"its verify_webhook raises {type(error).__name__} for a delivery without proof"
    else:
        yield "its verify_webhook takes a delivery without proof"


async def _hcm_faults(port: HcmPort) -> AsyncIterator[str]:
    async def valid_abilities() -> None:
        HcmAbilities.model_validate(port.abilities().model_dump())

    lists = (port.workers, port.org_units, port.cost_centres, port.assignments)
    async for fault in _list_faults(port, valid_abilities, *lists):
        yield fault
    for fault in _proof_faults(port):
        yield fault


async def _crm_faults(port: CrmPort) -> AsyncIterator[str]:
    async def valid_abilities() -> None:
        CrmAbilities.model_validate(port.abilities().model_dump())

    async for fault in _list_faults(port, valid_abilities, port.accounts, port.engagements):
        yield fault
    for fault in _proof_faults(port):
        yield fault


async def _directory_faults(port: DirectoryPort) -> AsyncIterator[str]:
    async def valid_abilities() -> None:
        DirectoryAbilities.model_validate(port.abilities().model_dump())

    async for fault in _list_faults(port, valid_abilities, port.users, port.groups):
        yield fault


async def _list_faults(
    port: HcmPort | CrmPort | DirectoryPort,
    abilities: Callable[[], Awaitable[object]],
    *lists: Callable[[str | None, int, datetime | None], Awaitable[MasterPage]],
) -> AsyncIterator[str]:
    """Full, delta, and with a cursor that nobody gave. And a platform that says nothing sensible
    is never taken for one that has nothing: everything would count as deleted."""
    reads: Calls = {"abilities": abilities, "check": port.check}
    for each in lists:
        name = each.__name__
        reads[name] = partial(each, None, 10, None)
        reads[f"{name} (delta)"] = partial(each, None, 10, NOON - timedelta(days=1))
        reads[f"{name} (cursor)"] = partial(each, "not a cursor", 10, None)
    async for fault in _stumbles(reads):
        yield fault
    for each in lists:
        with suppress(Exception):  # told above
            page = await each(None, 10, None)
            if page.complete and page.next_cursor is None:
                yield f"its {each.__name__} claims to be complete"


async def _stumbles(reads: Calls) -> AsyncIterator[str]:
    """Reads that end in an exception no route knows; answers and problems are both fine."""
    for name, read in reads.items():
        try:
            await read()
        except (TimepostProblem, NotImplementedError):
            continue  # what is not written yet is a fault of its form
        except Exception as error:  # noqa: BLE001 - which one it is, is the fault
            yield f"its {name} raises {type(error).__name__}"


_POSTING = PostingRequest(
    posting_key="a" * 64,
    legal_entity_id="1",
    worker_id="1",
    project_id="1",
    task_id="1",
    work_date=DAY,
    accounting_date=DAY,
    minutes=90,
    billable=True,
    narrative="made-up words",
)


_FAULTS: Mapping[Capability, Callable[[Any], AsyncIterator[str]]] = {
    "erp": _erp_faults,
    "time_tracking": _tracker_faults,
    "hcm": _hcm_faults,
    "crm": _crm_faults,
    "directory": _directory_faults,
}


def _toml_blocks(text: str) -> Iterator[str]:
    yield from re.findall(r"^```toml\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
