"""Conflicts, pins and proposals as the API shows them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Table, and_, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis import cursors
from process_apis.processes.master_data.ownership.schemas import (
    ConflictPage,
    ConflictQuery,
    ConflictView,
    ListQuery,
    PinPage,
    PinQuery,
    PinView,
    ProposalPage,
    ProposalQuery,
    ProposalView,
)
from process_apis.processes.master_data.ownership.tables import (
    AttributePin,
    AttributeProposal,
    OwnershipConflict,
)
from shared.problems import NotFound

_CONFLICTS: Table = OwnershipConflict.__table__  # type: ignore[attr-defined]
_PINS: Table = AttributePin.__table__  # type: ignore[attr-defined]
_PROPOSALS: Table = AttributeProposal.__table__  # type: ignore[attr-defined]

V = TypeVar("V", bound=BaseModel)


async def conflicts(transaction: AsyncConnection, query: ConflictQuery) -> ConflictPage:
    """One page, the latest first."""
    resolved = _CONFLICTS.c.resolved_at
    asked = {None: true(), True: resolved.is_(None), False: resolved.is_not(None)}[query.open]
    found, following = await _page(
        transaction, _CONFLICTS, "opened_at", query, asked, ConflictView.model_validate
    )
    return ConflictPage(conflicts=found, next_cursor=following)


async def pins(transaction: AsyncConnection, query: PinQuery, now: datetime) -> PinPage:
    """One page, the latest first."""
    in_force = and_(_PINS.c.released_at.is_(None), _PINS.c.until > now)
    asked = {None: true(), True: in_force, False: ~in_force}[query.in_force]
    found, following = await _page(
        transaction, _PINS, "pinned_at", query, asked, lambda row: _pin(row, now)
    )
    return PinPage(pins=found, next_cursor=following)


async def proposals(transaction: AsyncConnection, query: ProposalQuery) -> ProposalPage:
    """One page, the latest first."""
    asked = _PROPOSALS.c.status == query.status if query.status else true()
    found, following = await _page(
        transaction, _PROPOSALS, "proposed_at", query, asked, ProposalView.model_validate
    )
    return ProposalPage(proposals=found, next_cursor=following)


async def conflict(transaction: AsyncConnection, identity: UUID) -> tuple[ConflictView, UUID]:
    """One conflict, and the id of the record it is about.

    :raises NotFound: there is none.
    """
    row = await _row(transaction, _CONFLICTS, identity, "conflict")
    return ConflictView.model_validate(row), row["subject_id"]


async def pin(transaction: AsyncConnection, identity: UUID, now: datetime) -> tuple[PinView, UUID]:
    """One pin, and the id of the record it is about.

    :raises NotFound: there is none.
    """
    row = await _row(transaction, _PINS, identity, "pin")
    return _pin(row, now), row["subject_id"]


async def proposal(transaction: AsyncConnection, identity: UUID) -> tuple[ProposalView, UUID]:
    """One proposal, and the id of the record it is about.

    :raises NotFound: there is none.
    """
    row = await _row(transaction, _PROPOSALS, identity, "proposal")
    return ProposalView.model_validate(row), row["subject_id"]


def _pin(row: dict[str, Any], now: datetime) -> PinView:
    in_force = row["released_at"] is None and row["until"] > now
    return PinView.model_validate({**row, "in_force": in_force})


async def _row(
    transaction: AsyncConnection, table: Table, identity: UUID, what: str
) -> dict[str, Any]:
    rows = await transaction.execute(select(table).where(table.c.id == identity))
    if (row := rows.mappings().first()) is None:
        raise NotFound(f"There is no {what} {identity}.")
    return dict(row)


async def _page(
    transaction: AsyncConnection,
    table: Table,
    by: str,
    query: ListQuery,
    asked: ColumnElement[bool],
    view: Callable[[dict[str, Any]], V],
) -> tuple[list[V], str | None]:
    order = table.c[by], table.c.id
    wanted = select(table).where(asked).order_by(order[0].desc(), order[1].desc())
    if query.connection is not None:
        wanted = wanted.where(table.c.connection == query.connection)
    if (before := cursors.decode(query.cursor)) is not None:
        wanted = wanted.where(tuple_(*order) < before)
    rows = (await transaction.execute(wanted.limit(query.limit + 1))).mappings().all()
    page = [dict(row) for row in rows[: query.limit]]
    more = len(rows) > query.limit
    following = cursors.encode(page[-1][by], page[-1]["id"]) if more else None
    return [view(row) for row in page], following
