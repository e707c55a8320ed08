"""Carries replays out, a batch and a transaction at a time: whoever dies leaves whole batches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.doorbell import Stage
from process_apis.processes.lineage import store as lineage
from process_apis.processes.posting import judging, validation
from process_apis.processes.posting.apart import apart
from process_apis.processes.posting.judging import Judge, Verdict
from process_apis.processes.posting.lanes import Lane
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.states import PostingState
from process_apis.processes.posting.waking import ANEW
from process_apis.processes.replay import store, verdicts
from process_apis.processes.replay.selection import ELIGIBLE
from process_apis.processes.replay.states import JobState, LineOutcome
from process_apis.processes.replay.store import Running
from process_apis.processes.replay.verdicts import digest_of, outcome_of
from shared.stop_points import StopPoint, reached

BATCH = 200
Due = tuple[Stage, str]


# First the entries, then the postings, by id, like whoever else writes both.
_LOCK_ENTRIES = text(
    "SELECT id FROM time_entry WHERE id IN"
    " (SELECT time_entry_id FROM posting WHERE id = ANY(:ids)) ORDER BY id FOR UPDATE"
)

_LOCK = text(
    f"""
    SELECT posting.id FROM posting JOIN time_entry AS entry ON entry.id = time_entry_id
    WHERE posting.id = ANY(:ids) AND {ELIGIBLE} ORDER BY posting.id FOR UPDATE OF posting
    """  # noqa: S608 - our own words
)

_TAKE_UP = text(
    f"UPDATE posting SET state = 'RECEIVED', {ANEW}, lookups = 0, updated_at = :now"  # noqa: S608 - our own words
    " WHERE id = ANY(:ids)"
)


@dataclass(frozen=True)
class Replayed:
    """What one batch led to.

    :param due: stages that go on with it, each with its ERP.
    :param more: the job goes on.
    """

    due: frozenset[Due]
    more: bool


async def claim(ledger: Ledger) -> Running | None:
    """Lease the next job to work on; None if there is none."""
    while True:
        async with ledger.database.transaction() as transaction:
            now = ledger.clock.now()
            claimed = await store.claim(transaction, now, ledger.timing.lease_span)
        if claimed is None:
            return None
        job, state = claimed
        if state is not JobState.FAILED:
            reached(StopPoint.REPLAY_CLAIMED)
            return job


async def replay_batch(ledger: Ledger, job: Running) -> Replayed:
    """Replay the next lines of a job; none of it if the job was stopped or is another worker's."""
    async with ledger.database.transaction() as transaction:
        if not await store.hold(transaction, job):
            return Replayed(frozenset(), more=False)
        lines = await store.next_lines(transaction, job, BATCH)
        if not lines:
            await store.finish(transaction, job, ledger.clock.now())
            return Replayed(frozenset(), more=False)

    async def replay(some: Sequence[UUID]) -> list[Due | None]:
        return await _replay(ledger, job, {each: lines[each] for each in some}, verdicts.judge)

    async def set_aside(posting_id: UUID) -> Due | None:
        one = {posting_id: lines[posting_id]}
        await _replay(ledger, job, one, judging.judge_unreadable)
        return None

    due = await apart(list(lines), replay, set_aside)
    return Replayed(frozenset(each for each in due if each), more=True)


async def _replay(
    ledger: Ledger, job: Running, lines: Mapping[UUID, str], judge: Judge
) -> list[Due | None]:
    """One batch, whole or not at all; where it goes on."""
    async with ledger.database.transaction() as transaction:
        if not await store.hold(transaction, job):
            return []
        now = ledger.clock.now()
        ids = await _lock(transaction, job, list(lines))
        rows = await judging.rows_of(transaction, ids)
        judged = await judge(transaction, rows, now, ledger.ownership)
        same = [each for each in judged if digest_of(each) == lines[each.row["id"]]]
        await _take_up(transaction, ledger, job, same, now)
        outcomes = dict.fromkeys(lines, LineOutcome.GONE)
        outcomes |= dict.fromkeys(ids, LineOutcome.CHANGED)
        outcomes |= {each.row["id"]: outcome_of(each) for each in same}
        await store.settle(transaction, job, outcomes, now, ledger.timing.lease_span)
    reached(StopPoint.REPLAY_BATCH_COMMITTED)
    return [_next_stage(each) for each in same if each.state is PostingState.READY]


def _next_stage(verdict: Verdict) -> Due:
    """Where it goes on. A reversal is decided on once more, by the line as it stands now."""
    stage = Stage.CORRECT if verdicts.is_reversal(verdict.row) else Stage.SEND
    return stage, verdict.target or ""


async def _lock(transaction: AsyncConnection, job: Running, ids: Sequence[UUID]) -> list[UUID]:
    """Those that are still to be replayed; nobody else moves them now."""
    await transaction.execute(_LOCK_ENTRIES, {"ids": ids})
    rows = await transaction.execute(_LOCK, {"ids": ids, "states": list(job.states)})
    return [row.id for row in rows]


async def _take_up(
    transaction: AsyncConnection,
    ledger: Ledger,
    job: Running,
    judged: Sequence[Verdict],
    now: datetime,
) -> None:
    ids = [each.row["id"] for each in judged]
    await transaction.execute(_TAKE_UP, {"ids": ids, "now": now})
    detail = {"replay": str(job.id), "through": list(job.through)}
    steps = [
        lineage.Step(
            each.row["time_entry_id"],
            "replayed",
            now,
            each.row["id"],
            actor=f"user:{job.started_by}",
            detail=detail,
        )
        for each in judged
    ]
    await lineage.record(transaction, steps)
    because = f"replayed by {job.started_by}: nothing is wrong with it any more"
    # What comes in meanwhile goes before them. A reversal's lane is decided with it.
    postings = [
        replace(each, lane=Lane.BULK) for each in judged if not verdicts.is_reversal(each.row)
    ]
    await validation.settle(transaction, ledger, postings, now, because)
