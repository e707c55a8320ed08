"""Ends drains: what is on its way through a connection is only known across all processes."""

from datetime import datetime

from sqlalchemy import text

from process_apis.database import Database
from process_apis.processes.connections import gates, rules

# Of an outcome that only a person can find out nobody waits: it may take days. Whatever is
# leased from an inbox or for a tracker comes back by itself when the lease ends.
_DRAINED = text(
    """
    SELECT connection FROM connection_gate AS gate WHERE mode = 'DRAINING'
      AND NOT EXISTS (
          SELECT 1 FROM posting WHERE target_connection = gate.connection
            AND state IN ('SENDING', 'IN_DOUBT') AND code IS DISTINCT FROM 'IO_IN_DOUBT')
      AND NOT EXISTS (
          SELECT 1 FROM inbox_event WHERE connection = gate.connection
            AND status = 'CLAIMED' AND lease_until > :now)
      AND NOT EXISTS (
          SELECT 1 FROM feedback_item WHERE connection = gate.connection
            AND state = 'PENDING' AND lease_until > :now)
    """
)


async def finish_drains(database: Database, now: datetime) -> None:
    """Pause the connections through which nothing is on its way any more."""
    async with database.transaction() as transaction:
        for row in (await transaction.execute(_DRAINED, {"now": now})).all():
            before, after = await gates.change(
                transaction, row.connection, now, lambda gate: rules.drained(gate, now)
            )
            if before != after:
                await gates.note(transaction, row.connection, "drained", now)
