"""Whole entries that a tracker pushes, as events: they are the version, nothing is re-read."""

from collections.abc import Iterator
from typing import Any

from system_apis.capabilities.time_tracking.schemas import (
    ChangeKind,
    EntryApproval,
    EntryStatus,
    EventType,
    TimeEntry,
    TrackerEvent,
)


def changed_event(entry: TimeEntry, approvals: str, delivery_id: str | None = None) -> TrackerEvent:
    """The event of a pushed entry.

    :param approvals: the tracker's ability. Where entries tell their own approval, one that tells
        none is a draft; null would mean that nothing is known of it.
    """
    if entry.approval is None and approvals == "entry":
        draft = EntryApproval(status=EntryStatus.OPEN)
        entry = entry.model_copy(update={"approval": draft})
    return TrackerEvent(
        type=EventType.ENTRY_CHANGED,
        subject=entry.external_id,
        delivery_id=delivery_id,
        occurred_at=entry.modified_at,
        change=ChangeKind.CHANGED,
        entry=entry,
        final=True,
    )


def deleted_event(external_id: str, delivery_id: str | None = None) -> TrackerEvent:
    """The event of a pushed deletion."""
    return TrackerEvent(
        type=EventType.ENTRY_CHANGED,
        subject=external_id,
        delivery_id=delivery_id,
        change=ChangeKind.DELETED,
        final=True,
    )


def unstorable(entry: TimeEntry) -> str | None:
    """The first field with a character that PostgreSQL stores nowhere (U+0000), if there is one."""
    for name, value in entry.model_dump(mode="json").items():
        if any("\0" in text for text in _texts(value)):
            return name
    return None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        yield from _texts(list(value.values()))
