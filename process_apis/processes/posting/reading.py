"""Reads the sub-ledger for programs."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis import cursors
from process_apis.processes.posting.schemas import PostingPage, PostingView
from process_apis.processes.posting.states import PostingState

_COLUMNS = ", ".join(PostingView.model_fields)

_PAGE = text(
    f"""
    SELECT {_COLUMNS} FROM posting
    WHERE (CAST(:state AS text) IS NULL OR state = :state)
      AND (CAST(:connection AS text) IS NULL OR target_connection = :connection)
      AND (CAST(:entry AS uuid) IS NULL OR time_entry_id = :entry)
      AND (CAST(:before AS timestamptz) IS NULL
           OR (updated_at, id) < (:before, CAST(:before_id AS uuid)))
    ORDER BY updated_at DESC, id DESC LIMIT :limit
    """  # noqa: S608 - our own column names
)


async def page(
    connection: AsyncConnection,
    *,
    state: PostingState | None,
    target: str | None,
    entry: UUID | None,
    cursor: str | None,
    limit: int,
) -> PostingPage:
    """One page of postings, last changed first."""
    before = cursors.decode(cursor)
    rows = await connection.execute(
        _PAGE,
        {
            "state": state,
            "connection": target,
            "entry": entry,
            "before": before[0] if before else None,
            "before_id": before[1] if before else None,
            "limit": limit,
        },
    )
    postings = [PostingView.model_validate(dict(row)) for row in rows.mappings()]
    full = len(postings) == limit
    following = cursors.encode(postings[-1].updated_at, postings[-1].id) if full else None
    return PostingPage(postings=postings, next_cursor=following)
