"""BambooHR's words to Timepost's. Pure: no clock, no network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from system_apis.capabilities.hcm.schemas import (
    Assignment,
    OrgUnit,
    Worker,
    WorkerKind,
    WorkerStatus,
)
from system_apis.capabilities.rows import Unmappable
from system_apis.connectors.bamboohr.platform_models import Employee, JobRow, Option
from system_apis.connectors.bamboohr.settings import BambooHrSettings

# What a worker is made of, by BambooHR's names; the rest may be withheld without harm.
NEEDED = ("firstName", "lastName", "status", "employeeNumber", "workEmail", "hireDate")
FIELDS = (
    "displayName", "employeeNumber", "workEmail", "hireDate", "terminationDate",
    "employmentStatusName", "reportsToId",
)  # fmt: skip
_STATUS = {"active": WorkerStatus.ACTIVE, "inactive": WorkerStatus.INACTIVE}
_DAY = timedelta(days=1)


def to_worker(found: Employee, settings: BambooHrSettings, changed: datetime | None) -> Worker:
    """A person.

    :raises Unmappable: a field is withheld from the key: null is not its value then.
    """
    _refuse_withheld(found, (*NEEDED, "terminationDate"))
    status = _STATUS.get((found.status or "").lower())
    if status is None:
        raise Unmappable("status: is neither Active nor Inactive")
    names = [part for part in (found.first_name, found.last_name) if part]
    return Worker(
        external_id=found.employee_id,
        employee_number=found.employee_number,
        name=found.display_name or " ".join(names),
        email=found.work_email,
        kind=_kind(found, settings),
        status=status,
        hire_date=found.hire_date,
        termination_date=found.termination_date,
        modified_at=changed,
    )


def _kind(found: Employee, settings: BambooHrSettings) -> WorkerKind | None:
    """None if the key may not know it."""
    if "employmentStatusName" in found.restricted:
        return None
    is_contractor = found.employment_status in settings.contractor_statuses
    return WorkerKind.CONTRACTOR if is_contractor else WorkerKind.EMPLOYEE


def to_org_unit(option: Option, kind: str) -> OrgUnit:
    """A department or division; archived ones are still named by the history."""
    return OrgUnit(
        external_id=org_unit_id(kind, option.id),
        name=option.name,
        kind=kind,
        active=option.archived != "yes",
    )


def org_unit_id(kind: str, number: int) -> str:
    """Ids of two lists may be the same number."""
    return f"{kind}:{number}"


@dataclass(frozen=True)
class Stay:
    """A row of the job history with its place in it: ids are made of employee and date, since
    rows of a delta have no ids of their own."""

    external_id: str | None
    raw: Any
    first_day: date | None
    last_day: date | None


def stays(employee_id: str, rows: Sequence[Any]) -> list[Stay]:
    """The rows in their order. Each lasts until the day before the next; a row without a date
    has no place, and no id."""
    dated = sorted(
        ((day, row) for row in rows if (day := _day_of(row)) is not None),
        key=lambda each: (each[0], repr(sorted(each[1].items()))),
    )
    placed: list[Stay] = []
    for place, (day, row) in enumerate(dated):
        later = [other for other, _ in dated[place + 1 :] if other > day]
        twins = sum(other == day for other, _ in dated[:place])
        suffix = f"#{twins + 1}" if twins else ""
        last = later[0] - _DAY if later else None
        placed.append(Stay(f"{employee_id}:{day.isoformat()}{suffix}", row, day, last))
    placeless = [row for row in rows if _day_of(row) is None]
    return placed + [Stay(None, row, None, None) for row in placeless]


def present_stay(history: Sequence[Stay], today: date) -> Stay | None:
    """The one that is in effect, if any has begun."""
    begun = [each for each in history if each.first_day and each.first_day <= today]
    return max(begun, key=lambda each: each.first_day or date.min, default=None)


def to_assignment(
    stay: Stay,
    employee: Employee | None,
    departments: Mapping[str, str],
    settings: BambooHrSettings,
    *,
    is_present: bool,
) -> Assignment:
    """One stay.

    :param employee: the present record; None if the list does not show it.
    :param departments: ids of org units by the name of the department.
    :param is_present: only then is the supervisor known: the history has a name and no id.
    :raises Unmappable: the row makes no sense, or something is withheld from the key.
    """
    if stay.external_id is None or stay.first_day is None:
        raise Unmappable("date: is missing or no date")
    if employee is None:
        raise Unmappable("the employee is not in the list")
    _refuse_withheld(employee, ("reportsToId", "terminationDate"))
    row = JobRow.model_validate(stay.raw)
    company = settings.legal_entity_from
    for column in ("department",) if company == "none" else ("department", company):
        if column not in row.model_fields_set:
            raise Unmappable(f"{column}: the API key may not read it")
    sources = {"division": row.division, "location": row.location, "none": None}
    return Assignment(
        external_id=stay.external_id,
        worker_id=employee.employee_id,
        valid_from=stay.first_day,
        valid_to=_end(stay, employee.termination_date),
        legal_entity=sources[company],
        org_unit_id=departments.get(row.department or ""),
        org_unit_name=row.department,
        supervisor_id=employee.reports_to_id if is_present else None,
        job_title=row.job_title,
    )


def _end(stay: Stay, left_on: date | None) -> date | None:
    """The last one ends with the employment."""
    if stay.last_day is None and left_on and stay.first_day and left_on >= stay.first_day:
        return left_on
    return stay.last_day


def _refuse_withheld(found: Employee, fields: Sequence[str]) -> None:
    withheld = [field for field in fields if field in found.restricted]
    if withheld:
        raise Unmappable(f"{', '.join(withheld)}: the API key may not read it")


def _day_of(row: Any) -> date | None:
    given = row.get("date") if isinstance(row, dict) else None
    try:
        return date.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        return None
