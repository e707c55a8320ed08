"""The stand-in's own deliveries, verified and read by the connector; and the connection check."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from deploy.sandboxes.clockify.tests.fixtures import Sandbox
from deploy.sandboxes.clockify.tests.receiver import Receiver
from shared.http_client import HttpClient
from shared.problems import Unauthenticated, UpstreamRefused
from system_apis.capabilities.connector import ConnectionContext
from system_apis.capabilities.time_tracking.schemas import ChangeKind, EventType, TrackerEvent
from system_apis.connectors.clockify.port import ClockifyPort
from system_apis.connectors.clockify.settings import ClockifySettings

_NINE, _TEN = "2026-11-16T14:00:00Z", "2026-11-16T15:00:00Z"


@pytest.fixture
async def listening(sandbox: Sandbox, receiver: Receiver) -> AsyncIterator[ClockifyPort]:
    """A port that knows the tokens of the webhooks that go to the receiver."""
    settings = ClockifySettings(
        api_key=SecretStr(sandbox.key("admin")),
        workspace_id=sandbox.seeded.firm.workspace_id,
        base_url=sandbox.seeded.base_url,
        webhook_tokens=[SecretStr(token) for token in sandbox.send_webhooks_to(receiver)],
    )
    async with HttpClient(name="clockify") as http:
        yield ClockifyPort(settings, ConnectionContext("c", ("US01",), http, sandbox.clock))


def _read(port: ClockifyPort, receiver: Receiver) -> list[TrackerEvent]:
    events: list[TrackerEvent] = []
    for got in receiver.received:
        port.verify_webhook(got.headers, got.body)
        events += port.parse_webhook(got.headers, got.body)
    return events


async def test_every_followed_delivery_is_proven_and_read(
    sandbox: Sandbox, receiver: Receiver, listening: ClockifyPort
) -> None:
    sandbox.control("PUT", "/webhook-faults", {"hold": True})
    entry = sandbox.track("ada", _NINE, None)
    sandbox.call("PATCH", f"/user/{sandbox.user_id('ada')}/time-entries", {"end": _TEN})
    request = sandbox.submit("ada")
    sandbox.decide(request, "REJECTED", "wrong project")
    sandbox.call("DELETE", f"/time-entries/{entry}")
    sandbox.control("POST", f"/time-entries/{entry}/restore")
    sandbox.control("POST", "/deliveries/release", {"order": "in_order"})
    sandbox.control("POST", "/deliveries/settle")

    assert [(e.type, e.subject, e.change) for e in _read(listening, receiver)] == [
        (EventType.ENTRY_CHANGED, entry, ChangeKind.CHANGED),
        (EventType.ENTRY_CHANGED, entry, ChangeKind.CHANGED),
        (EventType.APPROVAL_CHANGED, request, None),
        (EventType.APPROVAL_CHANGED, request, None),
        (EventType.ENTRY_CHANGED, entry, ChangeKind.DELETED),
        (EventType.ENTRY_CHANGED, entry, ChangeKind.CHANGED),
    ]


async def test_after_any_order_of_hints_the_re_read_tells_the_truth(
    sandbox: Sandbox, receiver: Receiver, listening: ClockifyPort
) -> None:
    """Doubled and reversed: the creation arrives last, when the entry is gone."""
    sandbox.control("PUT", "/webhook-faults", {"hold": True, "copies": 2})
    entry = sandbox.track("ada", _NINE, _TEN)
    sandbox.call("DELETE", f"/time-entries/{entry}")
    sandbox.control("POST", "/deliveries/release", {"order": "reversed"})
    sandbox.control("POST", "/deliveries/settle")
    events = _read(listening, receiver)

    assert [event.change for event in events] == [
        ChangeKind.DELETED,
        ChangeKind.DELETED,
        ChangeKind.CHANGED,
        ChangeKind.CHANGED,
    ]
    found = await listening.entries_by_ids([event.subject for event in events])
    assert found.missing == [entry]


async def test_a_renewed_token_is_refused(
    sandbox: Sandbox, receiver: Receiver, listening: ClockifyPort
) -> None:
    for hook in sandbox.call("GET", "/webhooks")["webhooks"]:
        sandbox.call("PATCH", f"/webhooks/{hook['id']}/token")
    sandbox.track("ada", _NINE, _TEN)
    sandbox.control("POST", "/deliveries/settle")

    with pytest.raises(Unauthenticated):
        _read(listening, receiver)


async def test_the_check_tells_what_works(sandbox: Sandbox, listening: ClockifyPort) -> None:
    assert await listening.check() == [
        "signed in as Timepost",
        "workspace Halden Ridge Consulting with 4 people",
        "approval requests can be read",
        "9 webhooks with a known token",
    ]


async def test_the_check_tells_which_webhooks_do_not(
    sandbox: Sandbox, receiver: Receiver, listening: ClockifyPort
) -> None:
    hooks = {h["webhookEvent"]: h for h in sandbox.call("GET", "/webhooks")["webhooks"]}
    sandbox.call("DELETE", f"/webhooks/{hooks['TIME_ENTRY_SPLIT']['id']}")
    sandbox.control("PUT", "/webhook-faults", {"retry_delays_ms": [], "disable_after": 1})
    receiver.answers = [500]
    sandbox.track("ada", _NINE, _TEN)
    sandbox.control("POST", "/deliveries/settle")

    assert (await listening.check())[3:] == [
        "8 webhooks with a known token",
        "no webhook with a known token for: TIME_ENTRY_SPLIT",
        "Clockify has stopped delivering: NEW_TIME_ENTRY",
    ]


async def test_the_check_fails_for_a_wrong_key(sandbox: Sandbox, listening: ClockifyPort) -> None:
    settings = ClockifySettings(
        api_key=SecretStr("wrong"),
        workspace_id=sandbox.seeded.firm.workspace_id,
        base_url=sandbox.seeded.base_url,
    )
    async with HttpClient(name="clockify") as http:
        port = ClockifyPort(settings, ConnectionContext("c", ("US01",), http, sandbox.clock))
        with pytest.raises(UpstreamRefused) as refusal:
            await port.check()
    assert refusal.value.code == "clockify_credentials_refused"
