"""What stewards have to know of the drifts that nobody has settled."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.master_data.code_drift.rules import Drift

# Whatever no entry was ever bound to is in the list, and no reason to call anybody.
_OPEN = text(
    """
    SELECT drift.drift, count(*) AS records FROM code_drift AS drift
    WHERE drift.connection = :connection AND drift.state = 'OPEN'
      AND (drift.drift = 'REUSED' OR EXISTS (
          SELECT FROM binding WHERE binding.canonical_id = drift.record_id
            AND binding.origin <> 'owner' AND binding.archived_at IS NULL))
    GROUP BY drift.drift ORDER BY drift.drift
    """
)
WORDS = {
    Drift.RENAMED: "renamed",
    Drift.REUSED: "given to another record",
    Drift.DELETED: "deleted",
    Drift.REPARENTED: "moved",
}


async def said(transaction: AsyncConnection, connection: str) -> str | None:
    """How many records of a connection drifted, and how; None if all of that is settled."""
    rows = (await transaction.execute(_OPEN, {"connection": connection})).all()
    return ", ".join(f"{row.records} {WORDS[Drift(row.drift)]}" for row in rows) or None
