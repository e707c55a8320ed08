"""Files of entries: good lines are committed, bad ones come back with their reasons.

The file is worked on in slices, each committed before the next is read: so a large file holds up
neither the event loop nor the webhooks that wait for their commits at the same time. What was
committed before a failure does no harm, since the same entry again changes nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from opentelemetry.metrics import Meter
from pydantic import ValidationError
from pydantic_core import from_json

from shared.problems import (
    Conflict,
    FieldError,
    InvalidRequest,
    PayloadTooLarge,
    UnsupportedMediaType,
    ValidationFailed,
)
from shared.values import Clock
from system_apis.capabilities.time_tracking.port import TimeTrackingPort
from system_apis.capabilities.time_tracking.pushed_entries import changed_event, unstorable
from system_apis.capabilities.time_tracking.schemas import (
    BulkLine,
    BulkResult,
    LineFault,
    TimeEntry,
)
from system_apis.hand_up import CloudEvent, HandUp, delivered_events

MOST_LINES = 5000
LONGEST_LINE = 65_536
JSON_LINES = ("application/x-ndjson", "application/jsonl")
JSON_ARRAY = "application/json"

_LONGEST_ID = 200
_LONGEST_WORDS = 300


@dataclass(frozen=True)
class _Line:
    """One line of the file: JSON text, or an element of an array."""

    number: int
    content: bytes | Any


class BulkIntake:
    """Takes files for all connections that allow it. Keeps nothing.

    :param slice_size: entries that are handed up at once.
    """

    def __init__(self, hand_up: HandUp, clock: Clock, meter: Meter, slice_size: int) -> None:
        self._hand_up = hand_up
        self._clock = clock
        self._slice_size = slice_size
        self._lines = meter.create_counter(
            "timepost.bulk.lines",
            description="Lines of uploaded files, by connection and what became of them.",
        )

    async def receive(
        self, connection: str, tracker: TimeTrackingPort, content_type: str, body: bytes
    ) -> BulkResult:
        """What became of each line; everything accepted is committed.

        :raises Conflict: the connection takes no files.
        :raises UnsupportedMediaType, InvalidRequest, ValidationFailed, PayloadTooLarge: it is no
            file of entries; nothing of it was taken.
        :raises NotReady: some of it may not be committed; send it again.
        """
        abilities = tracker.abilities()
        if not abilities.bulk_upload:
            raise Conflict(
                f"The connection {connection!r} takes no files of entries.",
                code="bulk_upload_not_offered",
                action="Use a connection whose abilities say bulk_upload.",
            )
        lines = _lines_of(content_type, body)
        told: list[BulkLine] = []
        for start in range(0, len(lines), self._slice_size):
            events: list[CloudEvent] = []
            for line in lines[start : start + self._slice_size]:
                entry, result = _read(line)
                told.append(result)
                if entry is not None:
                    events += self._events(connection, entry, abilities.approvals)
            await self._hand_up.hand_up(events)
        accepted = sum(line.status == "accepted" for line in told)
        rejected = len(told) - accepted
        for outcome, count in (("accepted", accepted), ("rejected", rejected)):
            self._lines.add(count, {"connection": connection, "outcome": outcome})
        return BulkResult(accepted=accepted, rejected=rejected, lines=told)

    def _events(self, connection: str, entry: TimeEntry, approvals: str) -> list[CloudEvent]:
        """The id follows from the entry alone, whatever file it stands in.

        Marked as one of many, so that nothing that happens meanwhile waits behind a file.
        """
        content = entry.model_dump_json().encode()
        event = changed_event(entry, approvals)
        events = delivered_events(connection, content, [event], self._clock.now())
        return [replace(each, data={**each.data, "bulk": True}) for each in events]


def _lines_of(content_type: str, body: bytes) -> list[_Line]:
    kind = content_type.partition(";")[0].strip().lower()
    if kind in JSON_LINES:
        lines = list(_json_lines(body))
    elif kind == JSON_ARRAY:
        lines = [_Line(place, each) for place, each in enumerate(_array(body), start=1)]
    else:
        allowed = ", ".join((*JSON_LINES, JSON_ARRAY))
        raise UnsupportedMediaType(f"Files are read as {allowed}.")
    if not lines:
        fault = FieldError(field="body", message="must hold at least one entry")
        raise ValidationFailed("The file is empty.", errors=[fault])
    if len(lines) > MOST_LINES:
        raise PayloadTooLarge(
            f"The file has {len(lines)} entries; {MOST_LINES} are read at once.",
            action="Split the file.",
        )
    return lines


def _json_lines(body: bytes) -> Iterator[_Line]:
    for number, text in enumerate(body.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if text.strip():
            yield _Line(number, text.strip())


def _array(body: bytes) -> list[Any]:
    try:
        elements = from_json(body)
    except ValueError:
        elements = None
    if not isinstance(elements, list):
        raise InvalidRequest("The body is no JSON array of entries.", code="bulk_unreadable")
    return elements


def _read(line: _Line) -> tuple[TimeEntry | None, BulkLine]:
    """The entry, or None with what is wrong in the result."""
    content = line.content
    faults: list[LineFault] = []
    entry: TimeEntry | None = None
    if isinstance(content, bytes) and len(content) > LONGEST_LINE:
        message = f"is longer than {LONGEST_LINE} bytes"
        return None, _rejected(line, None, [LineFault(field="$", message=message)])
    try:
        if isinstance(content, bytes):
            entry = TimeEntry.model_validate_json(content)
        else:
            entry = TimeEntry.model_validate(content)
    except ValidationError as error:
        faults = _faults(error)
    else:
        if field := unstorable(entry):
            faults = [LineFault(field=field, message="holds the character U+0000")]
    if entry is None or faults:
        return None, _rejected(line, _id_of(content), faults)
    accepted = BulkLine(
        line=line.number, external_id=entry.external_id, status="accepted", errors=[]
    )
    return entry, accepted


def _rejected(line: _Line, external_id: str | None, faults: Sequence[LineFault]) -> BulkLine:
    return BulkLine(
        line=line.number, external_id=external_id, status="rejected", errors=list(faults)
    )


def _faults(error: ValidationError) -> list[LineFault]:
    """Places and reasons, without the values."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    return [
        LineFault(
            field=".".join(map(str, each["loc"]))[:_LONGEST_WORDS] or "$",
            message=each["msg"][:_LONGEST_WORDS],
        )
        for each in found
    ]


def _id_of(content: bytes | Any) -> str | None:
    """So that whoever sent a bad line finds it again."""
    if isinstance(content, bytes):
        try:
            content = from_json(content)
        except ValueError:
            return None
    external_id = content.get("external_id") if isinstance(content, dict) else None
    is_usable = isinstance(external_id, str) and 0 < len(external_id) <= _LONGEST_ID
    return external_id if is_usable else None
