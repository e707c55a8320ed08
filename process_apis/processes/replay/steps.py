"""Dry run, start and stop of a replay."""

from collections.abc import Collection
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.doorbell import Doorbell, Stage
from process_apis.processes.connections import gates
from process_apis.processes.connections.states import Mode
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.replay import reading, selection, store
from process_apis.processes.replay.rehearsal import rehearse
from process_apis.processes.replay.schemas import (
    DryRun,
    DryRunLines,
    DryRunRequest,
    LinesRequest,
    NewReplay,
    Replay,
)
from shared.identity import Principal
from shared.problems import Conflict, FieldError, ValidationFailed


async def dry_run(wanted: DryRunRequest, ledger: Ledger) -> DryRun:
    """Judge everything as the replay would, and show it. Changes nothing.

    :raises NotFound, Conflict, ValidationFailed: as `selection.find`.
    """
    async with ledger.database.transaction() as transaction:
        ids = await selection.find(transaction, wanted.scope, wanted.states)
    rehearsal = await rehearse(ledger, ids, wanted.limit)
    async with ledger.database.transaction() as transaction:
        paused = await _paused(transaction, rehearsal.targets)
    more = len(ids) > wanted.limit
    return DryRun(
        hash=rehearsal.hash,
        total=rehearsal.total,
        would_send=rehearsal.would_send,
        would_wait=rehearsal.would_wait,
        would_fail=rehearsal.would_fail,
        paused=paused,
        lines=rehearsal.lines,
        next_after=rehearsal.lines[-1].posting_id if more else None,
    )


async def further_lines(wanted: LinesRequest, ledger: Ledger) -> DryRunLines:
    """Show further lines of a dry run, as they stand now. Changes nothing.

    :raises NotFound, Conflict, ValidationFailed: as `selection.find`.
    """
    async with ledger.database.transaction() as transaction:
        ids = await selection.find(transaction, wanted.scope, wanted.states)
    rest = [each for each in ids if each > wanted.after]
    shown = await rehearse(ledger, rest[: wanted.limit], wanted.limit)
    more = len(rest) > wanted.limit
    return DryRunLines(lines=shown.lines, next_after=shown.lines[-1].posting_id if more else None)


async def start(
    wanted: NewReplay, idempotency_key: str, caller: Principal, ledger: Ledger, doorbell: Doorbell
) -> Replay:
    """Start what its dry run showed; with the same key once, however often it is asked.

    :raises NotFound, Conflict, ValidationFailed: as `selection.find`; it is no longer what the
        dry run showed; an ERP is paused; the key was used for something else.
    """
    started = await _started_before(wanted, idempotency_key, caller, ledger)
    if started is not None:
        return started
    async with ledger.database.transaction() as transaction:
        ids = await selection.find(transaction, wanted.scope, wanted.states)
    rehearsal = await rehearse(ledger, ids, show=0)
    if rehearsal.hash != wanted.hash:
        raise Conflict(
            "What would be replayed is no longer what the dry run showed, so nothing was started.",
            code="replay_changed",
            action="Make a new dry run, look at it, and start the replay with its hash.",
        )
    async with ledger.database.transaction() as transaction:
        for erp in sorted(rehearsal.targets):
            await gates.require_running(transaction, erp)
        job_id, now = uuid4(), ledger.clock.now()
        added = await store.add(
            transaction, job_id, wanted, rehearsal, caller, idempotency_key, now
        )
    doorbell.ring(Stage.REPLAY)
    if not added:
        # The same request at the same moment was faster: one of the two is the replay.
        return await start(wanted, idempotency_key, caller, ledger, doorbell)
    async with ledger.database.transaction() as transaction:
        return await reading.one(transaction, job_id)


async def _paused(transaction: AsyncConnection, erps: Collection[str]) -> list[str]:
    """Those of them that an operator has paused, or is about to."""
    known = await gates.all_of(transaction)
    return sorted(
        name for name, gate in known.items() if name in erps and gate.mode is not Mode.RUNNING
    )


async def _started_before(
    wanted: NewReplay, idempotency_key: str, caller: Principal, ledger: Ledger
) -> Replay | None:
    async with ledger.database.transaction() as transaction:
        row = await store.by_key(transaction, caller, idempotency_key)
        if row is None:
            return None
        before = NewReplay(scope=row["scope"], states=row["states"], hash=row["hash"])
        if before != wanted:
            raise ValidationFailed(
                "This Idempotency-Key stands for another replay.",
                code="idempotency_key_reused",
                action="Use a new key for a new replay.",
                errors=[FieldError(field="header.Idempotency-Key", message="was used before")],
            )
        return await reading.one(transaction, row["id"])


async def stop(job_id: UUID, caller: Principal, ledger: Ledger) -> Replay:
    """End it after the batch that is under way. What was sent on stays so.

    :raises NotFound: there is no such replay.
    :raises Conflict: it has ended already.
    """
    async with ledger.database.transaction() as transaction:
        replay = await reading.one(transaction, job_id)
        stopped = await store.stop(transaction, job_id, caller.subject, ledger.clock.now())
        if not stopped and replay.stopped_by is None:
            raise Conflict(
                "The replay has ended, so there is nothing to stop.",
                code="replay_over",
                action="Look at what became of its lines.",
            )
        return await reading.one(transaction, job_id)
