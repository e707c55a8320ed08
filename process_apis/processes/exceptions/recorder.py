"""Turns standings of the ledger into cases, in the ledger's own transactions."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_json
from process_apis.processes.exceptions.catalogue import told
from process_apis.processes.exceptions.schemas import CaseState
from process_apis.processes.posting.findings import Finding
from process_apis.processes.posting.ports import Standing

REOPENS_WITHIN = timedelta(days=30)

_OPEN_OR_UPDATE = text(
    """
    INSERT INTO exception_case (id, code, severity, owner, state, sentence, action, connection,
        entry_external_id, time_entry_id, posting_id, worker, project, task, work_date, minutes,
        waiting_for, fingerprint, opened_at, updated_at, version)
    SELECT id, code, severity, owner, state, sentence, action, connection, entry_external_id,
        time_entry_id, posting_id, worker, project, task, work_date, minutes, waiting_for,
        fingerprint, :now, :now, 1
    FROM jsonb_to_recordset(CAST(:cases AS jsonb)) AS wanted (
        id uuid, code text, severity text, owner text, state text, sentence text, action text,
        connection text, entry_external_id text, time_entry_id uuid, posting_id uuid,
        worker text, project text, task text, work_date date, minutes int, waiting_for text[],
        fingerprint text)
    ON CONFLICT (time_entry_id, code) WHERE resolved_at IS NULL DO UPDATE SET
        sentence = excluded.sentence, posting_id = excluded.posting_id,
        worker = excluded.worker, project = excluded.project, task = excluded.task,
        work_date = excluded.work_date, minutes = excluded.minutes,
        waiting_for = excluded.waiting_for, fingerprint = excluded.fingerprint,
        updated_at = excluded.updated_at, version = exception_case.version + 1
    WHERE (exception_case.sentence, exception_case.posting_id, exception_case.worker,
           exception_case.project, exception_case.task, exception_case.work_date,
           exception_case.minutes, exception_case.waiting_for, exception_case.fingerprint)
        IS DISTINCT FROM (excluded.sentence, excluded.posting_id, excluded.worker,
           excluded.project, excluded.task, excluded.work_date, excluded.minutes,
           excluded.waiting_for, excluded.fingerprint)
    """
)

# The same came back: its case is open again, with all that was said about it.
_REOPEN = text(
    """
    WITH returned AS (
        SELECT DISTINCT ON (earlier.time_entry_id, earlier.code) earlier.id
        FROM jsonb_to_recordset(CAST(:cases AS jsonb)) AS wanted (
            time_entry_id uuid, code text, fingerprint text)
        JOIN exception_case AS earlier USING (time_entry_id, code, fingerprint)
        WHERE earlier.resolved_at > :since AND NOT EXISTS (
            SELECT FROM exception_case AS open WHERE open.time_entry_id = wanted.time_entry_id
              AND open.code = wanted.code AND open.resolved_at IS NULL)
        ORDER BY earlier.time_entry_id, earlier.code, earlier.resolved_at DESC
    )
    UPDATE exception_case AS again SET state = 'REOPENED', resolved_at = NULL, resolution = NULL,
        waiver = NULL, updated_at = :now, version = again.version + 1
    FROM returned WHERE again.id = returned.id
    """
)

# Of several postings of an entry, each may have something wrong with it: what is said of one ends
# no case of another as long as that still carries its code.
_RESOLVE_OTHERS = text(
    """
    UPDATE exception_case AS settled SET state = :state, resolved_at = :now, updated_at = :now,
        resolution = stood.because, waiting_for = '{}', version = settled.version + 1
    FROM jsonb_to_recordset(CAST(:standings AS jsonb)) AS stood (
        time_entry_id uuid, posting_id uuid, code text, because text, about text)
    WHERE settled.time_entry_id = stood.time_entry_id AND settled.resolved_at IS NULL
      AND settled.code IS DISTINCT FROM stood.code
      AND (stood.about IS NULL OR settled.code = stood.about) AND NOT EXISTS (
          SELECT FROM posting WHERE posting.id = settled.posting_id
            AND posting.code = settled.code AND posting.id IS DISTINCT FROM stood.posting_id
            AND posting.state NOT IN ('POSTED', 'REVERSED', 'SUPERSEDED', 'WAIVED'))
    """
)


async def record_cases(
    transaction: AsyncConnection, standings: Sequence[Standing], now: datetime
) -> None:
    """Open or update the case of each finding; resolve what is no longer found."""
    stood = [
        {
            "time_entry_id": each.time_entry_id,
            "posting_id": each.posting_id,
            "code": each.finding.code if each.finding else None,
            "because": _because(each),
            "about": each.about,
        }
        for each in standings
    ]
    await transaction.execute(
        _RESOLVE_OTHERS,
        {
            "standings": as_json(stood),
            "state": CaseState.RESOLVED_AUTO,
            "now": now,
        },
    )
    await open_cases(transaction, standings, now)


async def open_cases(
    transaction: AsyncConnection, standings: Sequence[Standing], now: datetime
) -> None:
    """Open or update the case of each finding, beside whatever else is open."""
    latest = {
        (each.time_entry_id, each.finding.code): _case(each, each.finding)
        for each in standings
        if each.finding is not None
    }
    if latest:
        cases = as_json(list(latest.values()))
        since = now - REOPENS_WITHIN
        await transaction.execute(_REOPEN, {"cases": cases, "since": since, "now": now})
        await transaction.execute(_OPEN_OR_UPDATE, {"cases": cases, "now": now})


def _because(standing: Standing) -> str:
    if standing.finding is None:
        return f"auto: {standing.because}"
    return f"auto: another reason took its place ({standing.finding.code})"


def _case(standing: Standing, finding: Finding) -> dict[str, Any]:
    day = standing.work_date.isoformat() if standing.work_date else None
    facts = {
        "worker": standing.worker,
        "project": standing.project,
        "task": standing.task,
        "day": day,
        **finding.detail,
    }
    entry, sentence = told(finding.code, facts)
    return {
        "id": uuid4(),
        "code": entry.code,
        "severity": entry.severity,
        "owner": entry.owner,
        "state": CaseState.WAITING if finding.waiting_for else CaseState.OPEN,
        "sentence": sentence,
        "action": entry.action,
        "connection": standing.connection,
        "entry_external_id": standing.entry_external_id,
        "time_entry_id": standing.time_entry_id,
        "posting_id": standing.posting_id,
        "worker": standing.worker,
        "project": standing.project,
        "task": standing.task,
        "work_date": day,
        "minutes": standing.minutes,
        "waiting_for": list(finding.waiting_for),
        "fingerprint": fingerprint(standing, finding),
    }


def fingerprint(standing: Standing, finding: Finding) -> str:
    """What makes cases one problem: the code and what has to change to mend them all."""
    what = finding.waiting_for[0] if finding.waiting_for else standing.project or "-"
    return f"{finding.code}|{what}"
