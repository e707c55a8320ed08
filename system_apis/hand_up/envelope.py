"""Webhooks as CloudEvents 1.0 (JSON format), the shape in which the process tier takes them."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from opentelemetry import propagate

from system_apis.capabilities.master_events import MasterEvent
from system_apis.capabilities.time_tracking.schemas import ChangeKind, EventType, TrackerEvent

# Headers that prove who sent the delivery, or are about the way it took. The proof of some
# trackers is a fixed token: kept with the delivery it could be used to forge others.
_WITHHELD = ("signature", "authorization", "cookie", "token", "secret", "api-key", "forwarded")

_LONGEST_REASON = 500


@dataclass(frozen=True)
class CloudEvent:
    """One event. ``data`` may hold a narrative: an event is never logged."""

    id: str
    source: str
    type: str
    time: datetime
    subject: str | None = None
    delivery_id: str | None = None
    traceparent: str | None = None
    data: dict[str, Any] = field(default_factory=dict, repr=False)

    def document(self) -> dict[str, Any]:
        """The JSON object; attributes without a value are left out (CloudEvents 1.0, 3.1.1)."""
        attributes = {
            "specversion": "1.0",
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "subject": self.subject,
            "time": self.time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "traceparent": self.traceparent,
            "deliveryid": self.delivery_id,
        }
        present = {name: value for name, value in attributes.items() if value is not None}
        return {**present, "data": self.data}


def delivered_events(
    connection: str,
    body: bytes,
    parsed: Sequence[TrackerEvent | MasterEvent],
    received_at: datetime,
) -> list[CloudEvent]:
    """The events of one delivery.

    The id is the platform's delivery id, else a hash of type and body, so that a repeated
    delivery is recognised. Further events of one delivery get both ids with their place in it:
    CloudEvents requires ids to be unique within a source, and the process tier takes a delivery
    id once.
    """
    traceparent = _current_traceparent()
    return [
        CloudEvent(
            id=_numbered(event.delivery_id or _content_id(event.type, body), place),
            source=_source(connection),
            type=str(event.type),
            time=event.occurred_at or received_at,
            subject=event.subject,
            delivery_id=_numbered(event.delivery_id, place) if event.delivery_id else None,
            traceparent=traceparent,
            data=_data(event),
        )
        for place, event in enumerate(parsed)
    ]


def unreadable_event(
    connection: str, headers: Mapping[str, str], body: bytes, reason: str, received_at: datetime
) -> CloudEvent:
    """A delivery that is kept as it came, for a later attempt to read it."""
    kept = {
        name.lower(): value
        for name, value in headers.items()
        if not any(part in name.lower() for part in _WITHHELD)
    }
    return CloudEvent(
        id=_content_id(EventType.UNREADABLE, body),
        source=_source(connection),
        type=EventType.UNREADABLE.value,
        time=received_at,
        traceparent=_current_traceparent(),
        data={
            "headers": kept,
            "body_base64": base64.b64encode(body).decode(),
            "reason": reason[:_LONGEST_REASON],
        },
    )


def _data(event: TrackerEvent | MasterEvent) -> dict[str, Any]:
    if isinstance(event, MasterEvent):
        return {"domain": event.domain, "change": event.change}
    if event.type is not EventType.ENTRY_CHANGED:
        return {}
    entry = event.entry.model_dump(mode="json") if event.entry else None
    data = {"change": (event.change or ChangeKind.CHANGED).value, "entry": entry}
    return {**data, "final": True} if event.final else data


def _source(connection: str) -> str:
    return f"/connections/{connection}"


def _content_id(kind: str, body: bytes) -> str:
    return hashlib.sha256(kind.encode() + body).hexdigest()


def _numbered(identifier: str, place: int) -> str:
    return identifier if place == 0 else f"{identifier}#{place}"


def _current_traceparent() -> str | None:
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get("traceparent")
