from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from system_apis.connectors.tryton.wire import decode, encode


def test_values_carry_their_type() -> None:
    berlin = timezone(timedelta(hours=2))
    encoded = encode(
        {
            "date": date(2026, 11, 10),
            "moment": datetime(2026, 7, 1, 1, 30, tzinfo=berlin),
            "duration": timedelta(minutes=95),
            "cost": (Decimal("50.00"), None),
        }
    )
    assert encoded == {
        "date": {"__class__": "date", "year": 2026, "month": 11, "day": 10},
        "moment": {
            "__class__": "datetime",
            "year": 2026,
            "month": 6,
            "day": 30,
            "hour": 23,
            "minute": 30,
            "second": 0,
            "microsecond": 0,
        },
        "duration": {"__class__": "timedelta", "seconds": 5700},
        "cost": [{"__class__": "Decimal", "decimal": "50.00"}, None],
    }


def test_typed_objects_become_values() -> None:
    text = (
        '[{"__class__":"date","year":2026,"month":1,"day":31},'
        '{"__class__":"datetime","year":2026,"month":1,"day":2,"hour":3,"minute":4,"second":5,'
        '"microsecond":6},{"__class__":"timedelta","seconds":5400.0},'
        '{"__class__":"Decimal","decimal":"1.50"},{"__class__":"bytes","base64":"aGk="}]'
    )
    assert decode(text) == [
        date(2026, 1, 31),
        datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
        timedelta(minutes=90),
        Decimal("1.50"),
        b"hi",
    ]


@pytest.mark.parametrize("text", ["<html>", '{"__class__":"date","year":2026}', "\xff"])
def test_what_is_not_trytons_json_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode(text.encode("latin-1"))
