"""What is wrong with which row of something that people write as a table."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.problems import FieldError, ValidationFailed

_MOST = 100


@dataclass(frozen=True)
class Fault:
    """What is wrong with a row, and with which field of it.

    :param row: from 1.
    """

    row: int
    field: str
    message: str


def refuse(why: str, found: Sequence[Fault], rows: str = "lines") -> None:
    """
    :param rows: the field of the body that holds the rows.
    :raises ValidationFailed: names the first hundred faults, if there are any.
    """
    if found:
        errors = [
            FieldError(field=f"body.{rows}[{each.row - 1}].{each.field}", message=each.message)
            for each in found[:_MOST]
        ]
        raise ValidationFailed(why, errors=errors)
