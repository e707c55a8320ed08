"""One route with the counts that tell whether work flows."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import TheDatabase
from process_apis.processes.connections.states import Circuit, Mode
from shared.identity import requires
from shared.web import throttled

router = APIRouter(prefix="/v1", tags=["status"])


class Lag(BaseModel):
    """From the approver's decision to the line in the ERP, in milliseconds."""

    p50: float | None
    p95: float | None


class Flowing(BaseModel):
    """Whether anything goes through one connection."""

    mode: Mode
    circuit: Circuit
    since: datetime | None = Field(description="When it was paused, or stopped working.")
    waiting: int = Field(default=0, description="Postings that could be sent.")
    on_their_way: int = Field(default=0, description="Postings that are sent or in doubt.")


class Status(BaseModel):
    """Counts over everything that this installation holds."""

    entries: dict[str, int] = Field(description="By state.")
    postings: dict[str, int] = Field(description="By state.")
    postings_minutes: dict[str, int] = Field(description="By state, in minutes.")
    open_cases: dict[str, int] = Field(description="By code.")
    inbox_pending: int
    posting_due: int = Field(description="Changed entries the sub-ledger has not looked at yet.")
    feedback: dict[str, int] = Field(description="By state.")
    quarantined: int
    counters: dict[str, dict[str, int]] = Field(
        description="By connection: what arrived but changed nothing, by reason."
    )
    connections: dict[str, Flowing] = Field(
        description="Connections through which something waits, or that do not simply run."
    )
    lag_ms: Lag


_COUNTS = {
    "entries": "SELECT state AS name, count(*) AS total FROM time_entry GROUP BY state",
    "postings": "SELECT state AS name, count(*) AS total FROM posting GROUP BY state",
    "postings_minutes": "SELECT state AS name, sum(minutes) AS total FROM posting GROUP BY state",
    "open_cases": "SELECT code AS name, count(*) AS total FROM exception_case"
    " WHERE resolved_at IS NULL GROUP BY code",
    "feedback": "SELECT state AS name, count(*) AS total FROM feedback_item GROUP BY state",
}
_TOTALS = {
    "inbox_pending": "SELECT count(*) FROM inbox_event WHERE status <> 'DONE'",
    "posting_due": "SELECT count(*) FROM time_entry WHERE posting_due",
    "quarantined": "SELECT count(*) FROM quarantined_delivery WHERE status = 'HELD'",
}
_FLOWING = text(
    """
    SELECT coalesce(gate.connection, here.connection) AS name, gate.mode, gate.circuit,
           coalesce(gate.failing_since, gate.mode_since) AS since,
           coalesce(here.waiting, 0) AS waiting, coalesce(here.on_their_way, 0) AS on_their_way
    FROM (SELECT * FROM connection_gate WHERE mode <> 'RUNNING' OR circuit <> 'CLOSED') AS gate
    FULL JOIN (
        SELECT target_connection AS connection,
               count(*) FILTER (WHERE state = 'READY') AS waiting,
               count(*) FILTER (WHERE state <> 'READY') AS on_their_way
        FROM posting WHERE state IN ('READY', 'SENDING', 'IN_DOUBT') GROUP BY 1) AS here
      ON here.connection = gate.connection
    """
)
_COUNTERS = text("SELECT connection, reason, total FROM intake_count")
_LAG = text(
    """
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY lag) AS p50,
           percentile_cont(0.95) WITHIN GROUP (ORDER BY lag) AS p95
    FROM (SELECT 1000 * extract(epoch FROM posted_at - approved_at) AS lag
          FROM posting WHERE posted_at IS NOT NULL AND approved_at IS NOT NULL) AS lags
    """
)


@router.get(
    "/status",
    operation_id="read_status",
    summary="How much stands where",
    description="Counts of entries, postings, cases and waiting work, and the lag to the ERP.",
    dependencies=[requires("status:read")],
)
@throttled("1200/minute")
async def read_status(database: TheDatabase) -> Status:
    async with database.transaction() as transaction:
        counts = {
            name: await _counts(transaction, statement) for name, statement in _COUNTS.items()
        }
        totals = {
            name: (await transaction.execute(text(statement))).scalar_one()
            for name, statement in _TOTALS.items()
        }
        counters: dict[str, dict[str, int]] = {}
        for row in await transaction.execute(_COUNTERS):
            counters.setdefault(row.connection, {})[row.reason] = row.total
        flowing = {
            row.name: Flowing(
                mode=row.mode or Mode.RUNNING,
                circuit=row.circuit or Circuit.CLOSED,
                since=row.since,
                waiting=row.waiting,
                on_their_way=row.on_their_way,
            )
            for row in await transaction.execute(_FLOWING)
        }
        lag = (await transaction.execute(_LAG)).one()
        lag_ms = Lag(p50=lag.p50, p95=lag.p95)
        return Status(**counts, **totals, counters=counters, connections=flowing, lag_ms=lag_ms)


async def _counts(connection: AsyncConnection, statement: str) -> dict[str, int]:
    rows = await connection.execute(text(statement))
    return {row.name: int(row.total) for row in rows}
