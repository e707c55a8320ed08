"""Whether the hours of an entry can have been worked when it says. Pure: no I/O.

A tracker that gives start and end beside the minutes says the same thing twice. Breaks make the
minutes fewer, and nothing makes them more; the work date is the person's own day.
"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from process_apis.processes.posting.findings import Finding
from shared.values import elapsed_minutes, work_date_of

# Start and end may have lost their seconds.
TOLERANCE_MINUTES = 1


@dataclass(frozen=True)
class Interval:
    """When it was worked, as far as the tracker says so.

    :param zone: IANA name of the person's time zone; None if nobody tells.
    """

    started_at: datetime | None = None
    ended_at: datetime | None = None
    zone: str | None = None

    @classmethod
    def of(cls, started_at: str | None, ended_at: str | None, zone: str | None) -> "Interval":
        """From an entry's content; a zone that nobody knows tells nothing."""
        try:
            known = ZoneInfo(zone).key if zone else None
        except (KeyError, ValueError, OSError):
            known = None
        return cls(_instant(started_at), _instant(ended_at), known)


def impossible(interval: Interval, work_date: date, minutes: int) -> list[Finding]:
    """Why the hours cannot have been worked then, if they cannot."""
    start, end = interval.started_at, interval.ended_at
    if start is None or end is None:
        return []
    elapsed = elapsed_minutes(start, end) if end > start else 0
    if minutes > elapsed + TOLERANCE_MINUTES:
        why = f"it has {minutes} minutes, and there are {elapsed} between start and end"
        return [Finding("TM_TIMEZONE", detail={"why": why})]
    if interval.zone is None:
        return []
    days = [work_date_of(moment, interval.zone) for moment in (start, end)]
    if not days[0] <= work_date <= days[1]:
        why = f"it was worked on {days[0].isoformat()} in {interval.zone}"
        return [Finding("TM_TIMEZONE", detail={"why": why})]
    return []


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
