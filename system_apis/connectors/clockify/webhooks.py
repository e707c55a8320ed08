"""Deliveries: a static token per webhook, one kind of event each, no delivery id."""

import hmac
from collections.abc import Mapping, Sequence

from pydantic import SecretStr, ValidationError

from shared.problems import Unauthenticated
from system_apis.capabilities.deliveries import UnreadableWebhook
from system_apis.capabilities.time_tracking.schemas import ChangeKind, EventType, TrackerEvent
from system_apis.connectors.clockify.platform_models import ApprovalState, WebhookBody

SIGNATURE_HEADER = "clockify-signature"
EVENT_TYPE_HEADER = "clockify-webhook-event-type"

_ENTRY_EVENTS = {
    "NEW_TIME_ENTRY": ChangeKind.CHANGED,
    "NEW_TIMER_STARTED": ChangeKind.CHANGED,
    "TIMER_STOPPED": ChangeKind.CHANGED,
    "TIME_ENTRY_UPDATED": ChangeKind.CHANGED,
    "TIME_ENTRY_RESTORED": ChangeKind.CHANGED,
    "TIME_ENTRY_SPLIT": ChangeKind.CHANGED,
    "TIME_ENTRY_DELETED": ChangeKind.DELETED,
}
_APPROVAL_EVENTS = frozenset({"NEW_APPROVAL_REQUEST", "APPROVAL_REQUEST_STATUS_UPDATED"})
# Its payload is not documented. Kept in quarantine rather than guessed at or ignored.
_UNKNOWN_SHAPE = frozenset({"TIME_ENTRY_BATCH_DELETED"})

FOLLOWED_EVENTS = frozenset(_ENTRY_EVENTS) | _APPROVAL_EVENTS


def verify(headers: Mapping[str, str], tokens: Sequence[SecretStr]) -> None:
    """Compare the static token with every configured one, in constant time.

    The token proves the sender, not the body: Clockify signs nothing. Whoever has seen one
    delivery can send others, which is why events stay thin and entries are re-read.

    :raises Unauthenticated: no token, or none of ours.
    """
    given = _header(headers, SIGNATURE_HEADER)
    if not given:
        raise Unauthenticated(
            "The delivery carries no Clockify-Signature.", code="webhook_unsigned"
        )
    matches = [
        hmac.compare_digest(given.encode(), token.get_secret_value().encode()) for token in tokens
    ]
    if not any(matches):
        raise Unauthenticated(
            "The delivery's Clockify-Signature is none of this connection's webhook tokens.",
            action="Put the webhook's authToken into the connection's webhook_tokens.",
            code="webhook_signature_invalid",
        )


def parse(headers: Mapping[str, str], body: bytes, workspace_id: str) -> list[TrackerEvent]:
    """Thin events; none for kinds that Timepost does not follow.

    :raises UnreadableWebhook: no event type, a body that is not what the type promises, or a
        delivery about another workspace.
    """
    event = _header(headers, EVENT_TYPE_HEADER)
    if not event:
        raise UnreadableWebhook("it has no Clockify-Webhook-Event-Type header.")
    if event in _UNKNOWN_SHAPE:
        raise UnreadableWebhook(f"the payload of {event} is not documented.")
    if event not in FOLLOWED_EVENTS:
        return []
    try:
        told = WebhookBody.model_validate_json(body)
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, e["loc"])) for e in error.errors(include_input=False))
        raise UnreadableWebhook(f"the body of {event} is not understood ({wrong}).") from None
    if told.workspace_id != workspace_id:
        raise UnreadableWebhook("it is about another workspace than this connection's.")
    if event in _APPROVAL_EVENTS:
        decided = told.status.updated_at if isinstance(told.status, ApprovalState) else None
        return [TrackerEvent(type=EventType.APPROVAL_CHANGED, subject=told.id, occurred_at=decided)]
    return [
        TrackerEvent(type=EventType.ENTRY_CHANGED, subject=told.id, change=_ENTRY_EVENTS[event])
    ]


def _header(headers: Mapping[str, str], name: str) -> str | None:
    """Header names come in any case."""
    return next((value for key, value in headers.items() if key.lower() == name), None)
