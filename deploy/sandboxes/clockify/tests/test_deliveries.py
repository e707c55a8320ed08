"""Webhooks over real HTTP: what is sent, how it is tried again, and how it goes wrong."""

import json

import pytest

from deploy.sandboxes.clockify.tests.fixtures import Sandbox
from deploy.sandboxes.clockify.tests.receiver import Receiver

_NINE, _TEN = "2026-11-16T14:00:00Z", "2026-11-16T15:00:00Z"


def _events(receiver: Receiver) -> list[str]:
    return [got.headers["clockify-webhook-event-type"] for got in receiver.received]


def test_every_event_has_its_own_webhook_and_token(sandbox: Sandbox, receiver: Receiver) -> None:
    tokens = sandbox.send_webhooks_to(receiver)
    entry = sandbox.track("ada", _NINE, _TEN, description="quiet work")
    sandbox.submit("ada")
    sandbox.control("POST", "/deliveries/settle")

    assert sorted(_events(receiver)) == ["NEW_APPROVAL_REQUEST", "NEW_TIME_ENTRY"]
    assert len(set(tokens)) == 9
    assert {got.headers["clockify-signature"] for got in receiver.received} <= set(tokens)
    bodies = {
        got.headers["clockify-webhook-event-type"]: json.loads(got.body)
        for got in receiver.received
    }
    assert bodies["NEW_TIME_ENTRY"]["id"] == entry
    assert bodies["NEW_TIME_ENTRY"]["project"]["clientName"] == "Northwater Logistics"
    assert bodies["NEW_APPROVAL_REQUEST"]["owner"]["timezone"] == "America/New_York"
    assert "entries" not in bodies["NEW_APPROVAL_REQUEST"]


def test_what_people_do_in_the_application_is_told_too(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    entry = sandbox.track("ada", _NINE, _TEN)
    sandbox.send_webhooks_to(receiver)
    sandbox.control("POST", f"/time-entries/{entry}/split")
    sandbox.call("DELETE", f"/time-entries/{entry}")
    sandbox.control("POST", f"/time-entries/{entry}/restore")
    sandbox.control("POST", "/deliveries/settle")

    assert sorted(_events(receiver)) == [
        "TIME_ENTRY_DELETED",
        "TIME_ENTRY_RESTORED",
        "TIME_ENTRY_SPLIT",
    ]


def test_refused_deliveries_are_tried_again_and_in_the_end_switched_off(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    sandbox.send_webhooks_to(receiver)
    sandbox.control("PUT", "/webhook-faults", {"retry_delays_ms": [1, 1], "disable_after": 2})
    receiver.answers = [503, 503, 200, *[500] * 6]
    outcomes = []
    for _ in range(4):
        sandbox.track("ada", _NINE, _TEN)
        sandbox.control("POST", "/deliveries/settle")
        outcomes = [
            (delivery["outcome"], delivery["answers"])
            for delivery in sandbox.control("GET", "/deliveries")
        ]

    assert outcomes == [
        ("delivered", ["503", "503", "200"]),
        ("failed", ["500"] * 3),
        ("failed", ["500"] * 3),
    ]
    hooks = sandbox.call("GET", "/webhooks")["webhooks"]
    assert [h["webhookEvent"] for h in hooks if not h["deliveryEnabled"]] == ["NEW_TIME_ENTRY"]


@pytest.mark.parametrize(
    ("faults", "received"), [({"drop_next": 1}, 1), ({"copies": 3}, 6), ({}, 2)]
)
def test_deliveries_are_lost_or_repeated_on_demand(
    sandbox: Sandbox, receiver: Receiver, faults: dict[str, int], received: int
) -> None:
    sandbox.send_webhooks_to(receiver)
    sandbox.control("PUT", "/webhook-faults", faults)
    for _ in range(2):
        sandbox.track("ada", _NINE, _TEN)
    sandbox.control("POST", "/deliveries/settle")

    assert len(receiver.received) == received


def test_held_deliveries_come_out_of_order(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.send_webhooks_to(receiver)
    sandbox.control("PUT", "/webhook-faults", {"hold": True})
    entries = [sandbox.track("ada", _NINE, _TEN) for _ in range(3)]
    sandbox.control("POST", "/deliveries/settle")
    assert receiver.received == []
    sandbox.control("POST", "/deliveries/release", {"order": "reversed"})
    sandbox.control("POST", "/deliveries/settle")

    assert [json.loads(got.body)["id"] for got in receiver.received] == entries[::-1]
