"""Finds what counts of workers' employment, by whoever owns it: days, and where they stand."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts
from process_apis.processes.master_data.employment import Employment, Place, Word
from process_apis.processes.master_data.keys import dependency_key
from process_apis.processes.master_data.ownership.attributes import ATTRIBUTES
from process_apis.processes.master_data.ownership.claims import Known, known
from process_apis.processes.master_data.ownership.configuration import Ownership
from process_apis.processes.master_data.ownership.rules import Claim
from process_apis.processes.master_data.tables import MasterKind

# A cost centre that is only named counts as valid: there is no list of them to hold it against.
_ASSIGNMENTS = text(
    """
    SELECT place.owner_connection AS hcm, place.worker_external_id AS employee,
           place.valid_from, place.valid_to, place.cost_centre_external_id AS cost_centre,
           coalesce(centre.code, place.cost_centre_code) AS code,
           centre.id IS NULL OR centre.active AND centre.vanished_at IS NULL AS active,
           centre.valid_from AS centre_from, centre.valid_to AS centre_to,
           place.job_title AS role, place.grade,
           coalesce(unit.code, unit.name, place.org_unit_name) AS practice,
           (SELECT company.code FROM legal_entity AS company
            WHERE company.owner_connection = wanted.erp AND company.vanished_at IS NULL
              AND lower(place.legal_entity) IN (lower(company.code), lower(company.name))
            ORDER BY company.code LIMIT 1) AS legal_entity
    FROM assignment AS place
    JOIN unnest(CAST(:hcms AS text[]), CAST(:employees AS text[]), CAST(:erps AS text[]))
        AS wanted (hcm, employee, erp)
      ON wanted.hcm = place.owner_connection AND wanted.employee = place.worker_external_id
    LEFT JOIN cost_centre AS centre ON centre.owner_connection = place.owner_connection
      AND centre.owner_external_id = place.cost_centre_external_id
    LEFT JOIN org_unit AS unit ON unit.owner_connection = place.owner_connection
      AND unit.owner_external_id = place.org_unit_external_id
    WHERE place.vanished_at IS NULL
    """
)


_DAYS = {"hire_date", "termination_date"}


async def employments(
    transaction: AsyncConnection, ownership: Ownership, workers: Iterable[UUID], now: datetime
) -> dict[UUID, Employment]:
    """By the id of the canonical worker, those of whom anybody but the ERP says something."""
    found = await known(transaction, "worker", workers, now, ("erp", "hcm"))
    told = {
        each.id: _of_hcms(each)
        for each in found.values()
        if _of_hcms(each) or each.pins.keys() & _DAYS
    }
    asked = {
        worker: claims[0]
        for worker, claims in told.items()
        if len(claims) == 1 and _asked(ownership, found[worker], claims[0])
    }
    by_erp = [(found[worker].connection, claim) for worker, claim in asked.items()]
    places = await _places(transaction, by_erp) if asked else {}
    return {
        worker: Employment(
            tuple(_key(each) for each in claims),
            _word(ownership, found[worker], "hire_date"),
            _word(ownership, found[worker], "termination_date"),
            asked[worker].connection if worker in asked else "",
            tuple(places.get(_place(asked[worker]), ())) if worker in asked else (),
            _company(ownership, found[worker], claims),
        )
        for worker, claims in told.items()
    }


def _of_hcms(worker: Known) -> list[Claim]:
    return [each for each in worker.claims["hire_date"] if each.system == "hcm"]


def _asked(ownership: Ownership, worker: Known, hcm: Claim) -> bool:
    """Whether this HCM's assignments say where the worker stands."""
    rule = worker.rule(ATTRIBUTES["worker", "assignments"], ownership)
    return rule.rank(hcm) is not None


def _word(ownership: Ownership, worker: Known, name: str) -> Word:
    attribute = ATTRIBUTES["worker", name]
    counts = worker.counts(attribute, ownership)
    if counts.value is None:
        return Word(None, "")
    if counts.claim is None:
        system = "a steward's pin" if name in worker.pins else "what its owners agreed on"
    else:
        system = "the ERP" if counts.claim.system == "erp" else counts.claim.connection
    return Word(date.fromisoformat(counts.value), system)


def _company(ownership: Ownership, worker: Known, hcms: Sequence[Claim]) -> str | None:
    """Whose worker the ERP's record is, if the HCM is the first to say that, and nobody decided."""
    attribute = ATTRIBUTES["worker", "legal_entity"]
    rule = worker.rule(attribute, ownership)
    decided = attribute.name in worker.pins or attribute.name in worker.settled
    first = any(rule.rank(each) == 0 for each in hcms)
    return worker.legal_entity if first and not decided else None


def _key(employee: Claim) -> str:
    return dependency_key(MasterKind.EMPLOYEE, employee.connection, employee.external_id)


def _place(employee: Claim) -> tuple[str, str]:
    return employee.connection, employee.external_id


async def _places(
    transaction: AsyncConnection, employees: Sequence[tuple[str, Claim]]
) -> dict[tuple[str, str], list[Place]]:
    """By HCM and employee, for each ERP and what an HCM says of one of its workers."""
    asked = {
        "hcms": [each.connection for _, each in employees],
        "employees": [each.external_id for _, each in employees],
        "erps": [erp for erp, _ in employees],
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
            row["legal_entity"],
        )
        found.setdefault((row["hcm"], row["employee"]), []).append(place)
    return found
