"""Our own writing comes back: a tracker's webhook fires for what feedback changed in the entry.

An echo whose content is the same as before changes nothing; it is only counted apart. An echo that
changed the content is a version like any other, and leads to something else to tell: a loop, which
ends here, after some rounds, with a case.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# Long enough for the next sweep, where nothing but sweeps tells of changes.
ECHO_WITHIN = timedelta(minutes=10)
# A person may mend what they were told about within minutes, but hardly so many times a day.
MOST_ROUNDS = 5
_COUNTED_OVER = timedelta(days=1)

_TOLD = text(
    "SELECT DISTINCT time_entry_id FROM feedback_item"
    " WHERE time_entry_id = ANY(:ids) AND told_at > :since AND state <> 'UNSUPPORTED'"
)

_IN_A_LOOP = text(
    """
    SELECT told.time_entry_id FROM feedback_item AS told
    JOIN time_entry_version AS echo
      ON echo.time_entry_id = told.time_entry_id AND echo.version > 1
     AND echo.observed_at >= told.told_at AND echo.observed_at < told.told_at + :within
    WHERE told.time_entry_id = ANY(:ids) AND told.told_at > :since AND told.state = 'DELIVERED'
    GROUP BY told.time_entry_id HAVING count(DISTINCT echo.version) >= :rounds
    """
)


async def told_lately(
    connection: AsyncConnection, entries: Collection[UUID], now: datetime
) -> set[UUID]:
    """Those of these entries whose tracker was told something a short while ago."""
    rows = await connection.execute(_TOLD, {"ids": list(entries), "since": now - ECHO_WITHIN})
    return {row.time_entry_id for row in rows}


async def in_a_loop(
    connection: AsyncConnection, entries: Collection[UUID], now: datetime
) -> set[UUID]:
    """Those that changed again and again just after their tracker was told something."""
    rows = await connection.execute(
        _IN_A_LOOP,
        {
            "ids": list(entries),
            "since": now - _COUNTED_OVER,
            "within": ECHO_WITHIN,
            "rounds": MOST_ROUNDS,
        },
    )
    return {row.time_entry_id for row in rows}
