"""The watch looks once a minute for what should have come, and has not."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import Database
from process_apis.processes.connections import store as connections
from process_apis.processes.exceptions.incidents import record_incident
from process_apis.processes.posting.ports import Incident
from process_apis.processes.watching import rules, store
from process_apis.processes.watching.settings import WatchSettings
from process_apis.processes.watching.store import Alert
from shared.values import Clock

EVERY = timedelta(minutes=1)
SILENT, GAP = "IO_SILENT", "IO_GAP"
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Watch:
    """What watching needs."""

    database: Database
    clock: Clock
    settings: WatchSettings


async def look(watch: Watch) -> None:
    """Open and resolve what there is to say. While one looks, nobody else does.

    Everything is found in the tables: a look that is killed is simply taken again.
    """
    async with watch.database.alone("watch") as alone, watch.database.transaction() as transaction:
        if not alone:
            return
        now = watch.clock.now()
        this_hour = now.replace(minute=0, second=0, microsecond=0)
        counted = await store.counted_until(transaction)
        history = timedelta(weeks=watch.settings.weeks, days=1)
        if counted is None or counted < this_hour:
            since = max(counted, this_hour - history) if counted else this_hour - history
            await store.count_arrivals(transaction, since, this_hour, history)
            await _notice_silence(watch, transaction, this_hour - _HOUR, now)
        await _end_silence(transaction, now)
        await _notice_losses(watch, transaction, now)
        await store.note(transaction, this_hour, now)


async def _notice_silence(
    watch: Watch, transaction: AsyncConnection, hour: datetime, now: datetime
) -> None:
    known = {each.connection for each in await store.alerts(transaction) if each.code == SILENT}
    for each in await store.usual(transaction, hour, watch.settings.weeks):
        found = rules.silence(each.hour, each.earlier, watch.settings)
        if found is None or each.connection in known:
            continue
        alert = Alert(each.connection, SILENT, hour, found.pushed)
        what = "webhooks" if found.pushed else "changes"
        weeks = ", ".join(map(str, found.usual))
        said = f"in the same hour of the weeks before there were {weeks} {what}"
        await _open(transaction, alert, said, now)


async def _end_silence(transaction: AsyncConnection, now: datetime) -> None:
    known = {each.name for each in await connections.known(transaction)}
    for alert in await store.alerts(transaction):
        if alert.code != SILENT:
            continue
        at = await store.first_arrival(transaction, alert)
        if at is not None:
            await _close(transaction, alert, f"something arrived at {at:%Y-%m-%d %H:%M} UTC", now)
        elif alert.connection not in known:
            await _close(transaction, alert, "there is no such connection any more", now)


async def _notice_losses(watch: Watch, transaction: AsyncConnection, now: datetime) -> None:
    after = timedelta(minutes=watch.settings.gap_minutes)
    lost = {each.connection: each for each in await store.lost(transaction, now, after)}
    for alert in await store.alerts(transaction):
        if alert.code == GAP and alert.connection not in lost:
            await _close(transaction, alert, "what was missing arrived, or nobody sent it", now)
    for each in lost.values():
        said = f"{each.versions} of {each.entries} entries"
        await _open(transaction, Alert(each.connection, GAP, each.since, pushed=True), said, now)


async def _open(transaction: AsyncConnection, alert: Alert, said: str, now: datetime) -> None:
    await store.open_alert(transaction, alert)
    await record_incident(transaction, _incident(alert, said, None), now)


async def _close(transaction: AsyncConnection, alert: Alert, over: str, now: datetime) -> None:
    await store.close_alert(transaction, alert)
    await record_incident(transaction, _incident(alert, "", over), now)


def _incident(alert: Alert, said: str, over: str | None) -> Incident:
    return Incident(
        connection=alert.connection,
        code=alert.code,
        since=alert.since,
        said=said,
        postings=0,
        minutes=0,
        over=over,
    )
