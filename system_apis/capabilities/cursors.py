"""Cursors that callers hand back unread."""

import base64
import binascii
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from shared.problems import InvalidRequest

P = TypeVar("P", bound=BaseModel)


def written(place: BaseModel) -> str:
    """A place in a listing as text."""
    return base64.urlsafe_b64encode(place.model_dump_json().encode()).decode()


def read(cursor: str, model: type[P]) -> P:
    """
    :raises InvalidRequest: not a cursor of this listing.
    """
    try:
        return model.model_validate_json(base64.urlsafe_b64decode(cursor))
    except (binascii.Error, ValueError, ValidationError):
        raise InvalidRequest(
            "The cursor is not one that this connection gave.",
            action="Start again without a cursor.",
            code="invalid_cursor",
        ) from None
