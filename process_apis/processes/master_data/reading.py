"""Reads masters, bindings and runs for people and programs."""

from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, select

from process_apis.processes.master_data.records import kind_of
from process_apis.processes.master_data.schemas import (
    BindingPage,
    BindingView,
    MasterPageView,
    MasterRecordView,
    Run,
)
from process_apis.processes.master_data.tables import MasterDataRun, MasterKind
from shared.problems import NotFound

_COMMON = {"id", "owner_connection", "owner_external_id", "name", "updated_at", "vanished_at"}

_BINDINGS = text(
    """
    SELECT binding.id, connection, kind, external_id, canonical_id, origin, valid_from, valid_to,
           created_at, created_by,
           CASE kind
               WHEN 'worker' THEN (SELECT name FROM worker WHERE worker.id = canonical_id)
               WHEN 'client' THEN (SELECT name FROM client WHERE client.id = canonical_id)
               WHEN 'project' THEN (SELECT name FROM project WHERE project.id = canonical_id)
               WHEN 'task' THEN (SELECT name FROM task WHERE task.id = canonical_id)
           END AS canonical_name
    FROM binding
    WHERE archived_at IS NULL
      AND (CAST(:connection AS text) IS NULL OR connection = :connection)
      AND (CAST(:kind AS text) IS NULL OR kind = :kind)
      AND (CAST(:external_id AS text) IS NULL OR external_id = :external_id)
    ORDER BY connection, kind, external_id LIMIT :limit
    """
)


async def masters(
    connection: AsyncConnection, kind: MasterKind, search: str | None, limit: int
) -> MasterPageView:
    """Records of one kind, by name; ``search`` matches a part of the name or the code."""
    table = kind_of(kind).table.__table__  # type: ignore[attr-defined]
    statement = select(table).order_by(table.c.name, table.c.id).limit(limit)
    if search:
        pattern = "%" + search.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
        columns = [table.c[name] for name in ("name", "code", "email") if name in table.c]
        matches = columns[0].ilike(pattern)
        for column in columns[1:]:
            matches = matches | column.ilike(pattern)
        statement = statement.where(matches)
    rows = (await connection.execute(statement)).mappings()
    return MasterPageView(records=[_record(kind, row) for row in rows])


async def require_master(connection: AsyncConnection, kind: MasterKind, canonical_id: UUID) -> None:
    """:raises NotFound: there is no such record of that kind."""
    table = kind_of(kind).table.__table__  # type: ignore[attr-defined]
    row = await connection.execute(select(table.c.id).where(table.c.id == canonical_id))
    if row.first() is None:
        raise NotFound(
            f"There is no {kind} {canonical_id}.",
            action=f"GET /v1/masters/{kind} lists those that there are.",
        )


async def bindings(
    connection: AsyncConnection,
    *,
    name: str | None,
    kind: str | None,
    external_id: str | None,
    limit: int,
) -> BindingPage:
    """Current bindings."""
    rows = await connection.execute(
        _BINDINGS,
        {"connection": name, "kind": kind, "external_id": external_id, "limit": limit},
    )
    found = [BindingView.model_validate(dict(row)) for row in rows.mappings()]
    return BindingPage(bindings=found)


async def run(connection: AsyncConnection, run_id: UUID) -> Run:
    """One run, with how far it is.

    :raises NotFound: there is none with this id.
    """
    row = (
        (
            await connection.execute(
                select(MasterDataRun.__table__).where(  # type: ignore[attr-defined]
                    col(MasterDataRun.id) == run_id
                )
            )
        )
        .mappings()
        .first()
    )
    if row is None:
        raise NotFound(f"There is no master data run {run_id}.")
    return Run.model_validate(dict(row))


def _record(kind: MasterKind, row: RowMapping) -> MasterRecordView:
    facts = {name: row[name] for name in _COMMON}
    attributes = {
        name: value
        for name, value in row.items()
        if name not in _COMMON and not name.endswith("_key")
    }
    return MasterRecordView(kind=kind, attributes=attributes, **facts)
