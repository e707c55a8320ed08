"""Reads the merges and splits that hold."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts
from process_apis.processes.master_data.code_drift.succession_schemas import (
    SuccessionPage,
    SuccessionView,
    TaskRule,
)

_LIST = text(
    """
    SELECT said.*, record.owner_external_id AS external_id, record.name,
           into_record.owner_external_id AS into,
           (SELECT jsonb_object_agg(rule.key, project.owner_external_id)
            FROM jsonb_each_text(said.by_task) AS rule
            JOIN project ON project.id = CAST(rule.value AS uuid)) AS rules
    FROM code_succession AS said
    JOIN (SELECT id, owner_external_id, name FROM project
          UNION ALL SELECT id, owner_external_id, name FROM task) AS record
      ON record.id = said.record_id
    LEFT JOIN (SELECT id, owner_external_id FROM project
               UNION ALL SELECT id, owner_external_id FROM task) AS into_record
      ON into_record.id = said.into_id
    WHERE said.ended_at IS NULL AND (CAST(:records AS uuid[]) IS NULL
                                     OR said.record_id = ANY(:records))
    ORDER BY said.decided_at DESC, record.owner_external_id
    """
)


async def page(transaction: AsyncConnection, records: Sequence[UUID] | None) -> SuccessionPage:
    """Those of these records, or all; the latest first."""
    rows = as_dicts(await transaction.execute(_LIST, {"records": records}))
    views = [
        SuccessionView.model_validate(
            {
                **row,
                "rules": [
                    TaskRule(task=task, into=into) for task, into in (row["rules"] or {}).items()
                ],
            }
        )
        for row in rows
    ]
    return SuccessionPage(successions=views)
