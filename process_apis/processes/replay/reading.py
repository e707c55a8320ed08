"""Reads replays for programs."""

from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis import cursors
from process_apis.processes.posting.states import PostingState
from process_apis.processes.replay.schemas import (
    Replay,
    ReplayDetail,
    ReplayLinePage,
    ReplayLineView,
    ReplayPage,
)
from process_apis.processes.replay.states import JobState, LineOutcome
from shared.problems import NotFound

_DONE = "sent_on + still_fails + waits + changed + gone AS done"
_COLUMNS = ", ".join(_DONE if name == "done" else name for name in Replay.model_fields)

_ONE = text(f"SELECT {_COLUMNS} FROM replay_job WHERE id = :id")  # noqa: S608 - our own columns

_POSTINGS = text(
    """
    SELECT posting.state, count(*) AS total
    FROM replay_line AS line JOIN posting ON posting.id = line.posting_id
    WHERE line.job_id = :id GROUP BY posting.state ORDER BY posting.state
    """
)

_PAGE = text(
    f"""
    SELECT {_COLUMNS} FROM replay_job
    WHERE (CAST(:state AS text) IS NULL OR state = :state)
      AND (CAST(:before AS timestamptz) IS NULL
           OR (started_at, id) < (:before, CAST(:before_id AS uuid)))
    ORDER BY started_at DESC, id DESC LIMIT :limit
    """  # noqa: S608 - our own column names
)

_LINES = text(
    """
    SELECT line.posting_id, entry.external_id AS entry_external_id, line.outcome,
           posting.state AS posting_state, posting.code
    FROM replay_line AS line JOIN posting ON posting.id = line.posting_id
    JOIN time_entry AS entry ON entry.id = posting.time_entry_id
    WHERE line.job_id = :id AND (CAST(:outcome AS text) IS NULL OR line.outcome = :outcome)
      AND (CAST(:after AS uuid) IS NULL OR line.posting_id > :after)
    ORDER BY line.posting_id LIMIT :limit
    """
)


def replay_of(row: RowMapping) -> Replay:
    """A row as it is shown."""
    return Replay.model_validate(dict(row))


async def one(connection: AsyncConnection, job_id: UUID) -> Replay:
    """One replay.

    :raises NotFound: there is none with this id.
    """
    row = (await connection.execute(_ONE, {"id": job_id})).mappings().first()
    if row is None:
        raise NotFound(f"There is no replay {job_id}.")
    return replay_of(row)


async def detail(connection: AsyncConnection, job_id: UUID) -> ReplayDetail:
    """One replay, with where its postings stand.

    :raises NotFound: there is none with this id.
    """
    replay = await one(connection, job_id)
    rows = await connection.execute(_POSTINGS, {"id": job_id})
    postings = {PostingState(row.state): row.total for row in rows}
    return ReplayDetail(**replay.model_dump(), postings=postings)


async def page(
    connection: AsyncConnection, state: JobState | None, cursor: str | None, limit: int
) -> ReplayPage:
    """One page of replays, the latest first."""
    before = cursors.decode(cursor)
    rows = await connection.execute(
        _PAGE,
        {
            "state": state,
            "before": before[0] if before else None,
            "before_id": before[1] if before else None,
            "limit": limit,
        },
    )
    replays = [replay_of(row) for row in rows.mappings()]
    last = replays[-1] if len(replays) == limit else None
    return ReplayPage(
        replays=replays, next_cursor=cursors.encode(last.started_at, last.id) if last else None
    )


async def lines(
    connection: AsyncConnection,
    job_id: UUID,
    outcome: LineOutcome | None,
    after: UUID | None,
    limit: int,
) -> ReplayLinePage:
    """One page of a replay's lines.

    :raises NotFound: there is no such replay.
    """
    await one(connection, job_id)
    asked = {"id": job_id, "outcome": outcome, "after": after, "limit": limit}
    rows = await connection.execute(_LINES, asked)
    found = [ReplayLineView.model_validate(dict(row)) for row in rows.mappings()]
    full = len(found) == limit
    return ReplayLinePage(lines=found, next_after=found[-1].posting_id if full else None)
