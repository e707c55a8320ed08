"""Notes what the consultant is to be told, in the ledger's own transactions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_json
from process_apis.processes.exceptions.catalogue import CATALOGUE, told
from process_apis.processes.posting.ports import Standing
from process_apis.processes.posting.states import PostingState

# News that nobody has heard yet are no news any more once there are later ones.
_FORGET_OLDER = text(
    """
    DELETE FROM feedback_item
    WHERE state = 'PENDING' AND lease_until IS NULL AND time_entry_id = ANY(:entries)
    """
)

_NOTE = text(
    """
    INSERT INTO feedback_item (id, posting_id, time_entry_id, connection, entry_external_id,
                               outcome, document, reason, state, attempts, due_at, created_at)
    SELECT id, posting_id, time_entry_id, connection, entry_external_id, outcome, document,
           reason, 'PENDING', 0, :now, :now
    FROM jsonb_to_recordset(CAST(:items AS jsonb)) AS item (
        id uuid, posting_id uuid, time_entry_id uuid, connection text, entry_external_id text,
        outcome text, document text, reason text)
    ON CONFLICT (posting_id, outcome) DO NOTHING
    """
)


async def record_feedback(
    transaction: AsyncConnection, standings: Sequence[Standing], now: datetime
) -> None:
    """One item for each posting that is posted, or that only the consultant can mend."""
    items = [item for standing in standings if (item := _item(standing)) is not None]
    if items:
        entries = [item["time_entry_id"] for item in items]
        await transaction.execute(_FORGET_OLDER, {"entries": entries})
        await transaction.execute(_NOTE, {"items": as_json(items), "now": now})


def _item(standing: Standing) -> dict[str, Any] | None:
    if standing.posting_id is None:
        return None
    finding = standing.finding
    outcome, reason = None, None
    if standing.state is PostingState.POSTED:
        outcome = "POSTED"
    elif finding is not None and CATALOGUE[finding.code].tell_consultant:
        facts = {
            "worker": standing.worker,
            "day": standing.work_date.isoformat() if standing.work_date else None,
            **finding.detail,
        }
        outcome, reason = "REJECTED", told(finding.code, facts)[1]
    if outcome is None:
        return None
    return {
        "id": uuid4(),
        "posting_id": standing.posting_id,
        "time_entry_id": standing.time_entry_id,
        "connection": standing.connection,
        "entry_external_id": standing.entry_external_id,
        "outcome": outcome,
        "document": standing.document,
        "reason": reason,
    }
