"""Rows of a product's lists, each made sense of on its own: one odd row ends no listing."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from system_apis.capabilities.master_lists import FaultyRow

R = TypeVar("R")
T = TypeVar("T")

_LONGEST_ID = 200
_LONGEST_REASON = 500


class Unmappable(Exception):
    """A row has no place in Timepost's model; says which field and why, never its value."""


def under(key: str) -> Callable[[Any], str | None]:
    """Reads the id of a row that is a JSON object."""

    def id_of(row: Any) -> str | None:
        given = row.get(key) if isinstance(row, Mapping) else None
        if isinstance(given, bool) or not isinstance(given, str | int):
            return None
        return str(given) if 0 < len(str(given)) <= _LONGEST_ID else None

    return id_of


ID = under("id")


def read_rows(
    rows: Iterable[R],
    make: Callable[[R], T | None],
    id_of: Callable[[R], str | None] = ID,
) -> tuple[list[T], list[FaultyRow]]:
    """What the rows mean, and those that mean nothing.

    :param make: one row in our words, or None where it does not belong to the list; it raises
        pydantic's `ValidationError`, or `Unmappable`.
    :param id_of: the id by which a faulty row is told.
    """
    made: list[T] = []
    faulty: list[FaultyRow] = []
    for row in rows:
        try:
            one = make(row)
        except ValidationError as error:
            faulty.append(FaultyRow(external_id=id_of(row), reason=reason_of(error)))
        except Unmappable as error:
            reason = str(error)[:_LONGEST_REASON]
            faulty.append(FaultyRow(external_id=id_of(row), reason=reason))
        else:
            if one is not None:
                made.append(one)
    return made, faulty


def reason_of(error: ValidationError) -> str:
    """Places and reasons without the values, which may be anybody's personal data."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    reasons = (f"{'.'.join(map(str, each['loc'])) or 'the row'}: {each['msg']}" for each in found)
    return "; ".join(reasons)[:_LONGEST_REASON]
