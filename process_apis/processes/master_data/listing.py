"""Reads a connection's lists to their ends, and keeps aside what they show."""

from datetime import datetime
from uuid import UUID

from process_apis.database import Database
from process_apis.processes.master_data import comparing, runs, staging
from process_apis.processes.master_data.record_kind import RecordKind
from process_apis.processes.master_data.records import kinds_of
from process_apis.processes.master_data.staging import Listed
from process_apis.upstream.connections import Connection
from process_apis.upstream.system_tier import SystemTier


async def read(
    database: Database,
    system: SystemTier,
    connection: Connection,
    run: UUID,
    since: datetime | None,
) -> list[Listed]:
    """Every list that the connection has, each to its end.

    :param since: only what changed since then, of the lists that can tell.
    :raises TimepostProblem: one of them cannot be read.
    """
    async with database.transaction() as transaction:
        await staging.drop(transaction, run)
        await comparing.forget(transaction, run)
    lists, read_before = [], 0
    for listed in await _wanted(system, connection, since):
        await _read_one(database, system, connection, run, listed, since, read_before)
        read_before += listed.rows
        lists.append(listed)
    async with database.transaction() as transaction:
        await staging.analyze(transaction)
    return lists


async def _wanted(
    system: SystemTier, connection: Connection, since: datetime | None
) -> list[Listed]:
    """An ERP has all of its lists, and shows all of each; others say what they have."""
    kinds: list[RecordKind] = kinds_of(connection.capability)
    if connection.capability == "erp":
        return [Listed(record) for record in kinds]
    abilities = await system.master_abilities(connection.capability, connection.name)
    return [
        Listed(record, partial=since is not None and record.domain in abilities.deltas)
        for record in kinds
        if record.domain in abilities.lists
    ]


async def _read_one(
    database: Database,
    system: SystemTier,
    connection: Connection,
    run: UUID,
    listed: Listed,
    since: datetime | None,
    read_before: int,
) -> None:
    record = listed.record
    async with database.transaction() as transaction:
        await runs.note(transaction, run, step=f"reading {record.domain}", read=read_before)
    pages = system.masters(
        connection.capability,
        connection.name,
        record.domain,
        record.model,
        since if listed.partial else None,
    )
    async for page in pages:
        async with database.transaction() as transaction:
            await staging.stage(transaction, run, listed, page)
            await runs.note(transaction, run, read=read_before + listed.rows)
