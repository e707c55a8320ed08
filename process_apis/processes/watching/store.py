"""Arrivals by hour, and alerts, in set-based SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.watching.rules import Hour

FORGOTTEN_AFTER = timedelta(days=3)


@dataclass(frozen=True)
class Usual:
    """One hour of a connection, and the same hour of earlier weeks, latest first."""

    connection: str
    hour: Hour
    earlier: Sequence[Hour]


@dataclass(frozen=True)
class Alert:
    """A case that is open."""

    connection: str
    code: str
    since: datetime
    pushed: bool


@dataclass(frozen=True)
class Lost:
    """Versions of one connection that ought to have arrived."""

    connection: str
    versions: int
    entries: int
    since: datetime


_COUNTED_UNTIL = text("SELECT counted_until FROM watch_state")

_NOTE = text(
    """
    INSERT INTO watch_state (single, counted_until, last_run_at)
    VALUES (true, :counted_until, :now)
    ON CONFLICT (single) DO UPDATE SET
        counted_until = excluded.counted_until, last_run_at = excluded.last_run_at
    """
)

_COUNT = text(
    """
    INSERT INTO arrival_hour (connection, hour, pushed, found)
    SELECT connection, date_trunc('hour', received_at),
           count(*) FILTER (WHERE origin = 'webhook'), count(*) FILTER (WHERE origin = 'sweep')
    FROM inbox_event
    WHERE received_at >= :since AND received_at < :until AND origin IN ('webhook', 'sweep')
    GROUP BY 1, 2
    ON CONFLICT (connection, hour) DO UPDATE SET
        pushed = excluded.pushed, found = excluded.found
    """
)

_FORGET = text("DELETE FROM arrival_hour WHERE hour < :before")

# The same hour by the clocks of the people, whatever they did to them in between.
_USUAL = text(
    """
    SELECT known.name AS connection, week.back, coalesce(hour.pushed, 0) AS pushed,
           coalesce(hour.found, 0) AS found
    FROM known_connection AS known
    CROSS JOIN generate_series(0, CAST(:weeks AS int)) AS week (back)
    CROSS JOIN LATERAL (
        SELECT date_trunc('hour',
            ((CAST(:hour AS timestamptz) AT TIME ZONE known.timezone)
             - make_interval(days => 7 * week.back)) AT TIME ZONE known.timezone) AS at) AS slot
    CROSS JOIN LATERAL (
        SELECT min(first.hour) AS hour FROM arrival_hour AS first
        WHERE first.connection = known.name) AS beginning
    LEFT JOIN arrival_hour AS hour ON hour.connection = known.name AND hour.hour = slot.at
    WHERE known.capability = 'time_tracking' AND slot.at >= beginning.hour
    ORDER BY known.name, week.back
    """
)

_ALERTS = text("SELECT connection, code, since, pushed FROM watch_alert")

_OPEN = text(
    """
    INSERT INTO watch_alert (connection, code, since, pushed)
    VALUES (:connection, :code, :since, :pushed) ON CONFLICT DO NOTHING
    """
)

_CLOSE = text("DELETE FROM watch_alert WHERE connection = :connection AND code = :code")

_FIRST_SINCE = text(
    """
    SELECT min(received_at) AS at FROM inbox_event
    WHERE connection = :connection AND received_at >= :since
      AND origin = ANY(CASE WHEN :pushed THEN ARRAY['webhook'] ELSE ARRAY['webhook', 'sweep'] END)
    """
)

_LOST = text(
    """
    SELECT connection, count(*) AS versions, count(DISTINCT time_entry_id) AS entries,
           min(noticed_at) AS since
    FROM missing_revision WHERE noticed_at <= :before GROUP BY connection
    """
)

_FORGET_LOST = text("DELETE FROM missing_revision WHERE noticed_at <= :before")


async def counted_until(connection: AsyncConnection) -> datetime | None:
    """Up to which hour arrivals are counted; None before the first time."""
    return (await connection.execute(_COUNTED_UNTIL)).scalar_one_or_none()


async def note(connection: AsyncConnection, until: datetime, now: datetime) -> None:
    """The watch has looked."""
    await connection.execute(_NOTE, {"counted_until": until, "now": now})


async def count_arrivals(
    connection: AsyncConnection, since: datetime, until: datetime, keep: timedelta
) -> None:
    """Count whole hours, and forget those that nobody asks for any more."""
    await connection.execute(_COUNT, {"since": since, "until": until})
    await connection.execute(_FORGET, {"before": until - keep})


async def usual(connection: AsyncConnection, hour: datetime, weeks: int) -> list[Usual]:
    """Each tracker's hour beside those of its earlier weeks, as far back as it is known."""
    found: dict[str, list[Hour]] = {}
    for row in await connection.execute(_USUAL, {"hour": hour, "weeks": weeks}):
        found.setdefault(row.connection, []).append(Hour(row.pushed, row.found))
    return [Usual(name, hours[0], hours[1:]) for name, hours in found.items()]


async def alerts(connection: AsyncConnection) -> list[Alert]:
    """Those that are open."""
    return [Alert(**row) for row in (await connection.execute(_ALERTS)).mappings()]


async def open_alert(connection: AsyncConnection, alert: Alert) -> None:
    """Remember that there is a case; once, however often it is found."""
    await connection.execute(
        _OPEN,
        {
            "connection": alert.connection,
            "code": alert.code,
            "since": alert.since,
            "pushed": alert.pushed,
        },
    )


async def close_alert(connection: AsyncConnection, alert: Alert) -> None:
    """Its case is resolved."""
    await connection.execute(_CLOSE, {"connection": alert.connection, "code": alert.code})


async def first_arrival(connection: AsyncConnection, alert: Alert) -> datetime | None:
    """When something came again, by the way by which it is missed."""
    asked = {"connection": alert.connection, "since": alert.since, "pushed": alert.pushed}
    row = (await connection.execute(_FIRST_SINCE, asked)).one()
    at: datetime | None = row.at
    return at


async def lost(connection: AsyncConnection, now: datetime, after: timedelta) -> list[Lost]:
    """What has not arrived for so long that it is lost; the oldest is forgotten."""
    await connection.execute(_FORGET_LOST, {"before": now - FORGOTTEN_AFTER})
    rows = await connection.execute(_LOST, {"before": now - after})
    return [Lost(**row) for row in rows.mappings()]
