"""The circuit breaker of a connection to an ERP, shared by all workers, and its one incident.

A call that comes to nothing as a whole is no fault of the postings in it: they stay READY and
pay nothing for it. It is the connection that waits, and one case speaks for all that wait.
"""

import random
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.connections import gates, rules
from process_apis.processes.connections.rules import Failure, Gate, Trial
from process_apis.processes.connections.states import CallKind, Circuit, FailureKind
from process_apis.processes.posting.health import Health
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.ports import Incident
from process_apis.processes.posting.readback import IS_DECIDABLE

_log = structlog.get_logger("timepost.connections")

# A reversal waits from when its line is to be read; the hours of it are negative.
_WAITING = text(
    f"""
    SELECT count(*) AS postings, coalesce(sum(abs(minutes)), 0) AS minutes
    FROM posting AS reversal
    WHERE target_connection = :erp
      AND (state IN ('READY', 'SENDING', 'IN_DOUBT')
           OR kind = 'REVERSAL' AND state = 'RECEIVED' AND {IS_DECIDABLE})
    """  # noqa: S608 - our own fragment
)


async def note(
    ledger: Ledger, erp: str, call_kind: CallKind, token: UUID, size: int, health: Health
) -> Gate:
    """Let the connection's gate know what came of a call; returns the gate as it is now."""
    async with ledger.database.transaction() as transaction:
        now = ledger.clock.now()
        trial = Trial(call_kind, token, size, now)

        def step(gate: Gate) -> Gate:
            if health.failure is None:
                return rules.after_answer(gate, trial)
            pause = _pause(ledger, gate, health.failure)
            if health.answered:
                return rules.after_throttling(gate, health.failure, trial, pause)
            return rules.after_failure(gate, health.failure, trial, pause)

        before, after = await gates.change(transaction, erp, now, step)
        await _tell(transaction, ledger, before, after, now)
        return after


async def keep_incidents_current(ledger: Ledger) -> None:
    """Bring the figures of incidents up to date; end those for which nothing waits any more."""
    async with ledger.database.transaction() as transaction:
        now = ledger.clock.now()
        for erp, gate in (await gates.all_of(transaction)).items():
            if gate.circuit is Circuit.CLOSED:
                continue
            waiting = (await transaction.execute(_WAITING, {"erp": erp})).one()
            if waiting.postings:
                await _tell(transaction, ledger, gate, gate, now)
            elif gate.circuit is Circuit.OPEN:
                before, after = await gates.change(transaction, erp, now, rules.nothing_waits)
                await _tell(transaction, ledger, before, after, now)


def _pause(ledger: Ledger, gate: Gate, failure: Failure) -> timedelta:
    timing = ledger.timing
    ceiling = rules.pause_after(gate.failures + 1, timing.outage_pause, timing.outage_most)
    if failure.kind is FailureKind.THROTTLED and failure.retry_after:
        # It said itself when to come back. A little later, or all that wait come at once.
        ceiling = failure.retry_after * 1.2
    # Spread over the upper half, so that hosts which failed together do not return together.
    return timedelta(seconds=random.uniform(ceiling / 2, ceiling))  # noqa: S311 - no secret


async def _tell(
    transaction: AsyncConnection, ledger: Ledger, before: Gate, after: Gate, now: datetime
) -> None:
    """Open, update or resolve the incident, and write down what happened to the connection."""
    if after.circuit is not Circuit.CLOSED:
        if before.circuit is Circuit.CLOSED:
            _log.warning("connection_stopped", connection=after.connection, said=after.said)
            detail = {"said": after.said, "failures": after.failures}
            await gates.note(transaction, after.connection, "stopped working", now, detail=detail)
        await _tell_incident(transaction, ledger, after, now, over=None)
    elif before.circuit is not Circuit.CLOSED:
        over = _over(before, now)
        _log.info("connection_works_again", connection=after.connection)
        await gates.note(
            transaction, after.connection, "works again", now, detail={"because": over}
        )
        await _tell_incident(transaction, ledger, before, now, over)


async def _tell_incident(
    transaction: AsyncConnection, ledger: Ledger, gate: Gate, now: datetime, over: str | None
) -> None:
    waiting = (await transaction.execute(_WAITING, {"erp": gate.connection})).one()
    incident = Incident(
        connection=gate.connection,
        code="IO_UNAVAILABLE",
        since=gate.failing_since or now,
        said=gate.said or "",
        postings=waiting.postings,
        minutes=int(waiting.minutes),
        over=over,
    )
    await ledger.listeners.tell_incident(transaction, incident, now)


def _over(gate: Gate, now: datetime) -> str:
    minutes = int((now - (gate.failing_since or now)).total_seconds() // 60)
    span = f"{minutes} minute{'' if minutes == 1 else 's'}" if minutes else "less than a minute"
    return f"{gate.connection} works again since {now:%H:%M} UTC, after {span}"
