"""The work date is the person's local date, not the date in UTC.

Sydney, 1 July 08:00 is 30 June 22:00 in UTC; booking it by UTC puts it into the old fiscal year.
"""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


class AmbiguousLocalTime(ValueError):
    """A local time that occurs twice, or never, on a day when clocks change."""


def work_date_of(instant: datetime, zone: str) -> date:
    """Local date of ``instant`` in the IANA zone ``zone``.

    :raises ValueError: if the instant is naive.
    :raises zoneinfo.ZoneInfoNotFoundError: if the zone is unknown.
    """
    if instant.tzinfo is None:
        raise ValueError("the instant needs a time zone")
    return instant.astimezone(ZoneInfo(zone)).date()


def instant_of(local: datetime, zone: str) -> datetime:
    """The instant (UTC) of a naive local time.

    :raises AmbiguousLocalTime: if clocks were set back over it, or forward past it.
    """
    zoned = ZoneInfo(zone)
    first, second = local.replace(tzinfo=zoned, fold=0), local.replace(tzinfo=zoned, fold=1)
    if first.utcoffset() != second.utcoffset():
        raise AmbiguousLocalTime(f"{local:%Y-%m-%d %H:%M} is not one instant in {zone}")
    return first.astimezone(UTC)
