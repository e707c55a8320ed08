"""BambooHR's words, as its API writes them. Unknown fields are ignored."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

_NO_DATE = "0000-00-00"


def _none_if_blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _none_if_no_date(value: Any) -> Any:
    return None if value in ("", _NO_DATE) else value


def _table(value: Any) -> Any:
    """PHP writes an empty object as an empty list."""
    return {} if value == [] else value


Text = Annotated[str | None, BeforeValidator(_none_if_blank)]
Day = Annotated[date | None, BeforeValidator(_none_if_no_date)]


class _Theirs(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class Employee(_Theirs):
    """A record of the list. What the key may not read is null, and named in ``restricted``."""

    employee_id: str = Field(alias="employeeId", pattern=r"^\d{1,18}$")
    first_name: Text = Field(default=None, alias="firstName")
    last_name: Text = Field(default=None, alias="lastName")
    display_name: Text = Field(default=None, alias="displayName")
    employee_number: Text = Field(default=None, alias="employeeNumber")
    work_email: Text = Field(default=None, alias="workEmail")
    status: Text = None
    hire_date: Day = Field(default=None, alias="hireDate")
    termination_date: Day = Field(default=None, alias="terminationDate")
    employment_status: Text = Field(default=None, alias="employmentStatusName")
    reports_to_id: Text = Field(default=None, alias="reportsToId")
    restricted: list[str] = Field(default_factory=list, alias="_restrictedFields")


class _Cursors(_Theirs):
    next_cursor: Text = Field(default=None, alias="nextCursor")


class _ListMeta(_Theirs):
    total: int
    page: _Cursors


class EmployeeList(_Theirs):
    """A page; rows are made sense of one by one."""

    data: list[Any]
    meta: _ListMeta


class Change(_Theirs):
    """``action`` is what happened last since the instant that was asked for."""

    action: Literal["Inserted", "Updated", "Deleted"]
    last_changed: AwareDatetime | None = Field(default=None, alias="lastChanged")


class ChangeList(_Theirs):
    employees: Annotated[dict[str, Change], BeforeValidator(_table)]


class JobRow(_Theirs):
    """A row of `jobInfo`. Columns that the key may not read are left out, so it matters which
    are there at all. ``reports_to`` is a name."""

    date: Day = None
    location: Text = None
    department: Text = None
    division: Text = None
    job_title: Text = Field(default=None, alias="jobTitle")


class ChangedRows(_Theirs):
    rows: list[Any]


class ChangedTable(_Theirs):
    """All rows of everybody who changed in any way."""

    employees: Annotated[dict[str, ChangedRows], BeforeValidator(_table)]


class Option(_Theirs):
    id: int
    name: str
    archived: Text = None


class ListField(_Theirs):
    """A field whose values come from a list, with all that it ever had."""

    alias: Text = None
    options: list[Any] = []


class EventData(_Theirs):
    employee_id: str = Field(alias="employeeId", min_length=1, max_length=200)


class Event(_Theirs):
    """A delivery of today's form: one employee."""

    type: str
    timestamp: str | None = None
    data: EventData


class ChangedEmployee(_Theirs):
    id: str = Field(min_length=1, max_length=200)
    action: str = "Updated"


class FieldBasedDelivery(_Theirs):
    """A delivery of the older form."""

    employees: list[ChangedEmployee] = Field(max_length=500)


class ErrorBody(_Theirs):
    code: Text = None


class Error(_Theirs):
    error: ErrorBody = ErrorBody()
