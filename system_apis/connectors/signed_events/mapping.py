"""Deliveries as events. Pure: the entries are canonical, so little is left to map."""

from pydantic import ValidationError

from system_apis.capabilities.time_tracking.pushed_entries import (
    changed_event,
    deleted_event,
    unstorable,
)
from system_apis.capabilities.time_tracking.schemas import TrackerEvent
from system_apis.connectors.signed_events.platform_models import Delivery

_MOST_FAULTS = 5


class NotUnderstood(ValueError):
    """A body that is no delivery. Names places, never values."""


def delivery_of(body: bytes) -> Delivery:
    """
    :raises NotUnderstood: it is none, or holds what no database takes.
    """
    try:
        delivery = Delivery.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        places = [f"{'.'.join(map(str, each['loc'])) or '$'}: {each['msg']}" for each in found]
        more = len(places) - _MOST_FAULTS
        shown = "; ".join(places[:_MOST_FAULTS]) + (f"; {more} more" if more > 0 else "")
        raise NotUnderstood(shown) from None
    # Escaped in JSON, so that the common case costs one search.
    if b"\\u0000" in body:
        for place, entry in enumerate(delivery.entries):
            if field := unstorable(entry):
                raise NotUnderstood(f"entries.{place}.{field}: holds the character U+0000")
        if any("\0" in each for each in delivery.deleted):
            raise NotUnderstood("deleted: holds the character U+0000")
    return delivery


def events_of(delivery: Delivery, delivery_id: str, approvals: str) -> list[TrackerEvent]:
    """Changes first, in their order; then deletions."""
    changes = [changed_event(entry, approvals, delivery_id) for entry in delivery.entries]
    return changes + [deleted_event(each, delivery_id) for each in delivery.deleted]
