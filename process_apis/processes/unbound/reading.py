"""Finds what is unbound, and what it may be, with few statements."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts
from process_apis.processes.unbound.rules import Candidates, Known, Said, Suggestion

_UNBOUND = text(
    """
    SELECT posting.source_connection AS connection, posting.target_connection AS target,
           said.kind, said.reference ->> 'external_id' AS external_id,
           max(said.reference ->> 'name') AS name, max(said.reference ->> 'code') AS code,
           max(said.reference ->> 'email') AS email, max(project.owner_external_id) AS within,
           count(*) AS entries, sum(posting.minutes) AS minutes
    FROM posting
    JOIN time_entry_version AS version
      ON version.time_entry_id = posting.time_entry_id AND version.version = posting.version
    CROSS JOIN LATERAL (VALUES
        ('worker', version.content -> 'worker'), ('project', version.content -> 'project'),
        ('task', version.content -> 'task')) AS said (kind, reference)
    LEFT JOIN binding AS of_project ON said.kind = 'task' AND of_project.kind = 'project'
      AND of_project.connection = posting.source_connection AND of_project.archived_at IS NULL
      AND of_project.external_id = version.content -> 'project' ->> 'external_id'
      AND coalesce(of_project.valid_from, posting.work_date) <= posting.work_date
      AND coalesce(of_project.valid_to, posting.work_date) >= posting.work_date
    LEFT JOIN project ON project.id = of_project.canonical_id
    WHERE posting.state IN ('PARKED', 'BLOCKED') AND posting.kind <> 'REVERSAL'
      AND posting.target_connection IS NOT NULL AND jsonb_typeof(said.reference) = 'object'
      AND (CAST(:connection AS text) IS NULL OR posting.source_connection = :connection)
      AND (CAST(:kind AS text) IS NULL OR said.kind = :kind)
      AND NOT EXISTS (
          SELECT FROM binding WHERE binding.connection = posting.source_connection
            AND binding.kind = said.kind AND binding.archived_at IS NULL
            AND binding.external_id = said.reference ->> 'external_id'
            AND coalesce(binding.valid_from, posting.work_date) <= posting.work_date
            AND coalesce(binding.valid_to, posting.work_date) >= posting.work_date)
    GROUP BY 1, 2, 3, 4
    ORDER BY minutes DESC, connection, said.kind, external_id LIMIT :limit
    """
)

_KNOWN = {
    "worker": text(
        "SELECT id, owner_external_id AS external_id, name, employee_number AS code, email"
        " FROM worker WHERE owner_connection = :erp AND vanished_at IS NULL"
    ),
    "project": text(
        "SELECT id, owner_external_id AS external_id, name, code, NULL AS email"
        " FROM project WHERE owner_connection = :erp AND vanished_at IS NULL"
    ),
    "task": text(
        "SELECT id, owner_external_id AS external_id, name, code, NULL AS email FROM task"
        " WHERE owner_connection = :erp AND vanished_at IS NULL AND project_external_id = :within"
    ),
}


async def unbound(
    transaction: AsyncConnection, *, connection: str | None, kind: str | None, limit: int
) -> list[tuple[dict[str, Any], list[Suggestion]]]:
    """References of waiting entries, the most hours first, each with what it may be."""
    asked = {"connection": connection, "kind": kind, "limit": limit}
    rows = as_dicts(await transaction.execute(_UNBOUND, asked))
    places = {(row["target"], row["kind"], row["within"]) for row in rows}
    candidates = {
        place: await _candidates(transaction, *place) for place in sorted(places, key=str)
    }
    return [
        (
            row,
            candidates[row["target"], row["kind"], row["within"]].suggestions(
                Said(row["name"], row["code"], row["email"])
            ),
        )
        for row in rows
    ]


async def _candidates(
    transaction: AsyncConnection, erp: str, kind: str, within: str | None
) -> Candidates:
    """Tasks are those of one project: while that is not known, none is."""
    if kind == "task" and within is None:
        return Candidates(())
    asked = {"erp": erp} | ({"within": within} if kind == "task" else {})
    rows: Sequence[dict[str, Any]] = as_dicts(await transaction.execute(_KNOWN[kind], asked))
    return Candidates(Known(**row) for row in rows)
