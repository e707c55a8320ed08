"""What a search finds: filters, orders, and no more than a number of hits."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from deploy.sandboxes.hubspot.store import Record
from deploy.sandboxes.hubspot.wire import property_of

MOST_ROWS = 200
_NUMBERS = {"hs_object_id", "amount"}
_INSTANTS = {"hs_lastmodifieddate", "createdate", "closedate"}


class Refused(Exception):
    """400 with HubSpot's sentence."""


def find(records: Sequence[Record], asked: Mapping[str, Any], most_hits: int) -> list[Record]:
    """
    :raises Refused: an operator that is not known, or a place beyond the last hit.
    """
    groups = asked.get("filterGroups") or []
    found = [
        each
        for each in records
        if not groups or any(all(_meets(each, f) for f in g["filters"]) for g in groups)
    ]
    for sort in asked.get("sorts") or []:
        name = sort["propertyName"]
        found.sort(
            key=lambda each, name=name: _value(property_of(each, name), name),  # type: ignore[misc]
            reverse=sort.get("direction") == "DESCENDING",
        )
    if int(asked.get("after") or 0) + int(asked.get("limit") or 10) > most_hits:
        raise Refused("The paging limit was passed.")
    if int(asked.get("limit") or 10) > MOST_ROWS:
        raise Refused(f"A search gives at most {MOST_ROWS} results at once.")
    return found


def _meets(record: Record, wanted: Mapping[str, Any]) -> bool:
    name, operator = wanted["propertyName"], wanted["operator"]
    own, other = _value(property_of(record, name), name), _value(wanted.get("value"), name)
    if operator == "EQ":
        return bool(own == other)
    if operator == "GT":
        return bool(own > other)
    if operator == "GTE":
        return bool(own >= other)
    raise Refused(f"{operator} is not a known operator.")


def _value(written: Any, name: str) -> Any:
    """Instants are compared in milliseconds, whether written so or in ISO 8601."""
    text = "" if written is None else str(written)
    if name in _INSTANTS:
        if text.isdigit():
            return int(text)
        moment = datetime.fromisoformat(text) if text else datetime.fromtimestamp(0, UTC)
        return int(moment.timestamp() * 1000)
    if name in _NUMBERS:
        return float(text or 0)
    return text
