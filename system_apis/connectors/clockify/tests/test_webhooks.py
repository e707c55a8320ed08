"""Deliveries in recorded shapes: proof, meaning, and what cannot be read."""

import json
from typing import Any

import pytest
from pydantic import SecretStr

from shared.problems import Unauthenticated
from system_apis.capabilities.deliveries import UnreadableWebhook
from system_apis.capabilities.time_tracking.schemas import ChangeKind, EventType
from system_apis.connectors.clockify.tests import recordings
from system_apis.connectors.clockify.webhooks import parse, verify

_TOKENS = [SecretStr("token-of-new-entries"), SecretStr("token-of-approvals")]
_WORKSPACE = "64a687e29ae1f428e7ebe303"


def _headers(event: str) -> dict[str, str]:
    return {"Clockify-Webhook-Event-Type": event, "Content-Type": "application/json"}


def _body(recorded: dict[str, Any]) -> bytes:
    return json.dumps(recorded).encode()


@pytest.mark.parametrize("token", ["token-of-new-entries", "token-of-approvals"])
@pytest.mark.parametrize("name", ["Clockify-Signature", "clockify-signature"])
def test_the_token_of_any_webhook_proves_the_sender(name: str, token: str) -> None:
    verify({name: token}, _TOKENS)


@pytest.mark.parametrize(
    ("headers", "tokens", "code"),
    [
        ({}, _TOKENS, "webhook_unsigned"),
        ({"clockify-signature": ""}, _TOKENS, "webhook_unsigned"),
        ({"clockify-signature": "token-of"}, _TOKENS, "webhook_signature_invalid"),
        ({"clockify-signature": "tökén"}, _TOKENS, "webhook_signature_invalid"),
        ({"clockify-signature": "anything"}, [], "webhook_signature_invalid"),
    ],
)
def test_everybody_else_is_refused(
    headers: dict[str, str], tokens: list[SecretStr], code: str
) -> None:
    with pytest.raises(Unauthenticated) as refusal:
        verify(headers, tokens)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("event", "change"),
    [
        ("NEW_TIME_ENTRY", ChangeKind.CHANGED),
        ("NEW_TIMER_STARTED", ChangeKind.CHANGED),
        ("TIMER_STOPPED", ChangeKind.CHANGED),
        ("TIME_ENTRY_UPDATED", ChangeKind.CHANGED),
        ("TIME_ENTRY_RESTORED", ChangeKind.CHANGED),
        ("TIME_ENTRY_SPLIT", ChangeKind.CHANGED),
        ("TIME_ENTRY_DELETED", ChangeKind.DELETED),
    ],
)
def test_entry_events_are_thin(event: str, change: ChangeKind) -> None:
    (told,) = parse(_headers(event), _body(recordings.ENTRY_DELIVERY), _WORKSPACE)
    assert (told.type, told.subject, told.change) == (
        EventType.ENTRY_CHANGED,
        "5f118c837db7a8637ffcaf36",
        change,
    )
    assert (told.entry, told.delivery_id) == (None, None)


@pytest.mark.parametrize("event", ["NEW_APPROVAL_REQUEST", "APPROVAL_REQUEST_STATUS_UPDATED"])
def test_approval_events_tell_when(event: str) -> None:
    (told,) = parse(_headers(event), _body(recordings.APPROVAL_DELIVERY), _WORKSPACE)
    assert (told.type, told.subject, told.change) == (
        EventType.APPROVAL_CHANGED,
        "61c9b4666574753612c708f4",
        None,
    )
    assert told.occurred_at is not None
    assert told.occurred_at.isoformat() == "2026-07-06T09:12:33+00:00"


@pytest.mark.parametrize("event", ["NEW_INVOICE", "USER_UPDATED", "EXPENSE_CREATED", "TAG_DELETED"])
def test_other_events_mean_nothing_to_us(event: str) -> None:
    assert parse(_headers(event), b"{}", _WORKSPACE) == []


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, _body(recordings.ENTRY_DELIVERY)),
        (_headers("NEW_TIME_ENTRY"), b"not json: " + recordings.NARRATIVE.encode()),
        (_headers("NEW_TIME_ENTRY"), b"\xff\xfe"),
        (_headers("NEW_TIME_ENTRY"), _body({"description": recordings.NARRATIVE})),
        (_headers("NEW_TIME_ENTRY"), _body([recordings.ENTRY_DELIVERY])),  # type: ignore[arg-type]
        (_headers("NEW_TIME_ENTRY"), _body(recordings.ENTRY_DELIVERY | {"workspaceId": "other"})),
        (_headers("TIME_ENTRY_BATCH_DELETED"), b"{}"),
    ],
)
def test_what_cannot_be_read_is_said_without_quoting_it(
    headers: dict[str, str], body: bytes
) -> None:
    with pytest.raises(UnreadableWebhook) as refusal:
        parse(headers, body, _WORKSPACE)
    assert "merger" not in str(refusal.value)
