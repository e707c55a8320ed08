"""Reads masters, bindings and runs for people and programs."""

from datetime import date
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import select

from process_apis import cursors
from process_apis.processes.master_data.records import kind_of
from process_apis.processes.master_data.run_tables import ChangeKind, RunStatus
from process_apis.processes.master_data.schemas import (
    BindingPage,
    BindingView,
    ChangePage,
    ChangeView,
    MasterPageView,
    MasterRecordView,
    Run,
    RunPage,
)
from process_apis.processes.master_data.tables import MasterKind
from shared.problems import NotFound

_COMMON = {"id", "owner_connection", "owner_external_id", "name", "updated_at", "vanished_at"}

_BINDINGS = text(
    """
    SELECT binding.id, connection, kind, external_id, canonical_id, origin, valid_from, valid_to,
           created_at, created_by, archived_at,
           CASE kind
               WHEN 'worker' THEN (SELECT name FROM worker WHERE worker.id = canonical_id)
               WHEN 'client' THEN (SELECT name FROM client WHERE client.id = canonical_id)
               WHEN 'project' THEN (SELECT name FROM project WHERE project.id = canonical_id)
               WHEN 'task' THEN (SELECT name FROM task WHERE task.id = canonical_id)
           END AS canonical_name
    FROM binding
    WHERE (archived_at IS NULL OR :archived)
      AND (CAST(:day AS date) IS NULL OR coalesce(valid_from, :day) <= :day
                                         AND coalesce(valid_to, :day) >= :day)
      AND (CAST(:connection AS text) IS NULL OR connection = :connection)
      AND (CAST(:kind AS text) IS NULL OR kind = :kind)
      AND (CAST(:external_id AS text) IS NULL OR external_id = :external_id)
      AND (CAST(:id AS uuid) IS NULL OR binding.id = :id)
    ORDER BY connection, kind, external_id, valid_from NULLS FIRST, archived_at NULLS LAST
    LIMIT :limit
    """
)

_RUN_COLUMNS = ", ".join(Run.model_fields)

_RUN = text(f"SELECT {_RUN_COLUMNS} FROM master_data_run WHERE id = :id")  # noqa: S608 - our own

_RUNS = text(
    f"""
    SELECT {_RUN_COLUMNS} FROM master_data_run
    WHERE (CAST(:connection AS text) IS NULL OR connection = :connection)
      AND (CAST(:status AS text) IS NULL OR status = :status)
      AND (CAST(:before AS timestamptz) IS NULL
           OR (started_at, id) < (:before, CAST(:before_id AS uuid)))
    ORDER BY started_at DESC, id DESC LIMIT :limit
    """  # noqa: S608 - our own column names
)

_CHANGES = text(
    f"""
    SELECT {", ".join(ChangeView.model_fields)} FROM master_data_change
    WHERE run_id = :run AND id > :after
      AND (CAST(:kind AS text) IS NULL OR kind = :kind)
      AND (CAST(:change AS text) IS NULL OR change = :change)
    ORDER BY id LIMIT :limit
    """  # noqa: S608 - our own column names
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
    day: date | None,
    archived: bool,
    limit: int,
) -> BindingPage:
    """Bindings; those of one id by day of work."""
    rows = await connection.execute(
        _BINDINGS,
        {
            "connection": name,
            "kind": kind,
            "external_id": external_id,
            "id": None,
            "day": day,
            "archived": archived,
            "limit": limit,
        },
    )
    found = [BindingView.model_validate(dict(row)) for row in rows.mappings()]
    return BindingPage(bindings=found)


async def binding(connection: AsyncConnection, binding_id: UUID) -> BindingView:
    """A current binding."""
    asked = dict.fromkeys(("connection", "kind", "external_id", "day"))
    rows = await connection.execute(
        _BINDINGS, {**asked, "id": binding_id, "archived": False, "limit": 1}
    )
    return BindingView.model_validate(dict(rows.mappings().one()))


async def run(connection: AsyncConnection, run_id: UUID) -> Run:
    """One run, with how far it is.

    :raises NotFound: there is none with this id.
    """
    row = (await connection.execute(_RUN, {"id": run_id})).mappings().first()
    if row is None:
        raise NotFound(f"There is no master data run {run_id}.")
    return Run.model_validate(dict(row))


async def runs(
    connection: AsyncConnection,
    name: str | None,
    status: RunStatus | None,
    cursor: str | None,
    limit: int,
) -> RunPage:
    """One page of runs, the latest first."""
    before, before_id = cursors.decode(cursor) or (None, None)
    asked = {"connection": name, "status": status, "before": before, "before_id": before_id}
    rows = await connection.execute(_RUNS, {**asked, "limit": limit + 1})
    found = [Run.model_validate(dict(row)) for row in rows.mappings()]
    page = found[:limit]
    more = len(found) > limit
    return RunPage(
        runs=page, next_cursor=cursors.encode(page[-1].started_at, page[-1].id) if more else None
    )


async def run_changes(
    connection: AsyncConnection,
    run_id: UUID,
    kind: MasterKind | None,
    change: ChangeKind | None,
    after: int,
    limit: int,
) -> ChangePage:
    """One page of a run's diff.

    :raises NotFound: there is no such run.
    """
    await run(connection, run_id)
    asked = {"run": run_id, "kind": kind, "change": change, "after": after, "limit": limit + 1}
    rows = (await connection.execute(_CHANGES, asked)).mappings()
    found = [ChangeView.model_validate(dict(row)) for row in rows]
    page = found[:limit]
    return ChangePage(changes=page, next_after=page[-1].id if len(found) > limit else None)


def _record(kind: MasterKind, row: RowMapping) -> MasterRecordView:
    facts = {name: row[name] for name in _COMMON}
    attributes = {
        name: value
        for name, value in row.items()
        if name not in _COMMON and not name.endswith("_key")
    }
    return MasterRecordView(kind=kind, attributes=attributes, **facts)
