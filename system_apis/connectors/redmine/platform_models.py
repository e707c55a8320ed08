"""Redmine's own words, as far as this connector reads them.

Unknown fields are ignored.
"""

from datetime import date
from decimal import Decimal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Wire(BaseModel):
    """Values never appear in validation errors: some are confidential."""

    model_config = ConfigDict(hide_input_in_errors=True, frozen=True)


class Named(Wire):
    """What an entry refers to; of an issue only the id is told."""

    id: int
    name: str | None = None


class CustomField(Wire):
    """``value`` is a list where several can be chosen, and null or empty where none is."""

    id: int
    value: str | list[str] | None = None


class Entry(Wire):
    """A time entry. ``hours`` are decimals with two places: 1:20 is 1.33."""

    id: int
    project: Named
    user: Named
    activity: Named | None = None
    issue: Named | None = None
    hours: Decimal = Field(ge=0)
    comments: str | None = None
    spent_on: date
    updated_on: AwareDatetime | None = None
    custom_fields: list[CustomField] = Field(default_factory=list)


class EntryBox(Wire):
    time_entry: Entry


class Row(Wire):
    """An entry as it came, to be read on its own: one odd entry spoils no other."""

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True, frozen=True)

    id: int


class EntryPage(Wire):
    time_entries: list[Row]
    total_count: int


class User(Wire):
    """``mail`` is there for administrators, and of oneself."""

    id: int
    firstname: str = ""
    lastname: str = ""
    mail: str | None = None

    @property
    def name(self) -> str:
        return f"{self.firstname} {self.lastname}".strip()


class UserBox(Wire):
    user: User


class PossibleValue(Wire):
    value: str


class FieldDefinition(Wire):
    id: int
    customized_type: str | None = None
    possible_values: list[PossibleValue] = Field(default_factory=list)


class FieldList(Wire):
    custom_fields: list[FieldDefinition]
