"""Durations are whole minutes inside Timepost; each target quantises for itself."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

Minutes = Annotated[int, Field(description="Whole minutes.", examples=[90])]


def elapsed_minutes(start: datetime, end: datetime) -> int:
    """Minutes between two instants, rounded half up to the minute.

    Trackers record seconds; 29 s are dropped and 30 s count, so that one entry is off by at
    most half a minute and a day's sum does not drift in one direction.

    :raises ValueError: if either instant is naive, or ``end`` is before ``start``.
    """
    if start.tzinfo is None or end.tzinfo is None:
        raise ValueError("both instants need a time zone")
    seconds = (end - start).total_seconds()
    if seconds < 0:
        raise ValueError("the end is before the start")
    return int((seconds + 30) // 60)
