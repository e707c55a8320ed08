"""Reads master data from its owner, on a schedule and on request, apart from all postings."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, select

from process_apis.database import Database
from process_apis.processes.connections import steps as connections
from process_apis.processes.master_data import changes, store
from process_apis.processes.master_data.keys import ANY_CONNECTION
from process_apis.processes.master_data.records import RECORD_KINDS, RecordKind
from process_apis.processes.master_data.tables import MasterDataRun, RunStatus
from process_apis.provided import provided
from process_apis.upstream.connections import Connection
from process_apis.upstream.system_tier import SystemTier
from shared.problems import TimepostProblem
from shared.values import Clock

# Wakes what waits for these dependency keys, within the transaction in which what they name
# changed; with each key, what happened, in words. The sub-ledger provides it; master data knows
# nothing of postings.
Wake = Callable[[AsyncConnection, Mapping[str, str]], Awaitable[None]]


@dataclass(frozen=True)
class Librarian:
    """What reading master data needs."""

    database: Database
    system: SystemTier
    clock: Clock
    wake: Wake


TheLibrarian = Annotated[Librarian, provided("librarian")]


async def open_run(librarian: Librarian, connection: str) -> UUID:
    """Note that masters of a connection are to be read; a run under way is joined.

    A run whose worker was killed counts as under way: the next worker begins it again.
    """
    async with librarian.database.transaction() as transaction:
        await transaction.execute(
            insert(MasterDataRun)
            .values(
                id=uuid4(),
                connection=connection,
                status=RunStatus.RUNNING,
                step="waiting for a worker",
                read=0,
                changed=0,
                started_at=librarian.clock.now(),
            )
            .on_conflict_do_nothing()
        )
        running = await transaction.execute(
            select(col(MasterDataRun.id)).where(
                col(MasterDataRun.connection) == connection,
                col(MasterDataRun.status) == RunStatus.RUNNING,
            )
        )
        run_id: UUID = running.scalar_one()
        return run_id


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
    """Read all masters of an ERP connection, unless somebody is at it.

    :raises TimepostProblem: the ERP cannot be read; the run tells why.
    """
    async with librarian.database.alone(f"masters {connection}") as alone:
        if not alone:
            return
        run_id = await open_run(librarian, connection)
        try:
            await _read_all(librarian, connection, run_id)
        except TimepostProblem as problem:
            await _finish(librarian, run_id, RunStatus.FAILED, f"{problem.code}: {problem.detail}")
            raise
        except Exception as fault:
            # A fault of ours would meet the next try, too: the schedule decides when that is.
            await _finish(librarian, run_id, RunStatus.FAILED, type(fault).__name__)
            raise
        await _finish(librarian, run_id, RunStatus.DONE)


async def _read_all(librarian: Librarian, connection: str, run_id: UUID) -> None:
    await learn_connections(librarian)
    read = changed = 0
    for record in RECORD_KINDS:
        await _note(librarian, run_id, step=f"reading {record.domain}")
        seen, moved = await _refresh_kind(librarian, connection, record)
        read, changed = read + seen, changed + moved
        await _note(librarian, run_id, read=read, changed=changed)


async def _refresh_kind(
    librarian: Librarian, connection: str, record: RecordKind
) -> tuple[int, int]:
    """All pages of one kind, each in its own transaction with what it wakes."""
    seen: set[str] = set()
    changed = 0
    async for page in librarian.system.masters(connection, record.domain, record.model):
        now = librarian.clock.now()
        async with librarian.database.transaction() as transaction:
            moved, news = await store.write_page(transaction, connection, record, page, now)
            await librarian.wake(transaction, news)
        seen.update(each.external_id for each in page)
        changed += moved
    async with librarian.database.transaction() as transaction:
        gone, news = await store.note_vanished(
            transaction, connection, record, seen, librarian.clock.now()
        )
        await librarian.wake(transaction, news)
    return len(seen), changed + gone


async def _finish(
    librarian: Librarian, run_id: UUID, status: RunStatus, error: str | None = None
) -> None:
    done = {"step": "done"} if status is RunStatus.DONE else {}
    finished = librarian.clock.now()
    await _note(librarian, run_id, status=status, error=error, finished_at=finished, **done)


async def _note(librarian: Librarian, run_id: UUID, **facts: object) -> None:
    async with librarian.database.transaction() as transaction:
        await transaction.execute(
            update(MasterDataRun).where(col(MasterDataRun.id) == run_id).values(**facts)
        )
