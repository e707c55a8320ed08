"""Reads the sub-ledger for programs."""

from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis import cursors
from process_apis.processes.posting.schemas import PostingPage, PostingView
from process_apis.processes.posting.states import PostingState
from process_apis.processes.time_entries.display import STATUS_COLUMNS, status_of
from shared.problems import NotFound

_OWN = [name for name in PostingView.model_fields if name != "entry_status"]
_COLUMNS = ", ".join(f"page.{name}" for name in _OWN)

# One page first: what an entry's status is derived from is read for the page only.
_PAGE = text(
    f"""
    WITH page AS MATERIALIZED (
        SELECT * FROM posting
        WHERE (CAST(:state AS text) IS NULL OR state = :state)
          AND (CAST(:connection AS text) IS NULL OR target_connection = :connection)
          AND (CAST(:entry AS uuid) IS NULL OR time_entry_id = :entry)
          AND (CAST(:id AS uuid) IS NULL OR id = :id)
          AND (CAST(:before AS timestamptz) IS NULL
               OR (updated_at, id) < (:before, CAST(:before_id AS uuid)))
        ORDER BY updated_at DESC, id DESC LIMIT :limit
    )
    SELECT {_COLUMNS}, {STATUS_COLUMNS}
    FROM page JOIN time_entry AS entry ON entry.id = page.time_entry_id
    ORDER BY page.updated_at DESC, page.id DESC
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
            "id": None,
            "before": before[0] if before else None,
            "before_id": before[1] if before else None,
            "limit": limit,
        },
    )
    postings = [_view(row) for row in rows.mappings()]
    full = len(postings) == limit
    following = cursors.encode(postings[-1].updated_at, postings[-1].id) if full else None
    return PostingPage(postings=postings, next_cursor=following)


async def one(connection: AsyncConnection, posting_id: UUID) -> PostingView:
    """
    :raises NotFound: there is none with this id.
    """
    nothing_else = dict.fromkeys(("state", "connection", "entry", "before", "before_id"))
    rows = await connection.execute(_PAGE, {**nothing_else, "id": posting_id, "limit": 1})
    row = rows.mappings().first()
    if row is None:
        raise NotFound(f"There is no posting {posting_id}.")
    return _view(row)


def _view(row: RowMapping) -> PostingView:
    return PostingView.model_validate({**row, "entry_status": status_of(dict(row))})
