"""Reads entries for people and programs."""

from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis import cursors
from process_apis.processes.lineage import store as lineage
from process_apis.processes.time_entries.display import STATUS_COLUMNS, status_of
from process_apis.processes.time_entries.schemas import (
    EntryDetail,
    EntryPage,
    EntrySummary,
    EntryVersion,
    LineageStep,
    Sweep,
    SweepList,
)
from process_apis.processes.time_entries.states import EntryState
from shared.problems import NotFound

_SUMMARY = f"""id, connection, external_id, state, version, approved_version, worker_external_id,
    work_date, minutes, approved_at, updated_at, {STATUS_COLUMNS}"""

_PAGE = text(
    f"""
    SELECT {_SUMMARY} FROM time_entry AS entry
    WHERE version > 0
      AND (CAST(:connection AS text) IS NULL OR connection = :connection)
      AND (CAST(:state AS text) IS NULL OR state = :state)
      AND (CAST(:external_id AS text) IS NULL OR external_id = :external_id)
      AND (CAST(:before AS timestamptz) IS NULL
           OR (updated_at, id) < (:before, CAST(:before_id AS uuid)))
    ORDER BY updated_at DESC, id DESC LIMIT :limit
    """  # noqa: S608 - our own column names
)

_ONE = text(f"SELECT {_SUMMARY} FROM time_entry AS entry WHERE id = :id")  # noqa: S608 - our own names

_SWEEPS = text(
    """
    SELECT connection, swept.swept_until, swept.last_run_at AS swept_at, swept.last_found AS found,
           CASE WHEN compared.last_run_at IS NOT NULL THEN
               to_jsonb(compared) || jsonb_build_object('at', compared.last_run_at)
           END AS comparison
    FROM sweep_state AS swept FULL JOIN week_comparison AS compared USING (connection)
    ORDER BY connection
    """
)

_VERSIONS = text(
    "SELECT version, observed_at, origin, content_hash, content - 'narrative' AS content"
    " FROM time_entry_version WHERE time_entry_id = :id ORDER BY version"
)


async def page(
    connection: AsyncConnection,
    *,
    name: str | None,
    state: EntryState | None,
    external_id: str | None,
    cursor: str | None,
    limit: int,
) -> EntryPage:
    """One page of entries, last changed first."""
    before = cursors.decode(cursor)
    rows = await connection.execute(
        _PAGE,
        {
            "connection": name,
            "state": state,
            "external_id": external_id,
            "before": before[0] if before else None,
            "before_id": before[1] if before else None,
            "limit": limit,
        },
    )
    entries = [_summary(row) for row in rows.mappings()]
    full = len(entries) == limit
    following = cursors.encode(entries[-1].updated_at, entries[-1].id) if full else None
    return EntryPage(entries=entries, next_cursor=following)


async def detail(connection: AsyncConnection, entry_id: UUID) -> EntryDetail:
    """One entry with its versions and lineage.

    :raises NotFound: there is none with this id.
    """
    row = (await connection.execute(_ONE, {"id": entry_id})).mappings().first()
    if row is None:
        raise NotFound(f"There is no time entry {entry_id}.")
    versions = await connection.execute(_VERSIONS, {"id": entry_id})
    steps = await lineage.of_entry(connection, entry_id)
    return EntryDetail(
        entry=_summary(row),
        versions=[_version(each) for each in versions.mappings()],
        lineage=[
            LineageStep(
                at=step.at,
                what=step.what,
                actor=step.actor,
                posting_id=step.posting_id,
                detail=step.detail,
                trace_id=step.trace_id,
            )
            for step in steps
        ],
    )


async def sweeps(connection: AsyncConnection) -> SweepList:
    """What sweeps and comparisons last did, by connection."""
    rows = (await connection.execute(_SWEEPS)).mappings()
    return SweepList(sweeps=[Sweep.model_validate(dict(row)) for row in rows])


def _summary(row: RowMapping) -> EntrySummary:
    return EntrySummary.model_validate({**row, "status": status_of(dict(row))})


def _version(row: RowMapping) -> EntryVersion:
    content: dict[str, Any] = row["content"]
    return EntryVersion(
        version=row["version"],
        observed_at=row["observed_at"],
        origin=row["origin"],
        content_hash=row["content_hash"],
        work_date=content["work_date"],
        minutes=content["minutes"],
        billable=content["billable"],
        worker=_name(content.get("worker")),
        project=_name(content.get("project")),
        task=_name(content.get("task")),
    )


def _name(said: dict[str, str | None] | None) -> str | None:
    if not said:
        return None
    return said.get("name") or said.get("email") or said["external_id"]
