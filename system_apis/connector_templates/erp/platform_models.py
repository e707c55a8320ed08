"""Nameless's own words, as far as this connector reads them.

Unknown fields are ignored.
"""

from pydantic import BaseModel, ConfigDict


class Wire(BaseModel):
    """Values never appear in validation errors: some are confidential."""

    model_config = ConfigDict(hide_input_in_errors=True, frozen=True)


class Line(Wire):
    """A line of hours."""

    id: str


class Company(Wire):
    id: str


class Employee(Wire):
    id: str


class Customer(Wire):
    id: str


class Project(Wire):
    id: str


class Task(Wire):
    id: str


class Period(Wire):
    id: str
