"""Which rate of exchange holds for a day, and by which rule. Pure: no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

# Nobody quotes on a weekend or a holiday: the last quote before holds for so long.
MAX_AGE_DAYS = 5


class FxKind(StrEnum):
    """What a quote says: of a day, the average of its month, or what the group has set."""

    SPOT = "spot"
    MONTH_AVERAGE = "month_average"
    CORPORATE = "corporate"


@dataclass(frozen=True)
class Quote:
    """One unit of `base` costs `rate` of `quote` on a day."""

    base: str
    quote: str
    day: date
    rate: Decimal


@dataclass(frozen=True)
class Wanted:
    """:param via: a third currency to go through where the two are not quoted together."""

    base: str
    quote: str
    day: date
    kind: FxKind = FxKind.SPOT
    max_age_days: int = MAX_AGE_DAYS
    via: str | None = None


@dataclass(frozen=True)
class Chosen:
    """:param day: of the quote, or of the older of two."""

    rate: Decimal
    day: date
    explanation: str


def choose(wanted: Wanted, quotes: Sequence[Quote]) -> Chosen | None:
    """The rate that holds: as asked, else the other way round, else through a third currency.

    None if the last quote is too old, or there is none.
    """
    if wanted.base == wanted.quote:
        return Chosen(Decimal(1), wanted.day, f"{wanted.base} is {wanted.quote}")
    found = _leg(wanted.base, wanted.quote, wanted, quotes)
    if found is not None or wanted.via is None:
        return found
    first = _leg(wanted.base, wanted.via, wanted, quotes)
    second = _leg(wanted.via, wanted.quote, wanted, quotes)
    if first is None or second is None:
        return None
    words = f"through {wanted.via}: {first.explanation}; {second.explanation}"
    return Chosen(first.rate * second.rate, min(first.day, second.day), words)


def _leg(base: str, quote: str, wanted: Wanted, quotes: Sequence[Quote]) -> Chosen | None:
    for one, other, inverse in ((base, quote, False), (quote, base, True)):
        last = max(
            (
                each
                for each in quotes
                if (each.base, each.quote) == (one, other)
                and timedelta() <= wanted.day - each.day <= timedelta(days=wanted.max_age_days)
            ),
            key=lambda each: each.day,
            default=None,
        )
        if last is not None:
            rate = 1 / last.rate if inverse else last.rate
            return Chosen(rate, last.day, _words(last, wanted, inverse=inverse))
    return None


def _words(quote: Quote, wanted: Wanted, *, inverse: bool) -> str:
    words = f"{wanted.kind.replace('_', ' ')} {quote.base} to {quote.quote} of {quote.day}"
    age = (wanted.day - quote.day).days
    if age:
        words += f", {age} day{'' if age == 1 else 's'} before"
    return f"{words}: {quote.rate}" + (", the other way round" if inverse else "")
