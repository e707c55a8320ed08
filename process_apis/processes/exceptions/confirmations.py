"""What people confirmed of unknown outcomes, in the database: added, read, never changed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import select

from process_apis.processes.exceptions.schemas import Confirmation, NewConfirmation
from process_apis.processes.exceptions.tables import CaseConfirmation
from shared.identity import Principal

_CONFIRMATIONS = CaseConfirmation.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Kept:
    """A confirmation, and the state that it put the posting into."""

    confirmation: Confirmation
    posting_state: str


async def of_case(connection: AsyncConnection, case_id: UUID) -> list[Confirmation]:
    """Confirmations of a case, oldest first."""
    asked = select(_CONFIRMATIONS).where(_CONFIRMATIONS.c.case_id == case_id)
    rows = await connection.execute(asked.order_by(_CONFIRMATIONS.c.at))
    return [Confirmation.model_validate(dict(row)) for row in rows.mappings()]


async def by_key(
    connection: AsyncConnection, case_id: UUID, idempotency_key: str | None
) -> Kept | None:
    """The confirmation that was sent with this key, if there is one."""
    if idempotency_key is None:
        return None
    rows = await connection.execute(
        select(_CONFIRMATIONS).where(
            _CONFIRMATIONS.c.case_id == case_id,
            _CONFIRMATIONS.c.idempotency_key == idempotency_key,
        )
    )
    row = rows.mappings().first()
    return Kept(Confirmation.model_validate(dict(row)), row["posting_state"]) if row else None


async def keep(
    transaction: AsyncConnection,
    case_id: UUID,
    posting_id: UUID,
    said: NewConfirmation,
    posting_state: str,
    idempotency_key: str | None,
    caller: Principal,
    now: datetime,
) -> Kept:
    """Add one."""
    values = {
        "id": uuid4(),
        "case_id": case_id,
        "posting_id": posting_id,
        "outcome": said.outcome,
        "line": said.line.model_dump(mode="json") if said.line else None,
        "evidence": said.evidence,
        "confirmed_by": caller.subject,
        "through": list(caller.actors),
        "idempotency_key": idempotency_key,
        "posting_state": posting_state,
        "at": now,
    }
    await transaction.execute(insert(CaseConfirmation).values(**values))
    return Kept(Confirmation.model_validate(values), posting_state)
