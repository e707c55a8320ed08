"""Requests, covers and delegations in SQL.

Whoever locks, locks entries first, then requests, then covers, each by id.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, select

from process_apis.processes.approvals.rules import Delegation
from process_apis.processes.approvals.tables import (
    ApprovalCover,
    ApprovalRequest,
    CoverState,
    RequestState,
)
from shared.problems import NotFound

_REQUESTS = ApprovalRequest.__table__  # type: ignore[attr-defined]
_COVERS = ApprovalCover.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Cover:
    """A version under a request."""

    request_id: UUID
    time_entry_id: UUID
    external_id: str
    version: int
    minutes: int
    work_date: date
    state: str
    why: str | None


# Said of an entry whose content, state or request is no longer the one that was submitted.
WHY_VOID = """
    CASE WHEN entry.state = 'DELETED' THEN 'deleted after it was submitted'
         WHEN entry.version <> cover.version THEN 'changed after it was submitted'
         ELSE 'no longer submitted' END
"""
OUTDATED = """
    (cover.state = 'WAITING' AND (entry.version <> cover.version OR entry.state <> 'SUBMITTED'
     OR entry.approval_id IS DISTINCT FROM cover.request_id::text))
"""

_WITH_OUTDATED = text(
    f"""
    SELECT id FROM approval_request AS request
    WHERE state = 'SUBMITTED' AND EXISTS (
        SELECT 1 FROM approval_cover AS cover
        JOIN time_entry AS entry ON entry.id = cover.time_entry_id
        WHERE cover.request_id = request.id AND {OUTDATED})
      AND (CAST(:entries AS uuid[]) IS NULL OR EXISTS (
        SELECT 1 FROM approval_cover AS cover
        WHERE cover.request_id = request.id AND cover.time_entry_id = ANY(:entries)))
    ORDER BY id LIMIT 500
    """  # noqa: S608 - our own words
)
_LOCK_ALL = text("SELECT id FROM approval_request WHERE id = ANY(:ids) ORDER BY id FOR UPDATE")
_VOID = text(
    f"""
    UPDATE approval_cover AS voided SET state = 'VOID', why = {WHY_VOID}
    FROM approval_cover AS cover JOIN time_entry AS entry ON entry.id = cover.time_entry_id
    WHERE cover.request_id = ANY(:ids) AND {OUTDATED}
      AND voided.request_id = cover.request_id AND voided.time_entry_id = cover.time_entry_id
      AND voided.state = 'WAITING'
    """  # noqa: S608 - our own words
)
_CLOSE = text(
    """
    UPDATE approval_request AS request SET version = version + 1,
        state = CASE WHEN EXISTS (SELECT 1 FROM approval_cover AS cover
                                  WHERE cover.request_id = request.id AND cover.state = 'WAITING')
                     THEN 'SUBMITTED' ELSE 'VOID' END
    WHERE request.id = ANY(:ids) AND request.state = 'SUBMITTED'
    """
)


async def void_outdated(
    transaction: AsyncConnection, entries: Collection[UUID] | None = None
) -> int:
    """Take entries that are no longer as submitted out of open requests; returns of how many.

    :param entries: only requests that cover one of these.
    """
    asked = {"entries": None if entries is None else list(entries)}
    ids = [row.id for row in await transaction.execute(_WITH_OUTDATED, asked)]
    if ids:
        await transaction.execute(_LOCK_ALL, {"ids": ids})
        await transaction.execute(_VOID, {"ids": ids})
        await transaction.execute(_CLOSE, {"ids": ids})
    return len(ids)


async def add(
    transaction: AsyncConnection,
    requests: Sequence[Mapping[str, Any]],
    covers: Sequence[Mapping[str, Any]],
) -> None:
    """New requests with what they cover."""
    if requests:
        await transaction.execute(insert(ApprovalRequest), [dict(each) for each in requests])
        await transaction.execute(insert(ApprovalCover), [dict(each) for each in covers])


async def covers_of(transaction: AsyncConnection, request_id: UUID) -> list[Cover]:
    """What a request covers; which entries those are never changes."""
    rows = await transaction.execute(
        select(_COVERS)
        .where(_COVERS.c.request_id == request_id)
        .order_by(_COVERS.c.work_date, _COVERS.c.external_id)
    )
    return [Cover(**row) for row in rows.mappings()]


async def one(
    transaction: AsyncConnection, request_id: UUID, *, lock: bool = False
) -> ApprovalRequest:
    """One request.

    :raises NotFound: there is none with this id.
    """
    statement = select(_REQUESTS).where(_REQUESTS.c.id == request_id)
    found = await transaction.execute(statement.with_for_update() if lock else statement)
    row = found.mappings().first()
    if row is None:
        raise NotFound(f"There is no approval request {request_id}.")
    return ApprovalRequest(**row)


async def close(
    transaction: AsyncConnection,
    request: ApprovalRequest,
    state: RequestState,
    covered: Collection[UUID],
    **facts: Any,
) -> None:
    """End a request: what is `covered` takes its state, whatever else waited is void."""
    await _void_rest(transaction, request.id, covered)
    if covered:
        await transaction.execute(
            update(ApprovalCover)
            .where(
                col(ApprovalCover.request_id) == request.id,
                col(ApprovalCover.time_entry_id).in_(covered),
            )
            .values(state=CoverState(state))
        )
    await transaction.execute(
        update(ApprovalRequest)
        .where(col(ApprovalRequest.id) == request.id)
        .values(
            state=state if covered else RequestState.VOID,
            version=col(ApprovalRequest.version) + 1,
            **facts,
        )
    )


_VOID_REST = text(
    f"""
    UPDATE approval_cover AS voided SET state = 'VOID', why = {WHY_VOID}
    FROM approval_cover AS cover JOIN time_entry AS entry ON entry.id = cover.time_entry_id
    WHERE cover.request_id = :id AND cover.state = 'WAITING'
      AND NOT (cover.time_entry_id = ANY(:covered))
      AND voided.request_id = cover.request_id AND voided.time_entry_id = cover.time_entry_id
    """  # noqa: S608 - our own words
)


async def _void_rest(
    transaction: AsyncConnection, request_id: UUID, covered: Collection[UUID]
) -> None:
    await transaction.execute(_VOID_REST, {"id": request_id, "covered": list(covered)})


_NOT_OVER = text(
    "SELECT id, delegator, delegate, valid_from, valid_to FROM approval_delegation"
    " WHERE ended_at IS NULL AND valid_to > :until ORDER BY valid_from, id"
)


async def delegations(transaction: AsyncConnection, until: datetime) -> list[Delegation]:
    """Delegations that nobody ended and that are not over at ``until``."""
    rows = await transaction.execute(_NOT_OVER, {"until": until})
    return [Delegation(**row) for row in rows.mappings()]


async def open_requests(
    transaction: AsyncConnection, entries: Collection[UUID]
) -> dict[UUID, UUID]:
    """Request under which an entry waits, by entry."""
    rows = await transaction.execute(
        select(col(ApprovalCover.time_entry_id), col(ApprovalCover.request_id)).where(
            col(ApprovalCover.time_entry_id).in_(entries),
            col(ApprovalCover.state) == CoverState.WAITING,
        )
    )
    return {row.time_entry_id: row.request_id for row in rows}
