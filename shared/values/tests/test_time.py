"""Work dates and durations: the examples that finance checks by hand."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.values import (
    AmbiguousLocalTime,
    FixedClock,
    SystemClock,
    elapsed_minutes,
    instant_of,
    work_date_of,
)


def at(zone: str, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone))  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("zone", "utc", "expected"),
    [
        ("Australia/Sydney", datetime(2026, 6, 30, 22, tzinfo=UTC), date(2026, 7, 1)),
        ("America/Los_Angeles", datetime(2026, 7, 1, 3, tzinfo=UTC), date(2026, 6, 30)),
        ("Asia/Kolkata", datetime(2026, 3, 31, 18, 30, tzinfo=UTC), date(2026, 4, 1)),
    ],
)
def test_the_work_date_is_the_persons_own(zone: str, utc: datetime, expected: date) -> None:
    assert work_date_of(utc, zone) == expected


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        (at("Europe/London", 2026, 3, 29, 0, 30), at("Europe/London", 2026, 3, 29, 2, 30), 60),
        (at("America/New_York", 2026, 3, 8, 1), at("America/New_York", 2026, 3, 8, 4), 120),
        (at("Europe/Berlin", 2026, 10, 25, 1, 30), at("Europe/Berlin", 2026, 10, 25, 3, 30), 180),
        (at("Australia/Sydney", 2026, 4, 5, 1, 30), at("Australia/Sydney", 2026, 4, 5, 3, 30), 180),
    ],
)
def test_hours_over_a_change_of_clocks_are_the_hours_that_passed(
    start: datetime, end: datetime, minutes: int
) -> None:
    assert elapsed_minutes(start.astimezone(UTC), end.astimezone(UTC)) == minutes


@pytest.mark.parametrize(("seconds", "minutes"), [(29, 0), (30, 1), (89, 1), (90, 2), (3600, 60)])
def test_seconds_are_rounded_half_up_to_the_minute(seconds: int, minutes: int) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert elapsed_minutes(start, start + timedelta(seconds=seconds)) == minutes


def test_a_duration_needs_zones_and_an_end_after_its_start() -> None:
    start = datetime(2026, 1, 1, 9, tzinfo=UTC)
    with pytest.raises(ValueError, match="time zone"):
        elapsed_minutes(start.replace(tzinfo=None), start)
    with pytest.raises(ValueError, match="before the start"):
        elapsed_minutes(start, start - timedelta(minutes=1))
    with pytest.raises(ValueError, match="time zone"):
        work_date_of(start.replace(tzinfo=None), "UTC")


def test_a_local_time_that_occurs_twice_or_never_is_not_guessed() -> None:
    for hour, minute, month, day in ((2, 30, 10, 25), (2, 30, 3, 29)):
        local = datetime(2026, month, day, hour, minute)  # noqa: DTZ001 - that is the point
        with pytest.raises(AmbiguousLocalTime, match="Europe/Berlin"):
            instant_of(local, "Europe/Berlin")
    plain = datetime(2026, 6, 1, 9)  # noqa: DTZ001 - a local time
    assert instant_of(plain, "Europe/Berlin") == datetime(2026, 6, 1, 7, tzinfo=UTC)


def test_clocks_speak_utc_and_a_fixed_one_moves_when_told() -> None:
    clock = FixedClock(at("Europe/Berlin", 2026, 6, 1, 9))
    assert clock.now() == datetime(2026, 6, 1, 7, tzinfo=UTC)
    clock.advance(timedelta(hours=1))
    assert clock.now() == datetime(2026, 6, 1, 8, tzinfo=UTC)
    assert SystemClock().now().tzinfo is UTC
