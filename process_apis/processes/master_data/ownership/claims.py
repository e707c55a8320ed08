"""What all systems say of some workers or clients: their records, matched by natural keys.

Around each record of an ERP, to which hours are posted, stand those of the other systems that serve
one of its legal entities: of workers by employee number, or else by address, of clients by code.
Whoever could be several is left out, on either side.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts
from process_apis.processes.master_data.ownership import decisions
from process_apis.processes.master_data.ownership.attributes import (
    Attribute,
    System,
    compared_of,
)
from process_apis.processes.master_data.ownership.configuration import Ownership
from process_apis.processes.master_data.ownership.rules import (
    Claim,
    Pin,
    Rule,
    Settled,
    Survivor,
    survivor,
)

_SHARED = """
    EXISTS (SELECT FROM known_connection AS one JOIN known_connection AS two
        ON one.legal_entities && two.legal_entities
        WHERE one.name = anchor.owner_connection AND two.name = other.owner_connection)
"""


def _pair(anchors: str, others: str, key: str, competing: str) -> str:
    """Pairs of records that one key matches, if no other record of the ERP competes.

    :param competing: which other records of the ERP match, too.
    """
    return f"""
        SELECT anchor.id AS anchor_id, anchor.owner_connection AS anchor_connection, other.*
        FROM {anchors} AS anchor JOIN {others} AS other ON {key}
        WHERE anchor.id = ANY(:ids) AND other.vanished_at IS NULL AND {_SHARED}
          AND NOT EXISTS (SELECT FROM {anchors} AS rival
            WHERE rival.owner_connection = anchor.owner_connection AND rival.id <> anchor.id
              AND rival.vanished_at IS NULL AND ({competing}))
    """  # noqa: S608 - our own SQL


def _only(pairs: str) -> str:
    """Those of which a connection has no other for the same record of the ERP."""
    return f"""
        SELECT * FROM (SELECT pair.*, count(*) OVER (PARTITION BY anchor_id, owner_connection)
            AS found FROM ({pairs}) AS pair) AS counted WHERE found = 1
    """  # noqa: S608 - our own SQL


_BY_NUMBER = _pair(
    "worker",
    "employee",
    "other.number_key = anchor.number_key",
    "rival.number_key = other.number_key",
)
_BY_ADDRESS = _pair(
    "worker",
    "employee",
    "other.email_key = anchor.email_key AND NOT EXISTS (SELECT FROM employee AS nearer"
    " WHERE nearer.number_key = anchor.number_key AND nearer.vanished_at IS NULL"
    " AND nearer.owner_connection = other.owner_connection)",
    "rival.email_key = other.email_key OR rival.number_key = other.number_key",
)
_LOGINS = _pair(
    "worker",
    "directory_user",
    "other.email_key = anchor.email_key",
    "rival.email_key = other.email_key",
)
_ACCOUNTS = _pair("client", "account", "other.code = anchor.code", "rival.code = other.code")

# A legal entity that the HCM calls as no legal entity of the ERP is called says nothing.
_OF_HCM = f"""
    SELECT anchor_id, owner_connection, owner_external_id, updated_at, name, email,
           hire_date::text AS hire_date, termination_date::text AS termination_date,
           (SELECT company.code FROM legal_entity AS company
            WHERE company.owner_connection = anchor_connection AND company.vanished_at IS NULL
              AND lower(place.legal_entity) IN (lower(company.code), lower(company.name))
            ORDER BY company.code LIMIT 1) AS legal_entity,
           place.cost_centre
    FROM ({_only(f"{_BY_NUMBER} UNION ALL {_BY_ADDRESS}")}) AS employee
    LEFT JOIN LATERAL (
        SELECT today.legal_entity, coalesce(centre.code, today.cost_centre_code) AS cost_centre
        FROM assignment AS today
        LEFT JOIN cost_centre AS centre ON centre.owner_connection = today.owner_connection
          AND centre.owner_external_id = today.cost_centre_external_id
        WHERE today.owner_connection = employee.owner_connection
          AND today.worker_external_id = employee.owner_external_id
          AND today.vanished_at IS NULL
          AND :today BETWEEN coalesce(today.valid_from, '-infinity')
            AND coalesce(today.valid_to, 'infinity')
        ORDER BY today.valid_from LIMIT 1
    ) AS place ON true
