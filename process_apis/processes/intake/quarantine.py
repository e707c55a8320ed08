"""Deliveries that proved their sender but could not be read, kept until they can be."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, select

from process_apis.processes.intake.schemas import Quarantined
from process_apis.processes.intake.tables import QuarantinedDelivery, QuarantineStatus
from shared.problems import NotFound


@dataclass(frozen=True)
class Held:
    """A kept delivery with its body, for a replay."""

    summary: Quarantined
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Unreadable:
    """A delivery to keep."""

    connection: str
    content_key: str
    headers: dict[str, str]
    body: bytes
    reason: str


async def hold(connection: AsyncConnection, delivery: Unreadable, now: datetime) -> bool:
    """Keep it; false if the same one is kept already."""
    result = await connection.execute(
        insert(QuarantinedDelivery)
        .values(
            id=uuid4(),
            connection=delivery.connection,
            content_key=delivery.content_key,
            headers=delivery.headers,
            body=delivery.body,
            reason=delivery.reason,
            status=QuarantineStatus.HELD,
            received_at=now,
        )
        .on_conflict_do_nothing()
        .returning(col(QuarantinedDelivery.id))
    )
    return result.first() is not None


async def newest(connection: AsyncConnection, limit: int) -> list[Quarantined]:
    """The newest deliveries, without their bodies."""
    rows = await connection.execute(
        select(QuarantinedDelivery.__table__)  # type: ignore[attr-defined]
        .order_by(col(QuarantinedDelivery.received_at).desc())
        .limit(limit)
    )
    return [_summary(QuarantinedDelivery(**row)) for row in rows.mappings()]


async def held(connection: AsyncConnection, delivery_id: UUID) -> Held:
    """One delivery with its body.

    :raises NotFound: there is none with this id.
    """
    rows = await connection.execute(
        select(QuarantinedDelivery.__table__).where(  # type: ignore[attr-defined]
            col(QuarantinedDelivery.id) == delivery_id
        )
    )
    row = rows.mappings().first()
    if row is None:
        raise NotFound(f"There is no quarantined delivery {delivery_id}.")
    delivery = QuarantinedDelivery(**row)
    return Held(_summary(delivery), dict(delivery.headers), delivery.body)


async def mark_replayed(
    connection: AsyncConnection, delivery_id: UUID, actor: str, now: datetime
) -> None:
    """It was read and its events stand in the inbox."""
    await connection.execute(
        update(QuarantinedDelivery)
        .where(col(QuarantinedDelivery.id) == delivery_id)
        .values(status=QuarantineStatus.REPLAYED, replayed_at=now, replayed_by=actor)
    )


def _summary(delivery: QuarantinedDelivery) -> Quarantined:
    return Quarantined(
        id=delivery.id,
        connection=delivery.connection,
        reason=delivery.reason,
        size=len(delivery.body),
        status=QuarantineStatus(delivery.status),
        received_at=delivery.received_at,
        replayed_at=delivery.replayed_at,
        replayed_by=delivery.replayed_by,
    )
