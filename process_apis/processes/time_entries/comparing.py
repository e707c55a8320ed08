"""Comparisons find what neither webhooks nor a change feed have told: deletions above all.

A tracker lists all entries of a window of work dates, and they are held against what is known, by
worker and week. Like a sweep, a comparison only leaves hints in the inbox. So absence alone never
deletes anything: the entry is read by its id, and only what the tracker then calls missing is gone.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.dialects.postgresql import insert

from process_apis.processes.intake import store as inbox
from process_apis.processes.intake.store import Arrival
from process_apis.processes.intake.tables import EventKind
from process_apis.processes.time_entries import listed
from process_apis.processes.time_entries.listed import Difference, Scope, Weeks
from process_apis.processes.time_entries.steps import COMPARISON, Reader
from process_apis.processes.time_entries.tables import WeekComparison
from shared.problems import TimepostProblem
from shared.stop_points import StopPoint, reached

AHEAD = timedelta(days=7)
_HINTS_AT_ONCE = 1000


@dataclass(frozen=True)
class _Outcome:
    """What became of a comparison; an empty one if there was nothing to compare."""

    listed: int = 0
    complete: bool = False
    weeks: Weeks = field(default_factory=Weeks)
    found: Difference = field(default_factory=Difference)


async def compare(reader: Reader, connection: str) -> int:
    """Compare one connection; returns how many entries have to be read again.

    While one comparison is under way, another does nothing. One that is killed is begun again.

    :raises TimepostProblem: the tracker cannot be asked; nothing was compared, and it is not
        asked again before the next comparison is due.
    """
    async with reader.database.alone(f"compare {connection}") as alone:
        if not alone:
            return 0
        started = reader.clock.now()
        outcome = _Outcome()
        try:
            abilities = await reader.system.tracker_abilities(connection)
            if abilities.listing:
                tells = abilities.approvals == "entry" and connection not in reader.ours_to_approve
                first_day = started.date() - timedelta(days=reader.sweep_days)
                scope = Scope(connection, first_day, started.date() + AHEAD, tells)
                entries, complete = await _list(reader, scope, started)
                outcome = await _differences(reader, scope, started, entries, complete)
        except TimepostProblem:
            await _note(reader, connection, started, outcome)
            raise
        reached(StopPoint.WEEKS_COMPARED)
        # After the hints are committed, so that a comparison that is killed is due again.
        await _note(reader, connection, started, outcome)
        return len(outcome.found.changed) + len(outcome.found.absent)


async def _list(reader: Reader, scope: Scope, started: datetime) -> tuple[int, bool]:
    """Page by page, so that neither memory nor a transaction grows with the window; returns how
    many entries there are, and whether they are all."""
    async with reader.database.transaction() as transaction:
        await listed.forget(transaction, scope.connection)
    entries, complete, observed_at = 0, False, started
    pages = reader.system.entries_in_window(scope.connection, scope.first_day, scope.last_day)
    async for page in pages:
        async with reader.database.transaction() as transaction:
            entries += await listed.keep(transaction, scope, page, observed_at)
        complete, observed_at = page.complete, reader.clock.now()
    return entries, complete


async def _differences(
    reader: Reader, scope: Scope, started: datetime, entries: int, complete: bool
) -> _Outcome:
    async with reader.database.transaction() as transaction:
        weeks = await listed.compare_weeks(transaction, scope)
        found = await listed.difference(transaction, scope, weeks, started, complete=complete)
    hints = [_hint(scope.connection, each) for each in (*found.changed, *found.absent)]
    for start in range(0, len(hints), _HINTS_AT_ONCE):
        async with reader.database.transaction() as transaction:
            some = hints[start : start + _HINTS_AT_ONCE]
            await inbox.commit_arrivals(transaction, some, reader.clock.now())
    return _Outcome(entries, complete, weeks, found)


async def _note(reader: Reader, connection: str, started: datetime, outcome: _Outcome) -> None:
    facts = {
        "last_run_at": started,
        "complete": outcome.complete,
        "listed": outcome.listed,
        "weeks": outcome.weeks.total,
        "weeks_apart": len(outcome.weeks.apart),
        "changed": len(outcome.found.changed),
        "absent": len(outcome.found.absent),
    }
    async with reader.database.transaction() as transaction:
        await transaction.execute(
            insert(WeekComparison)
            .values(connection=connection, **facts)
            .on_conflict_do_update(index_elements=["connection"], set_=facts)
        )
        await listed.forget(transaction, connection)


def _hint(connection: str, external_id: str) -> Arrival:
    return Arrival(
        connection=connection,
        kind=EventKind.ENTRY,
        subject=external_id,
        content_key=f"{COMPARISON}:{external_id}",
        origin=COMPARISON,
    )
