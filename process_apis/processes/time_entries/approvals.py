"""Approvals as the trackers give them, and what they no longer cover."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, select

from process_apis.database import as_json
from process_apis.processes.time_entries.rules import Decision, Observation, content_hash
from process_apis.processes.time_entries.tables import Approval as ApprovalRow
from process_apis.upstream.time_tracking import Approval

_KEEP = text(
    """
    INSERT INTO approval (connection, external_id, worker, period_start, period_end, status,
                          approver, decided_at, entry_ids, content_hash, observed_at)
    SELECT :connection, external_id, worker, period_start, period_end, status,
           NULLIF(approver, 'null'::jsonb), decided_at, entry_ids, content_hash, :observed_at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS approval (
        external_id text, worker jsonb, period_start date, period_end date, status text,
        approver jsonb, decided_at timestamptz, entry_ids jsonb, content_hash text)
    ON CONFLICT (connection, external_id) DO UPDATE SET
        worker = excluded.worker, period_start = excluded.period_start,
        period_end = excluded.period_end, status = excluded.status, approver = excluded.approver,
        decided_at = excluded.decided_at, entry_ids = excluded.entry_ids,
        content_hash = excluded.content_hash, observed_at = excluded.observed_at
    WHERE approval.observed_at <= excluded.observed_at
    """
)

_UNCOVERED = text(
    """
    SELECT entry.external_id, version.content FROM time_entry AS entry
    JOIN time_entry_version AS version
      ON version.time_entry_id = entry.id AND version.version = entry.version
    WHERE entry.connection = :connection AND entry.approval_id = :approval_id
      AND entry.state IN ('APPROVED', 'PARTIALLY_APPROVED', 'SUBMITTED')
      AND entry.observed_at < :observed_at
      AND NOT (entry.external_id = ANY(:covered))
    """
)


def fingerprint(approval: Approval) -> str:
    """Changes when status, decision, covered entries or their content change."""
    facts = {
        "status": approval.status,
        "approver": approval.approver.external_id if approval.approver else None,
        "decided_at": approval.decided_at.isoformat() if approval.decided_at else None,
        "entries": sorted(
            (entry.external_id, content_hash(entry.model_dump(mode="json")))
            for entry in approval.entries
        ),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


async def keep(
    connection: AsyncConnection,
    name: str,
    read: Sequence[Approval],
    missing: Sequence[str],
    observed_at: datetime,
) -> list[Observation]:
    """Store approvals as read; returns observations of entries that fell out of them.

    An approval that is `missing` from the tracker covers nothing any more. What fell out of one and
    is covered by another of the same read did not fall out: the other one speaks of it.
    """
    rows = [
        {
            "external_id": approval.external_id,
            "worker": approval.worker.model_dump(mode="json"),
            "period_start": approval.period_start,
            "period_end": approval.period_end,
            "status": approval.status,
            "approver": approval.approver.model_dump(mode="json") if approval.approver else None,
            "decided_at": approval.decided_at,
            "entry_ids": [entry.external_id for entry in approval.entries],
            "content_hash": fingerprint(approval),
        }
        for approval in read
    ]
    if rows:
        await connection.execute(
            _KEEP,
            {
                "connection": name,
                "rows": as_json(rows),
                "observed_at": observed_at,
            },
        )
    lost: list[Observation] = []
    covered = sorted({entry.external_id for each in read for entry in each.entries})
    for approval_id in (*(each.external_id for each in read), *missing):
        lost.extend(await _uncovered(connection, name, approval_id, covered, observed_at))
    return lost


async def _uncovered(
    connection: AsyncConnection,
    name: str,
    approval_id: str,
    covered: Sequence[str],
    observed_at: datetime,
) -> list[Observation]:
    rows = await connection.execute(
        _UNCOVERED,
        {
            "connection": name,
            "approval_id": approval_id,
            "covered": list(covered),
            "observed_at": observed_at,
        },
    )
    return [
        Observation(
            external_id=row.external_id,
            observed_at=observed_at,
            origin="approval",
            content=row.content,
            decision=Decision(status="OPEN", approval_id=approval_id),
        )
        for row in rows
    ]


async def known_fingerprints(connection: AsyncConnection, name: str) -> dict[str, str]:
    """Fingerprint by approval id, as last read."""
    rows = await connection.execute(
        select(col(ApprovalRow.external_id), col(ApprovalRow.content_hash)).where(
            col(ApprovalRow.connection) == name
        )
    )
    return {row.external_id: row.content_hash for row in rows}
