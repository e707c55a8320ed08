"""Cases in the database: lists, one case with both sides, and what people do to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from pydantic import BaseModel
from sqlalchemy import ColumnElement, and_, case, func, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, select

from process_apis import cursors
from process_apis.processes.exceptions.schemas import (
    Case,
    CasePage,
    CaseState,
    Comment,
    OwnerRole,
    Severity,
)
from process_apis.processes.exceptions.tables import CaseComment, ExceptionCase
from process_apis.processes.exceptions.transitions import RESOLVED, allows, sources
from shared.problems import Conflict, NotFound, PreconditionFailed

_CASES = ExceptionCase.__table__  # type: ignore[attr-defined]
_COMMENTS = CaseComment.__table__  # type: ignore[attr-defined]

_DETAIL = text(
    """
    SELECT finding -> 'detail' FROM posting, jsonb_array_elements(findings) AS finding
    WHERE posting.id = :id AND finding ->> 'code' = :code LIMIT 1
    """
)
_TARGET = text("SELECT target_connection FROM posting WHERE id = :id")


@dataclass(frozen=True)
class Filters:
    """Which cases; an empty sequence admits all."""

    code: Sequence[str] = ()
    severity: Sequence[Severity] = ()
    owner: Sequence[OwnerRole] = ()
    state: Sequence[CaseState] = ()
    connection: str | None = None
    assignee: str | None = None
    open_only: bool = True


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    for column, values in (
        (col(ExceptionCase.code), filters.code),
        (col(ExceptionCase.severity), filters.severity),
        (col(ExceptionCase.owner), filters.owner),
        (col(ExceptionCase.state), filters.state),
    ):
        if values:
            wanted.append(column.in_(values))
    if filters.connection is not None:
        wanted.append(col(ExceptionCase.connection) == filters.connection)
    if filters.assignee is not None:
        wanted.append(col(ExceptionCase.assignee) == filters.assignee)
    if filters.open_only:
        wanted.append(col(ExceptionCase.resolved_at).is_(None))
    return wanted


async def page(
    connection: AsyncConnection, filters: Filters, cursor: str | None, limit: int
) -> CasePage:
    """One page of cases, newest first."""
    wanted = and_(True, *_conditions(filters))
    total = await connection.execute(select(func.count()).select_from(_CASES).where(wanted))
    statement = select(_CASES).where(wanted)
    before = cursors.decode(cursor)
    if before is not None:
        place = tuple_(col(ExceptionCase.opened_at), col(ExceptionCase.id))
        statement = statement.where(place < before)
    rows = await connection.execute(
        statement.order_by(col(ExceptionCase.opened_at).desc(), col(ExceptionCase.id).desc()).limit(
            limit
        )
    )
    cases = [Case.model_validate(dict(row)) for row in rows.mappings()]
    full = len(cases) == limit
    following = cursors.encode(cases[-1].opened_at, cases[-1].id) if full else None
    return CasePage(cases=cases, next_cursor=following, total=total.scalar_one())


async def one(connection: AsyncConnection, case_id: UUID) -> Case:
    """One case.

    :raises NotFound: there is none with this id.
    """
    row = (
        (await connection.execute(select(_CASES).where(_CASES.c.id == case_id))).mappings().first()
    )
    if row is None:
        raise NotFound(f"There is no case {case_id}.")
    return Case.model_validate(dict(row))


async def assign(
    connection: AsyncConnection,
    case_id: UUID,
    assignee: str | None,
    seen_version: int,
    now: datetime,
    *,
    in_progress: bool = False,
) -> Case:
    """Give a case to somebody, if it is still as the caller saw it.

    One that waits, or is resolved, stays so whoever looks after it.

    :raises NotFound: there is no such case.
    :raises PreconditionFailed: it was changed since.
    """
    await one(connection, case_id)
    target = CaseState.OPEN
    if assignee:
        target = CaseState.IN_PROGRESS if in_progress else CaseState.ASSIGNED
    moves = _CASES.c.state.in_(sources(target)) & (_CASES.c.state != CaseState.PENDING_APPROVAL)
    state = case((moves, target), else_=_CASES.c.state)
    return await _change(connection, case_id, seen_version, now, assignee=assignee, state=state)


async def move(
    connection: AsyncConnection,
    found: Case,
    target: CaseState,
    seen_version: int,
    now: datetime,
    **values: Any,
) -> Case:
    """Move a case, if it is still as the caller saw it.

    :raises Conflict: the table of transitions does not allow it.
    :raises PreconditionFailed: it was changed since.
    """
    if not allows(found.state, target):
        raise Conflict(
            f"A case that is {found.state} does not become {target}.",
            code="move_refused",
            action="Read the case again.",
        )
    if target in RESOLVED:
        values |= {"resolved_at": now, "waiting_for": []}
    waiver = values.get("waiver")
    if isinstance(waiver, BaseModel):
        values["waiver"] = waiver.model_dump(mode="json")
    return await _change(connection, found.id, seen_version, now, state=target, **values)


async def resolve_by_hand(
    connection: AsyncConnection, case_id: UUID, resolution: str, seen_version: int, now: datetime
) -> Case:
    """A person settled it, if it is still open and as they saw it.

    :raises Conflict, PreconditionFailed: it was changed since.
    """
    found = await one(connection, case_id)
    if found.resolved_at is not None:
        raise PreconditionFailed("Somebody else changed this case since you read it.")
    settled = CaseState.RESOLVED_MANUAL
    return await move(connection, found, settled, seen_version, now, resolution=resolution)


async def _change(
    connection: AsyncConnection, case_id: UUID, seen_version: int, now: datetime, **values: Any
) -> Case:
    result = await connection.execute(
        update(ExceptionCase)
        .where(_CASES.c.id == case_id, _CASES.c.version == seen_version)
        .values(updated_at=now, version=_CASES.c.version + 1, **values)
        .returning(_CASES)
    )
    row = result.mappings().first()
    if row is None:
        raise PreconditionFailed("Somebody else changed this case since you read it.")
    return Case.model_validate(dict(row))


async def finding_detail(connection: AsyncConnection, found: Case) -> dict[str, str]:
    """The facts of the finding that the case is about."""
    rows = await connection.execute(_DETAIL, {"id": found.posting_id, "code": found.code})
    detail: dict[str, str] | None = rows.scalar()
    return detail or {}


async def target_of(connection: AsyncConnection, found: Case) -> str | None:
    """The ERP connection of the posting that the case is about."""
    rows = await connection.execute(_TARGET, {"id": found.posting_id})
    target: str | None = rows.scalar()
    return target


async def comment(
    connection: AsyncConnection,
    case_id: UUID,
    author: str,
    words: str,
    idempotency_key: str | None,
    now: datetime,
) -> Comment:
    """Add a comment; the same key twice gives the first one back.

    :raises NotFound: there is no such case.
    """
    await one(connection, case_id)
    added = await connection.execute(
        insert(CaseComment)
        .values(
            id=uuid4(),
            case_id=case_id,
            author=author,
            text=words,
            idempotency_key=idempotency_key,
            at=now,
        )
        .on_conflict_do_nothing()
        .returning(_COMMENTS)
    )
    row = added.first()
    if row is None:
        earlier = await connection.execute(
            select(_COMMENTS).where(
                _COMMENTS.c.case_id == case_id,
                _COMMENTS.c.idempotency_key == idempotency_key,
            )
        )
        row = earlier.one()
    return Comment(id=row.id, author=row.author, text=row.text, at=row.at)


async def comments(connection: AsyncConnection, case_id: UUID) -> list[Comment]:
    """Comments of a case, oldest first."""
    rows = await connection.execute(
        select(_COMMENTS).where(_COMMENTS.c.case_id == case_id).order_by(_COMMENTS.c.at)
    )
    return [Comment(id=row.id, author=row.author, text=row.text, at=row.at) for row in rows]
