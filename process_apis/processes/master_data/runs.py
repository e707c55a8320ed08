"""Runs of master data in the database: opened, joined, ended, confirmed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, select

from process_apis.processes.master_data.run_tables import MasterDataRun, RunStatus


@dataclass(frozen=True)
class OpenRun:
    """The run of a connection that is under way.

    :param compared: everything is read, and what would change is known.
    :param since: only what changed since then is read; None for everything.
    """

    id: UUID
    dry_run: bool
    compared: bool
    applied: int
    since: datetime | None


# A run that began a little before the last change of something may not have seen it.
OVERLAP = timedelta(minutes=2)

_READ_UNTIL = text(
    """
    SELECT max(started_at) AS until FROM master_data_run AS run
    WHERE connection = :connection AND status = 'DONE' AND NOT dry_run AND NOT EXISTS (
        SELECT FROM master_data_run AS stopped
        WHERE stopped.connection = :connection AND stopped.status = 'STOPPED') AND EXISTS (
        SELECT FROM master_data_run AS whole
        WHERE whole.connection = :connection AND whole.status = 'DONE' AND NOT whole.dry_run
          AND whole.changed_since IS NULL AND whole.started_at > :whole_since)
    """
)

_UNDER_WAY = text(
    """
    SELECT id, dry_run, compared_at IS NOT NULL AS compared, applied, changed_since AS since
    FROM master_data_run WHERE connection = :connection AND status = 'RUNNING'
    """
)

_STOPPED = text(
    "SELECT id, vanished_digest FROM master_data_run"
    " WHERE connection = :connection AND status = 'STOPPED' FOR UPDATE"
)

_SUPERSEDE = text(
    """
    UPDATE master_data_run SET status = 'SUPERSEDED', finished_at = :now
    WHERE connection = :connection AND status = 'STOPPED' RETURNING id
    """
)

_CONFIRM = text(
    """
    UPDATE master_data_run AS run SET status = 'RUNNING', step = 'confirmed, waiting for a worker',
        finished_at = NULL, confirmed_at = :now, confirmed_by = :actor,
        confirmed_through = CAST(:through AS jsonb), confirmed_reason = :reason
    WHERE id = :run AND status = 'STOPPED' AND NOT EXISTS (
        SELECT 1 FROM master_data_run AS other
        WHERE other.connection = run.connection AND other.status = 'RUNNING')
    RETURNING connection
    """
)


async def read_until(
    transaction: AsyncConnection, connection: str, whole_since: datetime
) -> datetime | None:
    """Since when changes have to be asked for; None if all has to be read: it was not after
    ``whole_since``, or a run has stopped, which only another whole one can stand for."""
    asked = {"connection": connection, "whole_since": whole_since}
    until: datetime | None = (await transaction.execute(_READ_UNTIL, asked)).scalar_one()
    return until - OVERLAP if until is not None else None


async def open_run(
    transaction: AsyncConnection,
    connection: str,
    *,
    now: datetime,
    dry_run: bool = False,
    since: datetime | None = None,
) -> OpenRun:
    """The run under way, or a new one.

    A run whose worker was killed counts as under way: the next worker goes on with it.
    """
    await transaction.execute(
        insert(MasterDataRun)
        .values(
            id=uuid4(),
            connection=connection,
            status=RunStatus.RUNNING,
            step="waiting for a worker",
            dry_run=dry_run,
            changed_since=since,
            read=0,
            created=0,
            changed=0,
            vanished=0,
            refused=0,
            applied=0,
            confirmed_through=[],
            started_at=now,
        )
        .on_conflict_do_nothing()
    )
    running = await transaction.execute(_UNDER_WAY, {"connection": connection})
    return OpenRun(**running.mappings().one())


async def note(transaction: AsyncConnection, run: UUID, **facts: object) -> None:
    """Write down how far a run is."""
    await transaction.execute(
        update(MasterDataRun).where(col(MasterDataRun.id) == run).values(**facts)
    )


async def waits_with_the_same(transaction: AsyncConnection, connection: str, run: UUID) -> bool:
    """Whether a stopped run waits already from which the very same would vanish."""
    asked = {"connection": connection}
    waiting = (await transaction.execute(_STOPPED, asked)).mappings().all()
    digest = await transaction.execute(
        select(col(MasterDataRun.vanished_digest)).where(col(MasterDataRun.id) == run)
    )
    return digest.scalar_one() in {each["vanished_digest"] for each in waiting}


async def supersede_stopped(
    transaction: AsyncConnection, connection: str, now: datetime
) -> Sequence[UUID]:
    """Another run stands for those that were stopped; returns them."""
    rows = await transaction.execute(_SUPERSEDE, {"connection": connection, "now": now})
    return [row.id for row in rows]


async def confirm(
    transaction: AsyncConnection,
    run: UUID,
    *,
    actor: str,
    through: str,
    reason: str,
    now: datetime,
) -> str | None:
    """Let a stopped run go on; returns its connection, or None if it is not stopped, or another
    is under way.
    """
    confirmed = {"run": run, "actor": actor, "through": through, "reason": reason, "now": now}
    row = (await transaction.execute(_CONFIRM, confirmed)).first()
    return str(row.connection) if row else None
