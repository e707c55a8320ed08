"""Opaque cursors: where the next page begins, by what a list is ordered by."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, ColumnElement, tuple_

from shared.problems import FieldError, InvalidRequest


def encode(at: datetime, identity: UUID) -> str:
    """The cursor behind a row."""
    return urlsafe_b64encode(f"{at.isoformat()}|{identity}".encode()).decode()


def decode(cursor: str | None) -> tuple[datetime, UUID] | None:
    """Where a cursor points.

    :raises InvalidRequest: it was not made here.
    """
    if cursor is None:
        return None
    try:
        at, identity = urlsafe_b64decode(cursor.encode()).decode().split("|")
        return datetime.fromisoformat(at), UUID(identity)
    except ValueError:
        raise InvalidRequest(
            "The cursor is not one of ours.",
            action="Send the next_cursor of the page before, or none.",
            code="invalid_cursor",
            errors=[FieldError(field="query.cursor", message="is not a cursor of this list")],
        ) from None


def older(
    at: Column[datetime], identity: Column[UUID], before: tuple[datetime, UUID]
) -> ColumnElement[bool]:
    """What comes behind a place in a list that shows the latest first."""
    return tuple_(at, identity) < tuple_(*before)
