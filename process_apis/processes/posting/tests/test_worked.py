"""Start, end, minutes and work date of one entry: the day is the person's own."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from process_apis.processes.posting.worked import Interval, impossible


def local(zone: str, start: str, end: str) -> Interval:
    moments = [datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)) for text in (start, end)]
    started, ended = (moment.astimezone(UTC) for moment in moments)
    return Interval.of(started.isoformat(), ended.isoformat(), zone)


@pytest.mark.parametrize(
    ("zone", "start", "end", "day", "minutes"),
    [
        # The new Australian fiscal year has begun, though it is 30 June in UTC.
        ("Australia/Sydney", "2026-07-01T08:00", "2026-07-01T12:00", date(2026, 7, 1), 240),
        # An evening in California is the next day in UTC.
        ("America/Los_Angeles", "2026-06-30T20:00", "2026-06-30T23:00", date(2026, 6, 30), 180),
        # Clocks that are changed in the night.
        ("Europe/London", "2026-03-29T00:30", "2026-03-29T02:30", date(2026, 3, 29), 60),
        ("America/New_York", "2026-03-08T01:00", "2026-03-08T04:00", date(2026, 3, 8), 120),
        ("Europe/Berlin", "2026-10-25T01:30", "2026-10-25T03:30", date(2026, 10, 25), 180),
        ("Australia/Sydney", "2026-04-05T01:30", "2026-04-05T03:30", date(2026, 4, 5), 180),
        # Half hours of offset, a break of an hour, and a night that belongs to either day.
        ("Asia/Kolkata", "2026-06-01T09:00", "2026-06-01T18:00", date(2026, 6, 1), 480),
        ("Europe/Paris", "2026-06-01T22:00", "2026-06-02T02:00", date(2026, 6, 1), 240),
        ("Europe/Paris", "2026-06-01T22:00", "2026-06-02T02:00", date(2026, 6, 2), 240),
    ],
)
def test_hours_that_can_have_been_worked(
    zone: str, start: str, end: str, day: date, minutes: int
) -> None:
    assert impossible(local(zone, start, end), day, minutes) == []


@pytest.mark.parametrize(
    ("zone", "start", "end", "day", "minutes", "why"),
    [
        # By the day in UTC, it would stand in the old fiscal year.
        (
            "Australia/Sydney",
            "2026-07-01T08:00",
            "2026-07-01T12:00",
            date(2026, 6, 30),
            240,
            "it was worked on 2026-07-01 in Australia/Sydney",
        ),
        # Two hours on the clock, and one hour of work.
        (
            "Europe/London",
            "2026-03-29T00:30",
            "2026-03-29T02:30",
            date(2026, 3, 29),
            120,
            "it has 120 minutes, and there are 60 between start and end",
        ),
        (
            "Europe/Paris",
            "2026-06-01T12:00",
            "2026-06-01T11:00",
            date(2026, 6, 1),
            60,
            "it has 60 minutes, and there are 0 between start and end",
        ),
    ],
)
def test_hours_that_cannot(
    zone: str, start: str, end: str, day: date, minutes: int, why: str
) -> None:
    (finding,) = impossible(local(zone, start, end), day, minutes)
    assert (finding.code, finding.waiting_for, finding.detail["why"]) == ("TM_TIMEZONE", (), why)


def test_a_tracker_that_tells_minutes_alone_is_believed() -> None:
    assert impossible(Interval.of(None, None, "Europe/Paris"), date(2026, 6, 1), 600) == []
    start = "2026-06-01T08:00:00+00:00"
    assert impossible(Interval.of(start, None, "Europe/Paris"), date(2026, 6, 1), 600) == []
    end = "2026-06-01T09:00:00+00:00"
    assert impossible(Interval.of(start, end, "Nowhere/Land"), date(2026, 7, 9), 60) == []


def test_seconds_that_got_lost_are_no_mistake() -> None:
    interval = Interval.of("2026-06-01T08:00:00+00:00", "2026-06-01T08:59:59+00:00", "UTC")
    assert impossible(interval, date(2026, 6, 1), 61) == []
