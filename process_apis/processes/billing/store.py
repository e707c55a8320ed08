"""Contract terms in the database."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import select

from process_apis import cursors
from process_apis.database import as_dicts, as_json
from process_apis.processes.billing.rules import (
    Beyond,
    BillingType,
    Limit,
    LimitPer,
    Measure,
    Terms,
)
from process_apis.processes.billing.schemas import NewTerms
from process_apis.processes.billing.tables import ContractTerms, TermsState
from process_apis.processes.rating.rounding import Tie, TimeRounding
from process_apis.processes.rating.schemas import TimePolicy
from shared.problems import NotFound

_TERMS = ContractTerms.__table__  # type: ignore[attr-defined]

# Two drafts of one contract must not take the same version, nor two claim one project at once.
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('terms ' || :contract, 1))")
_NEXT = text("SELECT coalesce(max(version), 0) + 1 FROM contract_terms WHERE contract = :contract")
_ANY = text("SELECT 1 FROM contract_terms WHERE state = 'PUBLISHED' LIMIT 1")

# Of another contract, published, at the same time, for the same.
_CLASHES = text(
    """
    SELECT other.contract, other.version, mine.client IS NOT NULL AS by_client,
           (SELECT min(place) - 1 FROM jsonb_array_elements_text(mine.projects)
                WITH ORDINALITY AS project (code, place)
            WHERE other.projects ? project.code) AS place
    FROM contract_terms AS mine
    JOIN contract_terms AS other ON other.state = 'PUBLISHED'
      AND other.contract <> mine.contract
      AND (other.client = mine.client OR other.projects ?| ARRAY(
          SELECT jsonb_array_elements_text(mine.projects)))
      AND (other.legal_entity IS NULL OR mine.legal_entity IS NULL
           OR other.legal_entity = mine.legal_entity)
      AND other.valid_from <= coalesce(mine.valid_to, 'infinity')
      AND mine.valid_from <= coalesce(other.valid_to, 'infinity')
    WHERE mine.id = :id ORDER BY other.contract, other.version LIMIT 1
    """
)
_PUBLISH = text(
    """
    UPDATE contract_terms SET state = 'PUBLISHED', published_at = :now, published_by = :actor
    WHERE id = :id AND state = 'DRAFT'
    """
)

# What names the project goes before what names its client; the legal entity's before that of any.
_HOLDING = text(
    """
    SELECT DISTINCT ON (asked.number) asked.number, terms.*
    FROM jsonb_to_recordset(CAST(:asked AS jsonb)) AS asked (
        number int, project text, client text, legal_entity text, day date)
    JOIN contract_terms AS terms ON terms.state = 'PUBLISHED'
      AND (terms.projects ? asked.project OR terms.client = asked.client)
      AND (terms.legal_entity IS NULL OR terms.legal_entity = asked.legal_entity)
      AND terms.valid_from <= asked.day AND (terms.valid_to IS NULL OR terms.valid_to >= asked.day)
    ORDER BY asked.number, terms.client IS NOT NULL, terms.legal_entity IS NULL, terms.version DESC
    """
)
_OF_CONTRACT = text(
    """
    SELECT * FROM contract_terms
    WHERE state = 'PUBLISHED' AND contract = :contract
      AND valid_from <= :day AND (valid_to IS NULL OR valid_to >= :day)
    ORDER BY version DESC LIMIT 1
    """
)


async def lock(transaction: AsyncConnection, contract: str) -> None:
    """Let nobody else write a version of these terms meanwhile; with no code, nobody publish."""
    await transaction.execute(_ONE_AT_A_TIME, {"contract": contract})


async def add(transaction: AsyncConnection, wanted: NewTerms, actor: str, now: datetime) -> UUID:
    """A draft; the caller has locked the contract."""
    terms_id = uuid4()
    row = wanted.model_dump(exclude={"limit", "rounding"})
    limit = wanted.limit
    version = (await transaction.execute(_NEXT, {"contract": wanted.contract})).scalar_one()
    await transaction.execute(
        insert(ContractTerms).values(
            **row,
            id=terms_id,
            version=version,
            limit_measure=limit.measure if limit else None,
            limit_size=limit.size if limit else None,
            limit_per=limit.per if limit else None,
            beyond=limit.beyond if limit else None,
            beyond_rate=limit.rate if limit else None,
            rounding=wanted.rounding.model_dump(mode="json"),
            state=TermsState.DRAFT,
            created_at=now,
            created_by=actor,
        )
    )
    return terms_id


async def terms(transaction: AsyncConnection, terms_id: UUID) -> dict[str, Any]:
    """
    :raises NotFound: there are none with this id.
    """
    rows = await transaction.execute(select(_TERMS).where(_TERMS.c.id == terms_id))
    found = rows.mappings().first()
    if found is None:
        raise NotFound(f"There are no contract terms {terms_id}.")
    return _shaped(dict(found))


async def page(
    transaction: AsyncConnection,
    *,
    contract: str | None,
    state: TermsState | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[dict[str, Any]]:
    """The latest first."""
    statement = select(_TERMS).order_by(_TERMS.c.created_at.desc(), _TERMS.c.id.desc()).limit(limit)
    if contract is not None:
        statement = statement.where(_TERMS.c.contract == contract)
    if state is not None:
        statement = statement.where(_TERMS.c.state == state)
    if before is not None:
        statement = statement.where(cursors.older(_TERMS.c.created_at, _TERMS.c.id, before))
    return [_shaped(row) for row in as_dicts(await transaction.execute(statement))]


async def clash(transaction: AsyncConnection, terms_id: UUID) -> tuple[str, str] | None:
    """A field, and which published terms of another contract cover the same; None if none do."""
    row = (await transaction.execute(_CLASHES, {"id": terms_id})).first()
    if row is None:
        return None
    field = "client" if row.by_client else f"projects[{row.place}]"
    return field, f"{row.contract} version {row.version} covers it at the same time"


async def publish(transaction: AsyncConnection, terms_id: UUID, actor: str, now: datetime) -> bool:
    """Have a draft hold from now on; False if it is none any more."""
    asked = {"id": terms_id, "actor": actor, "now": now}
    return (await transaction.execute(_PUBLISH, asked)).rowcount == 1


async def are_any(transaction: AsyncConnection) -> bool:
    """Whether any terms are published at all."""
    return (await transaction.execute(_ANY)).first() is not None


async def holding(
    transaction: AsyncConnection, asked: Sequence[dict[str, Any]]
) -> dict[int, Terms]:
    """By ``number``, the terms that hold for a project, a client and a legal entity (codes, or
    None) on a day."""
    rows = as_dicts(await transaction.execute(_HOLDING, {"asked": as_json(asked)}))
    return {row["number"]: terms_of(row) for row in rows}


async def of_contract(transaction: AsyncConnection, contract: str, day: date) -> Terms | None:
    """What holds of a contract on a day."""
    asked = {"contract": contract, "day": day}
    rows = as_dicts(await transaction.execute(_OF_CONTRACT, asked))
    return terms_of(rows[0]) if rows else None


def terms_of(row: dict[str, Any]) -> Terms:
    """As the rules take them."""
    limit = None
    if row["limit_measure"] is not None:
        limit = Limit(
            Measure(row["limit_measure"]),
            row["limit_size"],
            LimitPer(row["limit_per"]),
            Beyond(row["beyond"]),
            row["beyond_rate"],
        )
    policy = TimePolicy.model_validate(row["rounding"])
    return Terms(
        row["id"],
        row["contract"],
        row["version"],
        BillingType(row["type"]),
        row["currency"],
        row["engagement"],
        limit,
        TimeRounding(policy.direction, policy.step, policy.per, policy.tie),
        Tie(row["tie"]),
        row["flag_by_contract"],
    )


def _shaped(row: dict[str, Any]) -> dict[str, Any]:
    """As the contract shows them."""
    limit = {
        "measure": row["limit_measure"],
        "size": row["limit_size"],
        "per": row["limit_per"],
        "beyond": row["beyond"],
        "rate": row["beyond_rate"],
    }
    return row | {"limit": limit if row["limit_measure"] is not None else None}
