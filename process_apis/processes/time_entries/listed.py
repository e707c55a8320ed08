"""Listings of trackers in set-based SQL: kept page by page, compared week by week.

A week is a pair of a worker and an ISO week. Its digest is the sum of its entries' hashes, so that
weeks are compared by two numbers, and single entries are looked at only in those that differ.
"""

import json
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.time_entries.rules import content_hash
from process_apis.upstream.time_tracking import EntryListing

# What is absent and cannot be read, such as in an archived project, is not asked for every hour.
ASK_AGAIN = timedelta(days=1)


@dataclass(frozen=True)
class Scope:
    """What is compared.

    :param tells_approval: entries tell their own approvals there, and those count.
    """

    connection: str
    first_day: date
    last_day: date
    tells_approval: bool


@dataclass(frozen=True)
class Weeks:
    """How the weeks of a window compare; ``apart`` are those that differ, ready for SQL."""

    total: int = 0
    apart: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Difference:
    """Ids of entries to read again."""

    changed: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


_FORGET = text("DELETE FROM listed_entry WHERE connection = :connection")

# Pages overlap when entries come and go while they are read: the later one counts.
_KEEP = text(
    """
    INSERT INTO listed_entry (connection, external_id, worker_external_id, week, content_hash,
                              approval, observed_at)
    SELECT :connection, external_id, worker_external_id, date_trunc('week', work_date)::date,
           content_hash, approval, :observed_at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS listed (
        external_id text, worker_external_id text, work_date timestamp, content_hash text,
        approval text)
    ON CONFLICT (connection, external_id) DO UPDATE SET
        worker_external_id = excluded.worker_external_id, week = excluded.week,
        content_hash = excluded.content_hash, approval = excluded.approval,
        observed_at = excluded.observed_at
    """
)

# The tracker's word for a state of ours; none where its word does not count.
_WORD = """
    CASE WHEN CAST(:tells_approval AS boolean) THEN
        CASE entry.state WHEN 'DRAFT' THEN 'OPEN' WHEN 'REOPENED' THEN 'OPEN' ELSE entry.state END
    END
"""

_HELD = f"""
    SELECT entry.external_id, entry.worker_external_id AS worker,
           date_trunc('week', CAST(entry.work_date AS timestamp))::date AS week,
           entry.content_hash, {_WORD} AS approval, entry.observed_at, entry.unreadable_at
    FROM time_entry AS entry
    WHERE entry.connection = :connection AND entry.state <> 'DELETED'
      AND entry.work_date BETWEEN :first_day AND :last_day
"""  # noqa: S608 - our own words

_DIGEST = (
    "count(*) AS entries, sum(hashtextextended(concat(external_id, content_hash, approval), 0))"
    " AS digest"
)

_WEEKS = text(
    f"""
    WITH ours AS (SELECT worker, week, {_DIGEST} FROM ({_HELD}) AS held GROUP BY worker, week),
    theirs AS (
        SELECT worker_external_id AS worker, week, {_DIGEST} FROM listed_entry
        WHERE connection = :connection AND content_hash IS NOT NULL GROUP BY worker, week),
    compared AS (
        SELECT worker, week, (ours.entries, ours.digest)
               IS DISTINCT FROM (theirs.entries, theirs.digest) AS apart
        FROM ours FULL JOIN theirs USING (worker, week))
    SELECT count(*) AS total,
           coalesce(jsonb_agg(jsonb_build_object('worker', worker, 'week', week))
                    FILTER (WHERE apart), '[]') AS apart
    FROM compared
    """  # noqa: S608 - our own words
)

_DIFFERENCE = text(
    f"""
    WITH apart AS (
        SELECT worker, week FROM jsonb_to_recordset(CAST(:apart AS jsonb)) AS pair (
            worker text, week date)),
    listed AS (
        SELECT external_id, worker_external_id AS worker, week, content_hash, approval, observed_at
        FROM listed_entry WHERE connection = :connection)
    SELECT listed.external_id, false AS absent FROM listed JOIN apart USING (worker, week)
    LEFT JOIN time_entry AS entry
      ON entry.connection = :connection AND entry.external_id = listed.external_id
    WHERE entry.id IS NULL
       OR (entry.observed_at < listed.observed_at
           AND (entry.state = 'DELETED' OR entry.content_hash <> listed.content_hash
                OR listed.approval <> {_WORD}))
    UNION ALL
    SELECT held.external_id, true FROM ({_HELD}) AS held JOIN apart USING (worker, week)
    WHERE CAST(:complete AS boolean) AND held.observed_at < :started
      AND (held.unreadable_at IS NULL OR held.unreadable_at < :ask_again_before)
      AND NOT EXISTS (SELECT 1 FROM listed WHERE listed.external_id = held.external_id)
    ORDER BY external_id
    """  # noqa: S608 - our own words
)


async def forget(connection: AsyncConnection, name: str) -> None:
    """Empty the place for a new listing."""
    await connection.execute(_FORGET, {"connection": name})


async def keep(
    connection: AsyncConnection, scope: Scope, page: EntryListing, observed_at: datetime
) -> int:
    """Note one page, in one statement; returns how many entries it has."""
    rows = [
        {
            "external_id": entry.external_id,
            "worker_external_id": entry.worker.external_id,
            "work_date": entry.work_date,
            "content_hash": content_hash(entry.model_dump(mode="json")),
            "approval": entry.approval.status if scope.tells_approval and entry.approval else None,
        }
        for entry in page.entries
    ] + [{"external_id": each} for each in page.unreadable]
    if rows:
        asked = {"connection": scope.connection, "rows": json.dumps(rows, default=str)}
        await connection.execute(_KEEP, {**asked, "observed_at": observed_at})
    return len(rows)


async def compare_weeks(connection: AsyncConnection, scope: Scope) -> Weeks:
    """Counts and digests of both sides."""
    row = (await connection.execute(_WEEKS, asdict(scope))).one()
    return Weeks(row.total, row.apart)


async def difference(
    connection: AsyncConnection, scope: Scope, weeks: Weeks, started: datetime, *, complete: bool
) -> Difference:
    """What differs in the weeks that do; what was read since it was listed is judged already."""
    asked = {
        **asdict(scope),
        "apart": json.dumps(weeks.apart),
        "complete": complete,
        "started": started,
        "ask_again_before": started - ASK_AGAIN,
    }
    found: dict[bool, list[str]] = {True: [], False: []}
    for row in await connection.execute(_DIFFERENCE, asked):
        found[row.absent].append(row.external_id)
    return Difference(changed=found[False], absent=found[True])
