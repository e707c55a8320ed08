"""Has what is ready judged again when another version of its mapping is published."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.lineage import store as lineage
from process_apis.processes.mapping.keys import MAPPING
from process_apis.processes.posting.transitions import Event, sources

# What was ever sent keeps what it was sent with, and what is being claimed right now goes. What
# finance holds back stays held.
_JUDGE_AGAIN = text(
    """
    WITH published AS (
        SELECT id, tracker, target, :mapping || ':' || tracker || ':' || target AS key
        FROM mapping_version WHERE state = 'PUBLISHED'
    ), ready AS (
        SELECT posting.id, published.key FROM posting
        JOIN published ON published.tracker = posting.source_connection
         AND published.target = posting.target_connection
        WHERE published.key = ANY(:keys)
          AND posting.state = 'READY' AND posting.state = ANY(:sources)
          AND posting.kind <> 'REVERSAL' AND posting.operation = 'post'
          AND posting.attempts + posting.attempts_before = 0
          AND posting.mapping_id IS DISTINCT FROM published.id
        ORDER BY posting.id FOR UPDATE OF posting SKIP LOCKED
    )
    UPDATE posting SET state = 'RECEIVED', updated_at = :now
    FROM ready WHERE posting.id = ready.id
    RETURNING posting.id, posting.time_entry_id, ready.key
    """
)


async def judge_ready_again(
    transaction: AsyncConnection, news: Mapping[str, str], now: datetime
) -> None:
    """By the keys of mappings that are among the news, if there are any."""
    keys = [key for key in news if key.startswith(f"{MAPPING}:")]
    if not keys:
        return
    asked = {"mapping": MAPPING, "keys": keys, "now": now}
    rows = await transaction.execute(
        _JUDGE_AGAIN, {**asked, "sources": sources(Event.JUDGED_AGAIN)}
    )
    steps = [
        lineage.Step(
            row.time_entry_id, "judged again", now, row.id, detail={"reason": news[row.key]}
        )
        for row in rows
    ]
    await lineage.record(transaction, steps)