"""  # noqa: S608 - our own SQL

_OF_ERP = """
    SELECT worker.id AS anchor_id, worker.owner_connection, worker.owner_external_id,
           worker.updated_at, worker.name, email, hire_date::text AS hire_date,
           termination_date::text AS termination_date, company.code AS legal_entity
    FROM worker LEFT JOIN legal_entity AS company
      ON company.owner_connection = worker.owner_connection
      AND company.owner_external_id = worker.legal_entity_external_id
    WHERE worker.id = ANY(:ids) AND worker.vanished_at IS NULL
"""

# A name that is only the name to sign in with says nothing.
_OF_DIRECTORY = f"""
    SELECT anchor_id, owner_connection, owner_external_id, updated_at,
           nullif(name, user_name) AS name, email, cost_centre
    FROM ({_only(_LOGINS)}) AS login
"""  # noqa: S608 - our own SQL

# The ERP's records come first: whoever is not among them is nobody.
_RECORDS: Mapping[str, tuple[tuple[System, TextClause], ...]] = {
    "worker": (
        ("erp", text(_OF_ERP)),
        ("hcm", text(_OF_HCM)),
        ("directory", text(_OF_DIRECTORY)),
    ),
    "client": (
        (
            "erp",
            text(
                "SELECT id AS anchor_id, owner_connection, owner_external_id, updated_at, name"
                " FROM client WHERE id = ANY(:ids) AND vanished_at IS NULL"
            ),
        ),
        ("crm", text(_only(_ACCOUNTS))),
    ),
}


@dataclass
class Known:
    """One worker or client, and what is said of it.

    :param id: of the ERP's record.
    :param legal_entity: code of a worker's company in the ERP.
    :param claims: by attribute, at most one of each connection; the ERP's comes first.
    :param settled: by attribute, what was agreed on, or decided, while owners differ.
    :param pins: by attribute, those in force.
    """

    kind: str
    id: UUID
    connection: str
    external_id: str
    name: str
    legal_entity: str | None
    claims: dict[str, list[Claim]] = field(default_factory=dict)
    settled: dict[str, Settled] = field(default_factory=dict)
    pins: dict[str, Pin] = field(default_factory=dict)

    def said(self, attribute: Attribute) -> list[Claim]:
        """What all systems say of an attribute."""
        return self.claims.get(attribute.name, [])

    def rule(self, attribute: Attribute, ownership: Ownership) -> Rule:
        """Whose word counts."""
        return ownership.rule(attribute, self.legal_entity)

    def counts(
        self, attribute: Attribute, ownership: Ownership, *, pinned: bool = True
    ) -> Survivor:
        """The value that counts; or that would count without a pin."""
        return survivor(
            attribute,
            self.rule(attribute, ownership),
            self.said(attribute),
            self.settled.get(attribute.name),
            self.pins.get(attribute.name) if pinned else None,
        )


async def known(
    transaction: AsyncConnection,
    kind: str,
    ids: Iterable[UUID],
    now: datetime,
    systems: Collection[System] | None = None,
) -> dict[UUID, Known]:
    """What is said of each, by the id of the ERP's record.

    :param now: the day whose assignment counts, and when pins are in force.
    :param systems: ask only these.
    """
    found: dict[UUID, Known] = {}
    asked: dict[str, Any] = {"ids": list(ids)}
    if not asked["ids"]:
        return found
    for system, statement in _RECORDS[kind]:
        if systems is not None and system not in systems:
            continue
        bound = {**asked, "today": now.date()} if system == "hcm" else asked
        for row in as_dicts(await transaction.execute(statement, bound)):
            if system == "erp":
                found[row["anchor_id"]] = _anchor(kind, row)
            if (one := found.get(row["anchor_id"])) is not None:
                _add(one, system, row)
    for (subject, name), settled in (await decisions.settled(transaction, kind, found)).items():
        found[subject].settled[name] = settled
    for (subject, name), pin in (await decisions.pins(transaction, kind, found, now)).items():
        found[subject].pins[name] = pin
    return found


def _anchor(kind: str, row: Mapping[str, Any]) -> Known:
    return Known(
        kind,
        row["anchor_id"],
        row["owner_connection"],
        row["owner_external_id"],
        row["name"],
        row.get("legal_entity"),
    )


def _add(one: Known, system: System, row: Mapping[str, Any]) -> None:
    names: Sequence[str] = [each.name for each in compared_of(one.kind) if system in each.systems]
    filled = sum(row[name] is not None for name in names)
    for name in names:
        claim = Claim(
            system,
            row["owner_connection"],
            row["owner_external_id"],
            row[name],
            row["updated_at"],
            filled,
        )
        one.claims.setdefault(name, []).append(claim)
