"""How often a caller may do something: ``600/minute``."""

from math import ceil
from typing import Annotated

from limits import RateLimitItem, parse
from pydantic import AfterValidator


def parse_rate(text: str) -> RateLimitItem:
    """Reads ``600/minute`` or ``5 per 10 second``.

    :raises ValueError: if it cannot be read.
    """
    return parse(text)


def scaled(rate: str, factor: float) -> str:
    """The rate times ``factor``, and at least one."""
    item = parse_rate(rate)
    amount = max(1, ceil(item.amount * factor))
    return f"{amount}/{item.multiples}{item.GRANULARITY.name}"


def _checked(text: str) -> str:
    parse_rate(text)
    return text


Rate = Annotated[str, AfterValidator(_checked)]
