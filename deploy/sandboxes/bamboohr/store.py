"""What the stand-in remembers, in memory."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from shared.values import Clock

COMPANY = "haldenridge"
Action = Literal["Inserted", "Updated", "Deleted"]


@dataclass
class JobRow:
    """One row of the table `jobInfo`, effective from its date."""

    date: str
    department: str | None = None
    division: str | None = None
    location: str | None = None
    job_title: str | None = None
    reports_to: int | None = None


@dataclass
class Employee:
    """``values`` by the names of the list endpoint."""

    id: int
    values: dict[str, str | None]
    job: list[JobRow] = field(default_factory=list)


@dataclass
class Option:
    """A value of a list field, such as a department."""

    id: int
    name: str
    archived: bool = False


@dataclass
class Faults:
    """What goes wrong next.

    :param rate_limited: requests that are answered 429 with ``Retry-After``.
    :param throttled_as_before: the same as it was until September 2026: 503 with ``Retry-After``.
    :param unavailable: requests that are answered by a page of the load balancer.
    :param restricted: fields that the key's owner may not read, by their names in lists.
    :param restricted_columns: columns of `jobInfo` that they may not read.
    :param read_only: fields that they may not write.
    """

    rate_limited: int = 0
    throttled_as_before: int = 0
    unavailable: int = 0
    restricted: set[str] = field(default_factory=set)
    restricted_columns: set[str] = field(default_factory=set)
    read_only: set[str] = field(default_factory=set)


@dataclass
class Store:
    """One company's account; the key of its integration user is ``bamboo-key``."""

    clock: Clock
    api_key: str = "bamboo-key"
    employees: dict[int, Employee] = field(default_factory=dict)
    changes: dict[int, tuple[Action, datetime]] = field(default_factory=dict)
    lists: dict[str, list[Option]] = field(
        default_factory=lambda: {"department": [], "division": [], "location": []}
    )
    faults: Faults = field(default_factory=Faults)
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ids = itertools.count(101)

    def add_option(self, kind: str, name: str) -> Option:
        option = Option(next(self._ids), name)
        self.lists[kind].append(option)
        return option

    def add_employee(self, first_name: str, last_name: str, **values: str | None) -> Employee:
        """Active, hired long ago, unless said otherwise."""
        number = next(self._ids)
        own: dict[str, str | None] = {
            "firstName": first_name,
            "lastName": last_name,
            "displayName": f"{first_name} {last_name}",
            "employeeNumber": str(number - 100),
            "workEmail": f"{first_name.lower()}@haldenridge.example",
            "status": "Active",
            "hireDate": "2020-03-01",
            # What BambooHR writes where there is no date.
            "terminationDate": "0000-00-00",
            "employmentStatusName": "Full-Time",
        }
        self.employees[number] = Employee(number, own | values)
        self._note(number, "Inserted")
        return self.employees[number]

    def change(self, employee: Employee, **values: str | None) -> None:
        employee.values |= values
        self._note(employee.id, "Updated")

    def add_job(self, employee: Employee, row: JobRow) -> None:
        """Rows are kept in no particular order."""
        employee.job.insert(0, row)
        self._note(employee.id, "Updated")

    def delete(self, employee: Employee) -> None:
        del self.employees[employee.id]
        self._note(employee.id, "Deleted")

    def now(self) -> datetime:
        """Instants have whole seconds."""
        return self.clock.now().astimezone(UTC).replace(microsecond=0)

    def present_job(self, employee: Employee) -> JobRow | None:
        """What is in effect today."""
        today = self.now().date().isoformat()
        begun = sorted((row for row in employee.job if row.date <= today), key=lambda r: r.date)
        return begun[-1] if begun else None

    def _note(self, number: int, action: Action) -> None:
        """A record that was inserted and changed since is still told as inserted."""
        before = self.changes.get(number)
        if action == "Updated" and before and before[0] == "Inserted" and before[1] == self.now():
            action = "Inserted"
        self.changes[number] = (action, self.now())
