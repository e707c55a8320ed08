"""BambooHR's JSON. The same thing has other names in lists and in single records."""

import base64
from datetime import UTC, datetime
from typing import Any

from deploy.sandboxes.bamboohr.store import Employee, JobRow, Store

DEFAULT_FIELDS = ("firstName", "lastName", "preferredName", "jobTitleName", "status")
OPTIONAL_FIELDS = frozenset(
    {
        "displayName", "employeeNumber", "workEmail", "hireDate", "terminationDate",
        "employmentStatusName", "reportsToId", "reportsToName", "departmentName", "divisionName",
    }
)  # fmt: skip
# A single record's names for what lists call otherwise.
_SHORT_NAMES = {
    "jobTitle": "jobTitleName",
    "department": "departmentName",
    "division": "divisionName",
    "supervisor": "reportsToName",
    "supervisorEId": "reportsToId",
    "employmentHistoryStatus": "employmentStatusName",
}


def listed(store: Store, employee: Employee, fields: set[str]) -> dict[str, Any]:
    """A record of the list: what may not be read is null, and named."""
    wanted = [*DEFAULT_FIELDS, *sorted(fields & OPTIONAL_FIELDS)]
    withheld = [name for name in wanted if name in store.faults.restricted]
    body: dict[str, Any] = {"employeeId": str(employee.id), "photoUrl": None}
    body |= {name: None if name in withheld else value_of(store, employee, name) for name in wanted}
    return body | {"_restrictedFields": withheld} if withheld else body


def single(store: Store, employee: Employee, fields: list[str]) -> dict[str, Any]:
    """A single record: what may not be read is left out without a word."""
    body: dict[str, Any] = {"id": str(employee.id)}
    for name in fields:
        long_name = _SHORT_NAMES.get(name, name)
        if long_name in store.faults.restricted:
            continue
        value = value_of(store, employee, long_name)
        if value is not None or long_name in employee.values:
            body[name] = value
    return body


def value_of(store: Store, employee: Employee, name: str) -> str | None:
    """What the employee's record says, or the row of its history that is in effect."""
    row = store.present_job(employee) or JobRow("")
    boss = store.employees.get(row.reports_to) if row.reports_to else None
    derived = {
        "jobTitleName": row.job_title,
        "departmentName": row.department,
        "divisionName": row.division,
        "reportsToId": str(boss.id) if boss else None,
        "reportsToName": boss.values["displayName"] if boss else None,
    }
    return derived[name] if name in derived else employee.values.get(name)


def job_row(store: Store, row: JobRow) -> dict[str, Any]:
    """Supervisors stand there by name; columns that may not be read are left out."""
    boss = store.employees.get(row.reports_to) if row.reports_to else None
    body = {
        "date": row.date,
        "location": row.location,
        "department": row.department,
        "division": row.division,
        "jobTitle": row.job_title,
        "reportsTo": boss.values["displayName"] if boss else None,
    }
    return {name: value for name, value in body.items() if name not in _withheld(store)}


def _withheld(store: Store) -> set[str]:
    return store.faults.restricted_columns


def lists(store: Store) -> list[dict[str, Any]]:
    """Fields with their options, archived ones too."""
    return [
        {
            "fieldId": number,
            "manageable": "yes",
            "multiple": "no",
            "name": alias.title(),
            "alias": alias,
            "options": [
                {
                    "id": option.id,
                    "archived": "yes" if option.archived else "no",
                    "name": option.name,
                    "createdDate": None,
                    "archivedDate": None,
                }
                for option in options
            ],
        }
        for number, (alias, options) in enumerate(store.lists.items(), start=4)
    ]


def instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def cursor(number: int) -> str:
    return base64.urlsafe_b64encode(f"employee:{number}".encode()).decode()


def number_of(written: str) -> int | None:
    try:
        kind, _, number = base64.urlsafe_b64decode(written).decode().partition(":")
        return int(number) if kind == "employee" else None
    except ValueError:
        return None
