"""Rounding of billed time and of amounts, by a contract's policy. Pure: no I/O.

Minutes are integers and stay as they were worked; what is rounded is what is billed. An invoice's
total is the sum of the lines that it shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from enum import StrEnum

from shared.values import Money

_HOUR = Decimal(60)


class Direction(StrEnum):
    """Which way time is rounded to a step."""

    NONE = "none"
    NEAREST = "nearest"
    UP = "up"
    DOWN = "down"


class Tie(StrEnum):
    """What becomes of exactly a half."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"


class Per(StrEnum):
    """What is rounded at once."""

    LINE = "line"
    DAY = "day"
    INVOICE = "invoice"


_TIES = {Tie.HALF_UP: ROUND_HALF_UP, Tie.HALF_EVEN: ROUND_HALF_EVEN}


@dataclass(frozen=True)
class TimeRounding:
    """:param step: minutes, such as 15."""

    direction: Direction = Direction.NONE
    step: int = 15
    per: Per = Per.LINE
    tie: Tie = Tie.HALF_UP

    def billed(self, minutes: Sequence[Decimal | int]) -> Decimal:
        """Minutes billed for the lines of one day."""
        if self.per is Per.DAY:
            return self._rounded(Decimal(sum(minutes)))
        return sum((self._rounded(Decimal(each)) for each in minutes), Decimal(0))

    def _rounded(self, minutes: Decimal) -> Decimal:
        if self.direction is Direction.NONE:
            return minutes
        modes = {Direction.UP: ROUND_UP, Direction.DOWN: ROUND_DOWN}
        mode = modes.get(self.direction, _TIES[self.tie])
        return (minutes / self.step).quantize(Decimal(1), mode) * self.step


def hours(minutes: Decimal | int) -> Decimal:
    """Hours, exact as far as minutes of an hour are."""
    return Decimal(minutes) / _HOUR


def days(minutes: Decimal | int, half_day_up_to: int = 240) -> Decimal:
    """Days billed for all that one person worked on one day: none, a half, or one.

    :param half_day_up_to: minutes that still are half a day.
    """
    if minutes <= 0:
        return Decimal(0)
    return Decimal("0.5") if minutes <= half_day_up_to else Decimal(1)


def amounts(
    quantities: Sequence[Decimal], rate: Decimal, currency: str, *, per: Per, tie: Tie
) -> list[Money]:
    """Amounts of an invoice's lines.

    Rounded as a whole, the difference goes to the lines with the largest remainders, so that those
    which are shown add up.
    """
    exact = [Money(amount=quantity * rate, currency=currency) for quantity in quantities]
    if per is not Per.INVOICE:
        return [each.rounded(_TIES[tie]) for each in exact]
    whole = Money(amount=sum((each.amount for each in exact), Decimal(0)), currency=currency)
    total = whole.rounded(_TIES[tie]).amount
    shown = [each.rounded(ROUND_DOWN).amount for each in exact]
    unit = Decimal(1).scaleb(total.as_tuple().exponent)  # type: ignore[arg-type]
    left = int((total - sum(shown, Decimal(0))) / unit)
    by_remainder = sorted(range(len(exact)), key=lambda n: (shown[n] - exact[n].amount, n))
    for number in by_remainder[:left]:
        shown[number] += unit
    return [Money(amount=each, currency=currency) for each in shown]
