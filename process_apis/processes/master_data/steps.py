"""Reads master data from its owner, on a schedule and on request, apart from all postings.

A run reads everything aside, compares it with what is known, stops if too much would vanish, and
only then takes anything over. Killed while it reads, it reads anew; killed later, it goes on.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import Database
from process_apis.processes.connections import steps as connections
from process_apis.processes.connections import store as known_connections
from process_apis.processes.master_data import (
    changes,
    comparing,
    listing,
    runs,
    staging,
    store,
    threshold,
)
from process_apis.processes.master_data.alarms import Alarm, Tell
from process_apis.processes.master_data.code_drift import standing
from process_apis.processes.master_data.keys import ANY_CONNECTION
from process_apis.processes.master_data.ownership import conflicts
from process_apis.processes.master_data.ownership.changing import note_changes
from process_apis.processes.master_data.ownership.configuration import Ownership
from process_apis.processes.master_data.record_kind import RecordKind
from process_apis.processes.master_data.records import RECORD_KINDS
from process_apis.processes.master_data.run_tables import RunStatus
from process_apis.processes.master_data.runs import OpenRun
from process_apis.processes.master_data.threshold import ThresholdSettings
from process_apis.provided import provided
from process_apis.upstream.connections import Connection
from process_apis.upstream.system_tier import SystemTier
from shared.problems import NotFound, TimepostProblem
from shared.stop_points import StopPoint, reached
from shared.values import Clock

# Wakes what waits for these dependency keys, within the transaction in which what they name
# changed; with each key, what happened, in words. The sub-ledger provides it; master data knows
# nothing of postings.
Wake = Callable[[AsyncConnection, Mapping[str, str]], Awaitable[None]]


@dataclass(frozen=True)
class Librarian:
    """What reading master data needs.

    :param whole_every: at least so often everything is read, also where what changed can be told.
    :param keep_diffs: so long after their run.
    """

    database: Database
    system: SystemTier
    clock: Clock
    wake: Wake
    tell: Tell
    ownership: Ownership
    threshold: ThresholdSettings
    whole_every: timedelta
    keep_diffs: timedelta


TheLibrarian = Annotated[Librarian, provided("librarian")]


async def open_run(librarian: Librarian, connection: str, *, dry_run: bool = False) -> OpenRun:
    """Note that all masters of a connection are to be read; a run under way is joined."""
    async with librarian.database.transaction() as transaction:
        now = librarian.clock.now()
        return await runs.open_run(transaction, connection, dry_run=dry_run, now=now)


async def _scheduled_run(librarian: Librarian, connection: str) -> OpenRun:
    """The run under way; else a new one that reads what changed, or now and then everything."""
    async with librarian.database.transaction() as transaction:
        now = librarian.clock.now()
        capabilities = {
            each.name: each.capability for each in await known_connections.known(transaction)
        }
        since = None
        # ERPs cannot tell what changed; and who is gone without a word must have no role.
        tells = capabilities.get(connection, "erp") != "erp"
        if tells and connection not in librarian.ownership.granting:
            since = await runs.read_until(transaction, connection, now - librarian.whole_every)
        return await runs.open_run(transaction, connection, since=since, now=now)


async def learn_connections(librarian: Librarian) -> list[Connection]:
    """Ask again which connections there are; what waits for one is judged again.

    :raises UpstreamUnavailable: the system tier does not answer.
    """
    found, different = await connections.learn(
        librarian.database, librarian.system, librarian.clock
    )
    if different:
        words = f"{' and '.join(different)} {changes.at(librarian.clock.now())}"
        async with librarian.database.transaction() as transaction:
            await librarian.wake(transaction, {ANY_CONNECTION: words})
    return found


async def refresh(librarian: Librarian, connection: str) -> None:
    """Read the masters of a connection, unless somebody is at it.

    :raises TimepostProblem: they cannot be read; the run tells why.
    """
    async with librarian.database.alone(f"masters {connection}") as alone:
        if not alone:
            return
        run = await _scheduled_run(librarian, connection)
        try:
            if run.compared or await _read_and_compare(librarian, connection, run):
                reached(StopPoint.MASTERS_COMPARED)
                await _take_over(librarian, connection, run)
        except TimepostProblem as problem:
            await _fail(librarian, run.id, f"{problem.code}: {problem.detail}")
            raise
        except Exception as fault:
            # A fault of ours would meet the next try, too: the schedule decides when that is.
            await _fail(librarian, run.id, type(fault).__name__)
            raise


async def _read_and_compare(librarian: Librarian, connection: str, run: OpenRun) -> bool:
    """Whether what was read is to be taken over."""
    known = {each.name: each for each in await learn_connections(librarian)}
    if connection not in known:
        raise NotFound(f"There is no connection {connection!r} any more.")
    lists = await listing.read(
        librarian.database, librarian.system, known[connection], run.id, run.since
    )
    reached(StopPoint.MASTERS_READ)
    await _note(librarian, run.id, step="comparing with what is known")
    async with librarian.database.transaction() as transaction:
        now = librarian.clock.now()
        standings = []
        for listed in lists:
            await staging.mark_faults(transaction, run.id, connection, listed)
            standings.append(await comparing.compare(transaction, run.id, connection, listed))
        await comparing.count(transaction, run.id, now)
        why = threshold.why_stopped(standings, librarian.threshold)
        await runs.note(transaction, run.id, stopped_because=why)
        if run.dry_run:
            await _end_dry(transaction, run.id, now)
        elif why is not None:
            await _stop(librarian, transaction, connection, run.id, why, now)
        return why is None and not run.dry_run


async def _end_dry(transaction: AsyncConnection, run: UUID, now: datetime) -> None:
    await staging.drop(transaction, run)
    words = "dry run: nothing was changed"
    await runs.note(transaction, run, status=RunStatus.DONE, step=words, finished_at=now)


async def _stop(
    librarian: Librarian,
    transaction: AsyncConnection,
    connection: str,
    run: UUID,
    why: str,
    now: datetime,
) -> None:
    """Only one run waits for a steward: that which is the same as before leaves the first."""
    if await runs.waits_with_the_same(transaction, connection, run):
        await staging.drop(transaction, run)
        words = "stopped: the same as a run that waits to be confirmed"
        ended = RunStatus.SUPERSEDED
    else:
        await staging.drop(transaction, *await runs.supersede_stopped(transaction, connection, now))
        words, ended = "stopped before anything was changed", RunStatus.STOPPED
        await librarian.tell(
            transaction, Alarm("MD_FEED_SHRANK", connection, now, said=f"{why} (run {run})")
        )
    await runs.note(transaction, run, status=ended, step=words, finished_at=now)


async def _take_over(librarian: Librarian, connection: str, run: OpenRun) -> None:
    """In batches, each with what it wakes: what is done, a killed run does not do again."""
    async with librarian.database.transaction() as transaction:
        due = await store.kinds_due(transaction, run.id)
    applied = run.applied
    for record in RECORD_KINDS:
        if record.kind in due:
            applied = await _take_over_kind(librarian, connection, run.id, record, applied)
    async with librarian.database.transaction() as transaction:
        now = librarian.clock.now()
        if await conflicts.review(transaction, librarian.ownership, connection, now):
            await librarian.tell(transaction, await conflicts.alarm(transaction, connection, now))
        stopped = await runs.supersede_stopped(transaction, connection, now)
        await staging.drop(transaction, run.id, *stopped)
        over = "a complete reading was taken over"
        await librarian.tell(transaction, Alarm("MD_FEED_SHRANK", connection, now, over=over))
        await comparing.forget_old(transaction, connection, now - librarian.keep_diffs)
        await runs.note(transaction, run.id, status=RunStatus.DONE, step="done", finished_at=now)


async def _take_over_kind(
    librarian: Librarian, connection: str, run: UUID, record: RecordKind, applied: int
) -> int:
    """Returns how many lines of the run are taken over with these."""
    await _note(librarian, run, step=f"taking over {record.domain}")
    before, lines = applied, 1
    while lines:
        async with librarian.database.transaction() as transaction:
            now = librarian.clock.now()
            taken = await store.take_over(transaction, run, connection, record, now)
            rules = librarian.ownership
            for erp in await note_changes(transaction, rules, record.kind, taken.changed, now):
                await librarian.tell(transaction, await conflicts.alarm(transaction, erp, now))
            await librarian.wake(transaction, taken.news)
            if taken.drifted:
                await tell_of_drift(librarian, transaction, connection, now)
            lines = taken.lines
            applied += lines
            await runs.note(transaction, run, applied=applied)
        reached(StopPoint.MASTERS_BATCH_TAKEN)
    if applied - before >= store.BATCH:
        async with librarian.database.transaction() as transaction:
            await store.analyze(transaction, record)
    return applied


async def tell_of_drift(
    librarian: Librarian, transaction: AsyncConnection, connection: str, now: datetime
) -> None:
    """Bring the case of a connection up to date with what of its codes nobody has settled."""
    said = await standing.said(transaction, connection)
    over = None if said else "every drift of codes is settled"
    alarm = Alarm("MP_CODE_DRIFT", connection, now, said=said or "", over=over)
    await librarian.tell(transaction, alarm)


async def _fail(librarian: Librarian, run: UUID, error: str) -> None:
    async with librarian.database.transaction() as transaction:
        await staging.drop(transaction, run)
        now = librarian.clock.now()
        await runs.note(transaction, run, status=RunStatus.FAILED, error=error, finished_at=now)


async def _note(librarian: Librarian, run: UUID, **facts: object) -> None:
    async with librarian.database.transaction() as transaction:
        await runs.note(transaction, run, **facts)
