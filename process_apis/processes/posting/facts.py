"""What is known of work that rates are asked for: the ERP's codes, and what the HCM says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts, as_json
from process_apis.processes.mapping.targets import Mapped
from process_apis.processes.posting.rules import Candidate

_CODES = text(
    """
    SELECT asked.number, client.code AS client, company.code AS legal_entity, company.currency
    FROM jsonb_to_recordset(CAST(:asked AS jsonb)) AS asked (
        number int, erp text, client text, legal_entity text)
    LEFT JOIN client ON client.owner_connection = asked.erp
      AND client.owner_external_id = asked.client
    LEFT JOIN legal_entity AS company ON company.owner_connection = asked.erp
      AND company.owner_external_id = asked.legal_entity
    ORDER BY asked.number
    """
)


@dataclass(frozen=True)
class Asked:
    """A posting that nothing else speaks against.

    :param row: as `judging` reads it.
    :param mapped: what the mapping of its tracker makes of it, if there is one.
    """

    row: Mapping[str, Any]
    target: str
    candidate: Candidate
    mapped: Mapped | None = None


@dataclass(frozen=True)
class Known:
    """The same with what rate cards may name of it.

    :param currency: of the worker's legal entity.
    """

    asked: Asked
    facts: Mapping[str, str]
    currency: str | None


async def learn(transaction: AsyncConnection, asked: Sequence[Asked]) -> list[Known]:
    """In the same order."""
    rows = [
        {
            "number": number,
            "erp": each.target,
            "client": each.candidate.project.record.get("client_external_id"),
            "legal_entity": each.candidate.worker.record.get("legal_entity_external_id"),
        }
        for number, each in enumerate(asked)
    ]
    codes = as_dicts(await transaction.execute(_CODES, {"asked": as_json(rows)}))
    return [
        Known(each, _facts(each, code["client"], code["legal_entity"]), code["currency"])
        for each, code in zip(asked, codes, strict=True)
    ]


def _facts(asked: Asked, client: str | None, legal_entity: str | None) -> dict[str, str]:
    """Role, grade and practice are for an HCM to say."""
    candidate = asked.candidate
    employment = candidate.employment
    place = employment.place_on(candidate.work_date) if employment else None
    task = candidate.task.record if candidate.task else {}
    facts = {
        "worker": candidate.worker.record.get("employee_number"),
        "project": candidate.project.record.get("code"),
        "task": task.get("code") or task.get("name"),
        "client": client,
        "legal_entity": legal_entity,
        "role": place.role if place else None,
        "grade": place.grade if place else None,
        "practice": place.practice if place else None,
    }
    return {name: value for name, value in facts.items() if value}
