"""Reads master data from its owner, on a schedule and on request, apart from all postings."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID, uuid4

from sqlalchemy import insert, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from process_apis.database import Database
from process_apis.processes.connections import steps as connections
from process_apis.processes.master_data import store
from process_apis.processes.master_data.records import RECORD_KINDS, RecordKind
from process_apis.processes.master_data.tables import MasterDataRun, RunStatus
from process_apis.provided import provided
from process_apis.upstream.system_tier import SystemTier
from shared.problems import TimepostProblem
from shared.values import Clock

# Wakes what waits for these dependency keys, within the transaction in which they changed. The
# sub-ledger provides it; master data knows nothing of postings.
Wake = Callable[[AsyncConnection, Collection[str], str], Awaitable[None]]

# A run that has not moved for this long was killed; it is started anew, not continued.
STALLED = timedelta(minutes=10)


@dataclass(frozen=True)
class Librarian:
    """What reading master data needs."""

    database: Database
    system: SystemTier
    clock: Clock
    wake: Wake


TheLibrarian = Annotated[Librarian, provided("librarian")]


async def open_run(librarian: Librarian, connection: str) -> UUID:
    """Note that masters of a connection are to be read; a run under way is joined."""
    now = librarian.clock.now()
    async with librarian.database.transaction() as transaction:
        row = await transaction.execute(
            text(
                "SELECT id FROM master_data_run WHERE connection = :connection"
                " AND status = 'RUNNING' AND started_at > :alive ORDER BY started_at LIMIT 1"
            ),
            {"connection": connection, "alive": now - STALLED},
        )
        running: UUID | None = row.scalar_one_or_none()
        if running is not None:
            return running
        run_id = uuid4()
        await transaction.execute(
            insert(MasterDataRun).values(
                id=run_id,
                connection=connection,
                status=RunStatus.RUNNING,
                step="waiting for a worker",
                read=0,
                changed=0,
                started_at=now,
            )
        )
        return run_id


async def refresh(librarian: Librarian, connection: str) -> None:
    """Read all masters of an ERP connection. A fault ends the run and is told in it."""
    await connections.learn(librarian.database, librarian.system, librarian.clock)
    async with librarian.database.transaction() as transaction:
        news = {store.unbound_key("connection")}
        await librarian.wake(transaction, news, "the connections were read again")
    run_id = await open_run(librarian, connection)
    read = changed = 0
    try:
        for record in RECORD_KINDS:
            await _note(librarian, run_id, step=f"reading {record.domain}")
            seen, moved = await _refresh_kind(librarian, connection, record)
            read, changed = read + seen, changed + moved
            await _note(librarian, run_id, read=read, changed=changed)
    except TimepostProblem as problem:
        finished = librarian.clock.now()
        await _note(
            librarian,
            run_id,
            status=RunStatus.FAILED,
            error=f"{problem.code}: {problem.detail}",
            finished_at=finished,
        )
        raise
    await _note(
        librarian,
        run_id,
        status=RunStatus.DONE,
        step="done",
        finished_at=librarian.clock.now(),
    )


async def _refresh_kind(
    librarian: Librarian, connection: str, record: RecordKind
) -> tuple[int, int]:
    """All pages of one kind, each in its own transaction with what it wakes."""
    seen: set[str] = set()
    changed = 0
    async for page in librarian.system.masters(connection, record.domain, record.model):
        now = librarian.clock.now()
        async with librarian.database.transaction() as transaction:
            keys = await store.write_page(transaction, connection, record, page, now)
            await librarian.wake(transaction, keys, f"{record.domain} changed in {connection}")
        seen.update(each.external_id for each in page)
        changed += len(keys)
    async with librarian.database.transaction() as transaction:
        gone = await store.note_vanished(
            transaction, connection, record, seen, librarian.clock.now()
        )
        await librarian.wake(transaction, gone, f"{record.domain} vanished from {connection}")
    return len(seen), changed + len(gone)


async def _note(librarian: Librarian, run_id: UUID, **facts: object) -> None:
    async with librarian.database.transaction() as transaction:
        await transaction.execute(
            update(MasterDataRun).where(col(MasterDataRun.id) == run_id).values(**facts)
        )
