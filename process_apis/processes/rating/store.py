"""Rate cards in the database."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, select

from process_apis import cursors
from process_apis.database import as_dicts, as_json
from process_apis.processes.rating.rules import RateLine, Side, Unit
from process_apis.processes.rating.schemas import NewCard
from process_apis.processes.rating.tables import CardState, RateCard, RateCardLine
from process_apis.rows import Fault
from shared.problems import NotFound

_CARD = RateCard.__table__  # type: ignore[attr-defined]
_LINE = RateCardLine.__table__  # type: ignore[attr-defined]

# Two drafts of one card must not take the same version, nor two versions be published at once.
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('rate card ' || :code, 1))")

_NEXT = text("SELECT coalesce(max(version), 0) + 1 FROM rate_card WHERE code = :code")

_ADD_LINES = text(
    """
    INSERT INTO rate_card_line (card_id, row, names, amount, unit, valid_from, valid_to,
                                gap_allowed)
    SELECT :card, row, names, amount, unit, valid_from, valid_to, gap_allowed
    FROM jsonb_to_recordset(CAST(:lines AS jsonb)) AS line (
        row int, names jsonb, amount numeric, unit text, valid_from date, valid_to date,
        gap_allowed boolean)
    """
)

_CLASHES = text(
    """
    SELECT mine.row, card.code, other.row AS other_row FROM rate_card_line AS mine
    JOIN rate_card AS own ON own.id = mine.card_id
    JOIN rate_card AS card ON card.state = 'PUBLISHED' AND card.side = own.side
      AND card.currency = own.currency AND card.code <> own.code
    JOIN rate_card_line AS other ON other.card_id = card.id AND other.names = mine.names
      AND other.valid_from <= coalesce(mine.valid_to, 'infinity')
      AND mine.valid_from <= coalesce(other.valid_to, 'infinity')
    WHERE mine.card_id = :id ORDER BY mine.row, card.code, other.row LIMIT 100
    """
)

_PUBLISH = text(
    """
    UPDATE rate_card SET state = 'PUBLISHED', published_at = :now, published_by = :actor
    WHERE id = :id AND state = 'DRAFT'
    """
)
_SUPERSEDE = text(
    "UPDATE rate_card SET state = 'SUPERSEDED' WHERE code = :code AND state = 'PUBLISHED'"
)

_SIDES = text("SELECT DISTINCT side FROM rate_card WHERE state = 'PUBLISHED'")

_HOLDING = text(
    """
    SELECT card.id AS card_id, card.code AS card, card.version, line.row, line.names, line.amount,
           card.currency, line.unit, line.valid_from, line.valid_to, card.multipliers
    FROM rate_card AS card JOIN rate_card_line AS line ON line.card_id = card.id
    WHERE card.state = 'PUBLISHED' AND card.side = :side
      AND line.valid_from <= :last AND (line.valid_to IS NULL OR line.valid_to >= :first)
      AND line.names IN (SELECT jsonb_array_elements(CAST(:names AS jsonb)))
    ORDER BY card.code, line.row
    """
)


async def published_sides(transaction: AsyncConnection) -> set[Side]:
    """Of which there is any card that holds."""
    rows = await transaction.execute(_SIDES)
    return {Side(row.side) for row in rows}


async def clashes(transaction: AsyncConnection, card_id: UUID) -> list[Fault]:
    """Lines that hold at the same time as one of another published card, for the same."""
    rows = await transaction.execute(_CLASHES, {"id": card_id})
    return [
        Fault(row.row, "names", f"holds at the same time as row {row.other_row} of {row.code}")
        for row in rows
    ]


async def lock(transaction: AsyncConnection, code: str) -> None:
    """Let nobody else write a version of this card meanwhile; with no code, nobody publish."""
    await transaction.execute(_ONE_AT_A_TIME, {"code": code})


async def add(transaction: AsyncConnection, wanted: NewCard, actor: str, now: datetime) -> UUID:
    """A draft; the caller has locked the code."""
    card_id = uuid4()
    version = (await transaction.execute(_NEXT, {"code": wanted.code})).scalar_one()
    await transaction.execute(
        insert(RateCard).values(
            id=card_id,
            code=wanted.code,
            version=version,
            side=wanted.side,
            currency=wanted.currency,
            multipliers={name: str(factor) for name, factor in wanted.multipliers.items()},
            state=CardState.DRAFT,
            created_at=now,
            created_by=actor,
        )
    )
    lines = [
        {**line.model_dump(mode="json", exclude={"names"}), "row": row, "names": line.names.given()}
        for row, line in enumerate(wanted.lines, 1)
    ]
    await transaction.execute(_ADD_LINES, {"card": card_id, "lines": as_json(lines)})
    return card_id


async def card(transaction: AsyncConnection, card_id: UUID) -> dict[str, Any]:
    """
    :raises NotFound: there is none with this id.
    """
    rows = await transaction.execute(select(_CARD).where(_CARD.c.id == card_id))
    found = rows.mappings().first()
    if found is None:
        raise NotFound(f"There is no rate card {card_id}.")
    return dict(found)


async def lines(transaction: AsyncConnection, card_id: UUID) -> list[dict[str, Any]]:
    """In the order in which they were sent."""
    statement = select(_LINE).where(_LINE.c.card_id == card_id).order_by(_LINE.c.row)
    return as_dicts(await transaction.execute(statement))


async def cards(
    transaction: AsyncConnection,
    *,
    sides: Sequence[Side],
    state: CardState | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[dict[str, Any]]:
    """The latest first."""
    statement = (
        select(_CARD)
        .where(_CARD.c.side.in_(sides))
        .order_by(_CARD.c.created_at.desc(), _CARD.c.id.desc())
        .limit(limit)
    )
    if state is not None:
        statement = statement.where(_CARD.c.state == state)
    if before is not None:
        statement = statement.where(cursors.older(_CARD.c.created_at, _CARD.c.id, before))
    return as_dicts(await transaction.execute(statement))


async def publish(
    transaction: AsyncConnection, card_id: UUID, code: str, actor: str, now: datetime
) -> bool:
    """Have a draft hold from now on, in place of the version before; False if it is no draft."""
    still = await transaction.execute(
        select(col(RateCard.id)).where(
            col(RateCard.id) == card_id, col(RateCard.state) == CardState.DRAFT
        )
    )
    if still.first() is None:
        return False
    await transaction.execute(_SUPERSEDE, {"code": code})
    await transaction.execute(_PUBLISH, {"id": card_id, "actor": actor, "now": now})
    return True


async def holding(
    transaction: AsyncConnection,
    side: Side,
    first: date,
    last: date,
    names: Sequence[Mapping[str, str]],
) -> list[RateLine]:
    """Published lines that hold on some day of these, and name one of these."""
    asked = {"side": side, "first": first, "last": last, "names": as_json(names)}
    return [
        RateLine(
            **{
                **row,
                "unit": Unit(row["unit"]),
                "multipliers": {name: Decimal(each) for name, each in row["multipliers"].items()},
            }
        )
        for row in as_dicts(await transaction.execute(_HOLDING, asked))
    ]
