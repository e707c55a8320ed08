"""Replays in the database: started, leased, counted, listed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import RowMapping, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import select

from process_apis.processes.replay.rehearsal import Rehearsal
from process_apis.processes.replay.schemas import NewReplay
from process_apis.processes.replay.states import JobState, LineOutcome
from process_apis.processes.replay.tables import ReplayJob
from shared.identity import Principal

_JOBS = ReplayJob.__table__  # type: ignore[attr-defined]

# Workers that took up one job in a row without ending a batch of it: it kills them.
MOST_TAKEOVERS = 10

_ADD_LINES = text(
    """
    INSERT INTO replay_line (job_id, posting_id, digest, outcome)
    SELECT :job, posting_id, digest, 'PENDING'
    FROM unnest(CAST(:ids AS uuid[]), CAST(:digests AS text[])) AS line (posting_id, digest)
    """
)

# One that has killed many is given up; nothing of it is half done, since batches are whole.
_CLAIM = text(
    """
    WITH due AS (
        SELECT id FROM replay_job
        WHERE state IN ('PENDING', 'RUNNING') AND (lease_until IS NULL OR lease_until <= :now)
        ORDER BY started_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    UPDATE replay_job AS job SET lease_token = :token, lease_until = :lease_until,
        takeovers = takeovers + 1, updated_at = :now,
        state = CASE WHEN takeovers >= :most THEN 'FAILED' ELSE 'RUNNING' END,
        finished_at = CASE WHEN takeovers >= :most THEN CAST(:now AS timestamptz) END
    FROM due WHERE job.id = due.id
    RETURNING job.id, job.state, job.states, job.started_by, job.through
    """
)

_STILL_OURS = text(
    "SELECT id FROM replay_job WHERE id = :id AND lease_token = :token AND state = 'RUNNING'"
    " FOR UPDATE"
)

_NEXT_LINES = text(
    "SELECT posting_id, digest FROM replay_line WHERE job_id = :id AND outcome = 'PENDING'"
    " ORDER BY posting_id LIMIT :limit"
)

_SETTLE_LINES = text(
    """
    UPDATE replay_line AS line SET outcome = settled.outcome
    FROM unnest(CAST(:ids AS uuid[]), CAST(:outcomes AS text[])) AS settled (id, outcome)
    WHERE line.job_id = :job AND line.posting_id = settled.id
    """
)

_COUNT = text(
    """
    UPDATE replay_job SET sent_on = sent_on + :sent_on, still_fails = still_fails + :still_fails,
        waits = waits + :waits, changed = changed + :changed, gone = gone + :gone, takeovers = 0,
        lease_until = :lease_until, updated_at = :now
    WHERE id = :id
    """
)

_FINISH = text(
    "UPDATE replay_job SET state = 'DONE', finished_at = :now, updated_at = :now,"
    " lease_token = NULL, lease_until = NULL WHERE id = :id"
)

_STOP = text(
    """
    UPDATE replay_job SET state = 'STOPPED', stopped_by = :by, finished_at = :now,
        updated_at = :now, lease_token = NULL, lease_until = NULL
    WHERE id = :id AND state IN ('PENDING', 'RUNNING') RETURNING id
    """
)


@dataclass(frozen=True)
class Running:
    """A job that this worker has leased."""

    id: UUID
    token: UUID
    states: Sequence[str]
    started_by: str
    through: Sequence[str]


async def add(
    transaction: AsyncConnection,
    job_id: UUID,
    wanted: NewReplay,
    rehearsal: Rehearsal,
    caller: Principal,
    idempotency_key: str,
    now: datetime,
) -> bool:
    """Add a job with its lines; false if one was started with this key before."""
    digests, total = rehearsal.digests, rehearsal.total
    added = await transaction.execute(
        insert(ReplayJob)
        .values(
            id=job_id,
            scope=wanted.scope.model_dump(mode="json"),
            states=wanted.states,
            hash=wanted.hash,
            state=JobState.PENDING,
            started_by=caller.subject,
            through=list(caller.actors),
            idempotency_key=idempotency_key,
            started_at=now,
            lines=total.lines,
            minutes=total.minutes,
            sent_on=0,
            still_fails=0,
            waits=0,
            changed=0,
            gone=0,
            takeovers=0,
            updated_at=now,
        )
        .on_conflict_do_nothing()
        .returning(_JOBS.c.id)
    )
    if added.first() is None:
        return False
    lines = {"job": job_id, "ids": list(digests), "digests": list(digests.values())}
    await transaction.execute(_ADD_LINES, lines)
    return True


async def by_key(
    transaction: AsyncConnection, caller: Principal, idempotency_key: str
) -> RowMapping | None:
    """The job that this caller started with this key, if there is one."""
    rows = await transaction.execute(
        select(_JOBS).where(
            _JOBS.c.started_by == caller.subject, _JOBS.c.idempotency_key == idempotency_key
        )
    )
    row: RowMapping | None = rows.mappings().first()
    return row


async def claim(
    transaction: AsyncConnection, now: datetime, lease: timedelta
) -> tuple[Running, JobState] | None:
    """Lease the next job that waits, or whose worker died; None if there is none."""
    token = uuid4()
    asked = {"now": now, "lease_until": now + lease, "token": token, "most": MOST_TAKEOVERS}
    row = (await transaction.execute(_CLAIM, asked)).first()
    if row is None:
        return None
    running = Running(row.id, token, row.states, row.started_by, row.through)
    return running, JobState(row.state)


async def hold(transaction: AsyncConnection, job: Running) -> bool:
    """Whether the job is still ours and goes on; it cannot be stopped until the end of this."""
    asked = {"id": job.id, "token": job.token}
    return (await transaction.execute(_STILL_OURS, asked)).first() is not None


async def next_lines(transaction: AsyncConnection, job: Running, limit: int) -> dict[UUID, str]:
    """Digests of the next postings to replay, by id, in the order of the ids."""
    rows = await transaction.execute(_NEXT_LINES, {"id": job.id, "limit": limit})
    return {row.posting_id: row.digest for row in rows}


async def settle(
    transaction: AsyncConnection,
    job: Running,
    outcomes: Mapping[UUID, LineOutcome],
    now: datetime,
    lease: timedelta,
) -> None:
    """Keep what became of a batch, and the lease with it."""
    lines = {"job": job.id, "ids": list(outcomes), "outcomes": list(outcomes.values())}
    await transaction.execute(_SETTLE_LINES, lines)
    counts: dict[str, Any] = {
        each.lower(): sum(outcome is each for outcome in outcomes.values())
        for each in LineOutcome
        if each is not LineOutcome.PENDING
    }
    times = {"id": job.id, "now": now, "lease_until": now + lease}
    await transaction.execute(_COUNT, {**counts, **times})


async def finish(transaction: AsyncConnection, job: Running, now: datetime) -> None:
    """Nothing is left to do."""
    await transaction.execute(_FINISH, {"id": job.id, "now": now})


async def stop(transaction: AsyncConnection, job_id: UUID, by: str, now: datetime) -> bool:
    """End it after the batch that is under way; false if it had ended already."""
    asked = {"id": job_id, "by": by, "now": now}
    return (await transaction.execute(_STOP, asked)).first() is not None
