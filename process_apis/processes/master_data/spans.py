"""Spans of days that bindings hold for. Pure: no I/O."""

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Span:
    """From the first day to the last, both included; None is without limit."""

    first: date | None = None
    last: date | None = None

    def overlaps(self, other: "Span") -> bool:
        """Whether they have a day in common."""
        return _first(self) <= _last(other) and _first(other) <= _last(self)

    def without(self, other: "Span") -> list["Span"]:
        """What is left of it, at most two spans."""
        if not self.overlaps(other):
            return [self]
        left = []
        if other.first is not None and _first(self) < other.first:
            left.append(Span(self.first, other.first - timedelta(days=1)))
        if other.last is not None and other.last < _last(self):
            left.append(Span(other.last + timedelta(days=1), self.last))
        return left


def _first(span: Span) -> date:
    return span.first or date.min


def _last(span: Span) -> date:
    return span.last or date.max
