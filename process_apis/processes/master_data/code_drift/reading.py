"""Reads drifts for people, with what they concern."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis import cursors
from process_apis.database import as_dicts, as_json
from process_apis.processes.master_data.code_drift.schemas import (
    Affected,
    AffectedPosting,
    CodeDriftDetail,
    CodeDriftPage,
    CodeDriftView,
    DriftQuery,
)
from shared.problems import NotFound

_RECORDS = """
    (SELECT id, owner_external_id, name FROM worker UNION ALL
     SELECT id, owner_external_id, name FROM project UNION ALL
     SELECT id, owner_external_id, name FROM task)
"""
_DRIFT = f"""
    SELECT drift.*, record.owner_external_id AS external_id, record.name,
           other.owner_external_id AS other_external_id, other.name AS other_name
    FROM code_drift AS drift
    JOIN {_RECORDS} AS record ON record.id = drift.record_id
    LEFT JOIN {_RECORDS} AS other ON other.id = drift.other_id
"""  # noqa: S608 - our own fragments
_PAGE = text(
    f"""
    {_DRIFT}
    WHERE (CAST(:connection AS text) IS NULL OR drift.connection = :connection)
      AND (CAST(:kind AS text) IS NULL OR drift.kind = :kind)
      AND (CAST(:drift AS text) IS NULL OR drift.drift = :drift)
      AND (CAST(:state AS text) IS NULL OR drift.state = :state)
      AND (CAST(:before AS timestamptz) IS NULL
           OR (drift.detected_at, drift.id) < (:before, CAST(:before_id AS uuid)))
    ORDER BY drift.detected_at DESC, drift.id DESC LIMIT :limit
    """
)
_ONE = text(f"{_DRIFT} WHERE drift.id = :id")

# What a posting in force names, by kind. One look at the sub-ledger for a whole page of drifts.
_NAMED = """
    posting CROSS JOIN LATERAL (VALUES
        ('worker', posting.request ->> 'worker_id'),
        ('project', posting.request ->> 'project_id'),
        ('task', posting.request ->> 'task_id')) AS named (kind, external_id)
    JOIN jsonb_to_recordset(CAST(:asked AS jsonb)) AS asked (
        id uuid, connection text, kind text, external_id text)
      ON asked.connection = posting.target_connection AND asked.kind = named.kind
     AND asked.external_id = named.external_id
     AND posting.kind <> 'REVERSAL' AND posting.request IS NOT NULL
     AND posting.state NOT IN ('SUPERSEDED', 'REVERSED', 'WAIVED')
"""
_STANDS = "posting.state IN ('POSTED', 'MISPOSTED', 'REVERSAL_PENDING')"
_AFFECTED = text(
    f"""
    SELECT asked.id, count(*) FILTER (WHERE {_STANDS}) AS posted,
           count(*) FILTER (WHERE NOT {_STANDS}) AS waiting, sum(posting.minutes) AS minutes
    FROM {_NAMED} GROUP BY asked.id
    """  # noqa: S608 - our own fragments
)
_POSTINGS = text(
    f"""
    SELECT posting.id AS posting_id, posting.source_connection, posting.work_date, posting.minutes,
           entry.external_id AS entry_external_id, posting.state, posting.external_id
    FROM {_NAMED} JOIN time_entry AS entry ON entry.id = posting.time_entry_id
    ORDER BY posting.work_date DESC, posting.id LIMIT 200
    """  # noqa: S608 - our own fragments
)


async def page(transaction: AsyncConnection, query: DriftQuery) -> CodeDriftPage:
    """One page, the latest first."""
    before, before_id = cursors.decode(query.cursor) or (None, None)
    asked = query.model_dump(exclude={"cursor", "limit"})
    place = {"before": before, "before_id": before_id, "limit": query.limit + 1}
    rows = as_dicts(await transaction.execute(_PAGE, {**asked, **place}))
    found = await _views(transaction, rows[: query.limit])
    more = len(rows) > query.limit
    return CodeDriftPage(
        drifts=found,
        next_cursor=cursors.encode(found[-1].detected_at, found[-1].id) if more else None,
    )


async def detail(transaction: AsyncConnection, drift_id: UUID) -> CodeDriftDetail:
    """
    :raises NotFound: there is none with this id.
    """
    row = await one(transaction, drift_id)
    (view,) = await _views(transaction, [row])
    postings = as_dicts(await transaction.execute(_POSTINGS, {"asked": as_json(_named(row))}))
    return CodeDriftDetail(
        drift=view, postings=[AffectedPosting.model_validate(each) for each in postings]
    )


async def one(transaction: AsyncConnection, drift_id: UUID) -> dict[str, Any]:
    """
    :raises NotFound: there is none with this id.
    """
    rows = as_dicts(await transaction.execute(_ONE, {"id": drift_id}))
    if not rows:
        raise NotFound(f"There is no code drift {drift_id}.")
    return dict(rows[0])


async def _views(
    transaction: AsyncConnection, rows: Sequence[dict[str, Any]]
) -> list[CodeDriftView]:
    asked = [each for row in rows for each in _named(row)]
    found = as_dicts(await transaction.execute(_AFFECTED, {"asked": as_json(asked)}))
    counted = {row.pop("id"): Affected(**row) for row in found}
    none = Affected(posted=0, waiting=0, minutes=0)
    return [
        CodeDriftView.model_validate({**row, "affected": counted.get(row["id"], none)})
        for row in rows
    ]


def _named(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The record, and that whose code it has now."""
    place = {name: row[name] for name in ("id", "connection", "kind")}
    ids = (row["external_id"], row["other_external_id"])
    return [{**place, "external_id": each} for each in ids if each]
