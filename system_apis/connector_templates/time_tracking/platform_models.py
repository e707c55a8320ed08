"""Nameless's own words, as far as this connector reads them.

Unknown fields are ignored.
"""

from pydantic import BaseModel, ConfigDict


class Wire(BaseModel):
    """Values never appear in validation errors: some are confidential."""

    model_config = ConfigDict(hide_input_in_errors=True, frozen=True)


class Entry(Wire):
    """A time entry."""

    id: str


class Row(Wire):
    """An entry in a list: only its id is read, so that one odd entry spoils no other."""

    id: str
