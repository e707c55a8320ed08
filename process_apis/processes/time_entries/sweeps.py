"""Sweeps find what webhooks did not bring.

They only put hints into the inbox: what a hint points to is read and judged in one place. The
window overlaps the last one, because trackers show deletions late.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from process_apis.processes.intake import store as inbox
from process_apis.processes.intake.store import Arrival
from process_apis.processes.intake.tables import EventKind
from process_apis.processes.time_entries import approvals
from process_apis.processes.time_entries.steps import Reader
from process_apis.processes.time_entries.tables import SweepState
from shared.problems import TimepostProblem
from shared.stop_points import StopPoint, reached

OVERLAP = timedelta(minutes=2)
FIRST_LOOK_BACK = timedelta(days=35)


async def sweep(reader: Reader, connection: str) -> int:
    """One pass over a connection; returns how many hints it left in the inbox.

    The watermark moves only after everything before it stands in the inbox, so that a sweep
    that is killed is simply done again. While one is under way, another does nothing.

    :raises TimepostProblem: the tracker cannot be asked; it is not asked again before the next
        sweep is due.
    """
    async with reader.database.alone(f"sweep {connection}") as alone:
        if not alone:
            return 0
        started = reader.clock.now()
        async with reader.database.transaction() as transaction:
            row = await transaction.execute(
                select(col(SweepState.swept_until)).where(col(SweepState.connection) == connection)
            )
            known = row.scalar_one_or_none()
        since = (known - OVERLAP) if known else started - FIRST_LOOK_BACK
        try:
            found = await _look(reader, connection, since, started)
        except TimepostProblem:
            await _note(reader, connection, known or started - FIRST_LOOK_BACK, started, 0)
            raise
        reached(StopPoint.SWEEP_LEFT_HINTS)
        await _note(reader, connection, started, started, found)
        return found


async def _look(reader: Reader, connection: str, since: datetime, until: datetime) -> int:
    found = 0
    abilities = await reader.system.tracker_abilities(connection)
    if abilities.change_feed:
        async for page in reader.system.entries_changed(connection, since, until):
            hints = [_entry_hint(connection, each.external_id) for each in page.changes]
            found += await _leave(reader, hints)
    if abilities.approvals != "none" and connection not in reader.ours_to_approve:
        found += await _sweep_approvals(reader, connection)
    return found


async def _note(
    reader: Reader, connection: str, until: datetime, started: datetime, found: int
) -> None:
    facts = {"swept_until": until, "last_run_at": started, "last_found": found}
    async with reader.database.transaction() as transaction:
        await transaction.execute(
            insert(SweepState)
            .values(connection=connection, **facts)
            .on_conflict_do_update(index_elements=["connection"], set_=facts)
        )


async def _sweep_approvals(reader: Reader, connection: str) -> int:
    """Approvals within the window that differ from how they were last read."""
    async with reader.database.transaction() as transaction:
        known = await approvals.known_fingerprints(transaction, connection)
    today = reader.clock.now().date()
    found = 0
    pages = reader.system.approvals(
        connection, today - timedelta(days=reader.sweep_days), today + timedelta(days=7)
    )
    async for page in pages:
        hints = [
            Arrival(
                connection=connection,
                kind=EventKind.APPROVAL,
                subject=approval.external_id,
                content_key=f"sweep:{approval.external_id}",
                origin="sweep",
            )
            for approval in page.approvals
            if known.get(approval.external_id) != approvals.fingerprint(approval)
        ]
        found += await _leave(reader, hints)
    return found


def _entry_hint(connection: str, external_id: str) -> Arrival:
    return Arrival(
        connection=connection,
        kind=EventKind.ENTRY,
        subject=external_id,
        content_key=f"sweep:{external_id}",
        origin="sweep",
    )


async def _leave(reader: Reader, hints: Sequence[Arrival]) -> int:
    async with reader.database.transaction() as transaction:
        return await inbox.commit_arrivals(transaction, hints, reader.clock.now())
