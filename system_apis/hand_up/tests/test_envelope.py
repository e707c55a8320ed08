"""The events on the wire: ids that recognise repetitions, and nothing that should not leave."""

import base64
import json
from datetime import UTC, date, datetime

from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent as LibraryEvent
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span

from system_apis.capabilities.time_tracking.schemas import (
    ChangeKind,
    EventType,
    Reference,
    TimeEntry,
    TrackerEvent,
)
from system_apis.hand_up import delivered_events, unreadable_event

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
BODY = b'{"id": "17"}'


def changed(entry_id: str = "17", delivery_id: str | None = None) -> TrackerEvent:
    return TrackerEvent(
        type=EventType.ENTRY_CHANGED,
        subject=entry_id,
        delivery_id=delivery_id,
        change=ChangeKind.CHANGED,
    )


def test_an_event_is_a_cloudevent_to_the_reference_library() -> None:
    (event,) = delivered_events("clockify-de", BODY, [changed(delivery_id="d-1")], NOON)

    read = JSONFormat().read(LibraryEvent, json.dumps(event.document()).encode())

    assert read.get_type() == "timepost.time_entry.changed.v1"
    assert read.get_source() == "/connections/clockify-de"
    assert read.get_subject() == "17"
    assert read.get_time() == NOON
    assert read.get_id() == read.get_extension("deliveryid") == "d-1"
    assert read.get_data() == {"change": "CHANGED", "entry": None}


def test_a_repeated_delivery_has_the_same_id_and_another_body_another() -> None:
    (first,) = delivered_events("c", BODY, [changed()], NOON)
    (again,) = delivered_events("c", BODY, [changed()], NOON.replace(hour=13))
    (other,) = delivered_events("c", BODY + b" ", [changed()], NOON)

    assert first.id == again.id != other.id
    assert len(first.id) == 64


def test_several_events_of_one_delivery_have_ids_of_their_own() -> None:
    by_content = delivered_events("c", BODY, [changed("1"), changed("2")], NOON)
    by_delivery = delivered_events("c", BODY, [changed("1", "d"), changed("2", "d")], NOON)

    assert len({event.id for event in by_content}) == 2
    assert [event.id for event in by_delivery] == ["d", "d#1"]


def test_an_entry_travels_whole_and_is_not_shown_in_the_repr() -> None:
    entry = TimeEntry(
        external_id="17",
        worker=Reference(external_id="u1"),
        work_date=date(2026, 11, 23),
        minutes=90,
        timezone="Europe/Berlin",
        billable=True,
        narrative="confidential words",
    )
    full = changed().model_copy(update={"entry": entry, "occurred_at": NOON})

    (event,) = delivered_events("c", BODY, [full], NOON.replace(hour=20))

    document = event.document()
    assert document["data"]["entry"] == entry.model_dump(mode="json")
    assert document["time"] == "2026-11-23T12:00:00Z"
    assert "confidential" not in repr(event)


def test_an_approval_event_carries_no_data() -> None:
    approval = TrackerEvent(type=EventType.APPROVAL_CHANGED, subject="a1")

    (event,) = delivered_events("c", BODY, [approval], NOON)

    assert event.document()["data"] == {}


def test_an_unreadable_delivery_is_kept_without_its_proof() -> None:
    headers = {
        "Clockify-Signature": "fixed-token",
        "X-Hook-Secret": "s",
        "X-Forwarded-For": "203.0.113.7",
        "Clockify-Webhook-Event-Type": "NEW_TIME_ENTRY",
    }

    event = unreadable_event("c", headers, b"\xff\x00", "no JSON.", NOON)

    document = event.document()
    assert "subject" not in document
    assert document["data"]["headers"] == {"clockify-webhook-event-type": "NEW_TIME_ENTRY"}
    assert base64.b64decode(document["data"]["body_base64"]) == b"\xff\x00"
    assert document["data"]["reason"] == "no JSON."


def test_a_long_reason_is_cut_to_what_the_process_tier_takes() -> None:
    event = unreadable_event("c", {}, b"", "x" * 600, NOON)

    assert event.data["reason"] == "x" * 500


def test_the_trace_of_the_delivery_travels_with_its_event() -> None:
    context = SpanContext(1, 2, is_remote=False, trace_flags=TraceFlags(1))

    with use_span(NonRecordingSpan(context)):
        (inside,) = delivered_events("c", BODY, [changed()], NOON)
    (outside,) = delivered_events("c", BODY, [changed()], NOON)

    assert inside.traceparent == f"00-{1:032x}-{2:016x}-01"
    assert not trace.get_current_span().get_span_context().is_valid
    assert "traceparent" not in outside.document()
