"""Has entries read again in their tracker: what was misread, or missed, comes right by that."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.doorbell import Doorbell, Stage
from process_apis.processes.connections import gates
from process_apis.processes.intake import store as inbox
from process_apis.processes.intake.store import Arrival
from process_apis.processes.intake.tables import EventKind
from process_apis.processes.lineage import store as lineage
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.replay import selection
from process_apis.processes.replay.schemas import Rereading, RereadRequest
from shared.identity import Principal
from shared.problems import Conflict
from shared.telemetry import carry

_IDS = text(
    "SELECT id FROM time_entry WHERE connection = :connection AND external_id = ANY(:external_ids)"
)


async def reread(
    wanted: RereadRequest, caller: Principal, ledger: Ledger, doorbell: Doorbell
) -> Rereading:
    """Leave a hint about each entry of a scope. Repeating it is harmless.

    :raises NotFound, ValidationFailed: as `selection.find_entries`.
    :raises Conflict: no entry is in the scope, its tracker is paused, or nobody can ask it.
    """
    async with ledger.database.transaction() as transaction:
        entries = await selection.find_entries(transaction, wanted.scope)
    trackers = sorted({connection for connection, _ in entries})
    for tracker in trackers:
        await _require_askable(ledger, tracker)
    arrivals = [
        Arrival(
            connection=connection,
            kind=EventKind.ENTRY,
            subject=external_id,
            content_key=f"reread:{external_id}",
            origin="replay",
            carrier=carry(),
        )
        for connection, external_id in entries
    ]
    async with ledger.database.transaction() as transaction:
        now = ledger.clock.now()
        for tracker in trackers:
            await gates.require_running(transaction, tracker)
        await inbox.commit_arrivals(transaction, arrivals, now)
        for tracker in trackers:
            external_ids = [each for connection, each in entries if connection == tracker]
            await _note(transaction, tracker, external_ids, caller, now)
    for tracker in trackers:
        doorbell.ring(Stage.READ_ENTRIES, tracker)
    return Rereading(entries=len(entries))


async def _require_askable(ledger: Ledger, tracker: str) -> None:
    """A hint about what only ever pushes would wait for ever."""
    abilities = await ledger.system.tracker_abilities(tracker)
    if not (abilities.change_feed or abilities.listing):
        raise Conflict(
            f"The tracker {tracker} sends entries by itself and cannot be asked for any.",
            code="tracker_cannot_be_asked",
            action="Have it send the entries again.",
        )


async def _note(
    transaction: AsyncConnection,
    tracker: str,
    external_ids: list[str],
    caller: Principal,
    now: datetime,
) -> None:
    asked = {"connection": tracker, "external_ids": external_ids}
    rows = await transaction.execute(_IDS, asked)
    actor, detail = f"user:{caller.subject}", {"through": list(caller.actors)}
    steps = [
        lineage.Step(row.id, "reading again asked for", now, actor=actor, detail=detail)
        for row in rows
    ]
    await lineage.record(transaction, steps)
