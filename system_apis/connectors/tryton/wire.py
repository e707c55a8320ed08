"""Tryton's JSON: plain JSON plus objects that name their type in `__class__`.

Source: trytond, `protocols/jsonrpc.py`. A duration sent as a bare number is accepted without a
word and stored as that many seconds, so nothing here ever leaves the encoding to the caller.
"""

import base64
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any


def encode(value: Any) -> Any:  # noqa: PLR0911  one line per type reads best
    """``value`` as JSON-ready data; aware datetimes become the naive UTC that Tryton keeps."""
    match value:
        case datetime():
            instant = value.astimezone(UTC)
            names = ("year", "month", "day", "hour", "minute", "second", "microsecond")
            return {"__class__": "datetime"} | {name: getattr(instant, name) for name in names}
        case date():
            return {
                "__class__": "date",
                "year": value.year,
                "month": value.month,
                "day": value.day,
            }
        case timedelta():
            return {"__class__": "timedelta", "seconds": int(value.total_seconds())}
        case Decimal():
            return {"__class__": "Decimal", "decimal": str(value)}
        case dict():
            return {key: encode(item) for key, item in value.items()}
        case list() | tuple():
            return [encode(item) for item in value]
        case _:
            return value


def decode(text: str | bytes) -> Any:
    """The document with Tryton's typed objects as Python values; datetimes are aware, in UTC.

    :raises ValueError: not JSON, or a typed object that is malformed.
    """
    try:
        return json.loads(text, object_hook=_decode_object)
    except (KeyError, TypeError) as error:
        raise ValueError(f"a typed object is malformed ({type(error).__name__})") from None


def _decode_object(found: dict[str, Any]) -> Any:
    match found.get("__class__"):
        case "date":
            return date(found["year"], found["month"], found["day"])
        case "datetime":
            day = (found["year"], found["month"], found["day"])
            time = (found["hour"], found["minute"], found["second"], found["microsecond"])
            return datetime(*day, *time, tzinfo=UTC)
        case "timedelta":
            return timedelta(seconds=found["seconds"])
        case "Decimal":
            return Decimal(found["decimal"])
        case "bytes":
            return base64.b64decode(found["base64"])
        case _:
            return found
