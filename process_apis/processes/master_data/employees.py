"""Finds what HCMs say of workers: they own that, and the ERP only has a copy."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts
from process_apis.processes.master_data.employment import Employment, Place
from process_apis.processes.master_data.keys import dependency_key
from process_apis.processes.master_data.tables import MasterKind

_EMPLOYEES = text(
    """
    SELECT owner_connection AS hcm, owner_external_id AS external_id, number_key, email_key,
           hire_date, termination_date
    FROM employee
    WHERE owner_connection = ANY(:hcms) AND vanished_at IS NULL
      AND (number_key = ANY(:numbers) OR email_key = ANY(:emails))
    """
)

# A cost centre that is only named counts as valid: there is no list of them to hold it against.
_ASSIGNMENTS = text(
    """
    SELECT place.owner_connection AS hcm, place.worker_external_id AS employee,
           place.valid_from, place.valid_to, place.cost_centre_external_id AS cost_centre,
           coalesce(centre.code, place.cost_centre_code) AS code,
           centre.id IS NULL OR centre.active AND centre.vanished_at IS NULL AS active,
           centre.valid_from AS centre_from, centre.valid_to AS centre_to,
           place.job_title AS role, place.grade,
           coalesce(unit.code, unit.name, place.org_unit_name) AS practice
    FROM assignment AS place
    JOIN unnest(CAST(:hcms AS text[]), CAST(:employees AS text[])) AS wanted (hcm, employee)
      ON wanted.hcm = place.owner_connection AND wanted.employee = place.worker_external_id
    LEFT JOIN cost_centre AS centre ON centre.owner_connection = place.owner_connection
      AND centre.owner_external_id = place.cost_centre_external_id
    LEFT JOIN org_unit AS unit ON unit.owner_connection = place.owner_connection
      AND unit.owner_external_id = place.org_unit_external_id
    WHERE place.vanished_at IS NULL
    """
)


async def employments(
    transaction: AsyncConnection, hcms: Sequence[str], workers: Iterable[Mapping[str, Any]]
) -> dict[Any, Employment]:
    """By the id of the canonical worker, those whom one employee of the HCMs is by number, or else
    by address; whoever could be several is none."""
    known = list(workers)
    if not hcms or not known:
        return {}
    asked = {
        "hcms": list(hcms),
        "numbers": sorted({each["number_key"] for each in known if each["number_key"]}),
        "emails": sorted({each["email_key"] for each in known if each["email_key"]}),
    }
    employees = as_dicts(await transaction.execute(_EMPLOYEES, asked))
    found = {each["id"]: match for each in known if (match := _same(each, employees))}
    if not found:
        return {}
    places = await _places(transaction, list(found.values()))
    return {
        worker: Employment(
            employee["hcm"],
            dependency_key(MasterKind.EMPLOYEE, employee["hcm"], employee["external_id"]),
            employee["hire_date"],
            employee["termination_date"],
            tuple(places.get((employee["hcm"], employee["external_id"]), ())),
        )
        for worker, employee in found.items()
    }


def _same(
    worker: Mapping[str, Any], employees: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    for key in ("number_key", "email_key"):
        hits = [each for each in employees if worker[key] and each[key] == worker[key]]
        if hits:
            return hits[0] if len(hits) == 1 else None
    return None


async def _places(
    transaction: AsyncConnection, employees: Sequence[Mapping[str, Any]]
) -> dict[tuple[str, str], list[Place]]:
    asked = {
        "hcms": [each["hcm"] for each in employees],
        "employees": [each["external_id"] for each in employees],
    }
    found: dict[tuple[str, str], list[Place]] = {}
    for row in as_dicts(await transaction.execute(_ASSIGNMENTS, asked)):
        holds = (row["centre_from"], row["centre_to"]) if row["active"] else None
        centre = dependency_key(MasterKind.COST_CENTRE, row["hcm"], row["cost_centre"] or "")
        place = Place(
            row["valid_from"],
            row["valid_to"],
            row["code"],
            centre,
            holds,
            row["role"],
            row["grade"],
            row["practice"],
        )
        found.setdefault((row["hcm"], row["employee"]), []).append(place)
    return found
