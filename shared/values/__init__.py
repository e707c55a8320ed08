"""Typed values that every tier speaks: instants, work dates, minutes, money."""

from shared.values.clock import Clock, FixedClock, SystemClock
from shared.values.minutes import Minutes, elapsed_minutes
from shared.values.money import Money
from shared.values.work_date import AmbiguousLocalTime, instant_of, work_date_of

__all__ = [
    "AmbiguousLocalTime",
    "Clock",
    "FixedClock",
    "Minutes",
    "Money",
    "SystemClock",
    "elapsed_minutes",
    "instant_of",
    "work_date_of",
]
