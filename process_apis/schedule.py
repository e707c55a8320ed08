"""What is due right now, found in the tables: whatever no ring announced comes up here."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import text

from process_apis.doorbell import Stage
from process_apis.draining import finish_drains
from process_apis.processes.approvals import automatic
from process_apis.processes.connections import gates
from process_apis.processes.connections import store as connections
from process_apis.processes.connections.states import Mode
from process_apis.processes.exceptions.escalating import escalate
from process_apis.processes.intake import store as inbox
from process_apis.processes.intake.steps import STAGE_OF
from process_apis.processes.intake.tables import EventKind
from process_apis.processes.master_data import steps as master_data
from process_apis.processes.posting import breaker, waking
from process_apis.processes.posting.readback import IS_DECIDABLE
from process_apis.processes.pushing import store as pushing
from process_apis.processes.repairing import plans
from process_apis.processes.repairing import store as repairing
from process_apis.processes.watching import steps as watching
from process_apis.runtime import Runtime
from process_apis.upstream.connections import Connection
from shared.problems import TimepostProblem

_log = structlog.get_logger("timepost.worker")

Due = tuple[Stage, str]

_DUE = text(
    f"""
    SELECT 'send' AS stage, target_connection AS connection FROM posting
      WHERE state = 'READY' AND due_at <= :now
        AND NOT EXISTS (SELECT 1 FROM connection_gate AS gate
                        WHERE gate.connection = target_connection AND {gates.SHUT})
    UNION SELECT 'correct', target_connection FROM posting AS reversal
      WHERE kind = 'REVERSAL' AND state = 'RECEIVED' AND due_at <= :now AND {IS_DECIDABLE}
        AND NOT EXISTS (SELECT 1 FROM connection_gate AS gate
                        WHERE gate.connection = target_connection AND {gates.SHUT})
    UNION SELECT 'look-up', target_connection FROM posting
      WHERE state IN ('SENDING', 'IN_DOUBT') AND due_at <= :now
        AND NOT EXISTS (SELECT 1 FROM connection_gate AS gate
                        WHERE gate.connection = target_connection
                          AND (gate.mode = 'PAUSED' OR gate.circuit <> 'CLOSED'))
    UNION SELECT 'probe', connection FROM connection_gate AS gate WHERE {gates.PROBE_DUE}
    UNION SELECT 'validate', '' FROM posting WHERE state = 'RECEIVED' AND kind <> 'REVERSAL'
    UNION SELECT 'validate', '' FROM time_entry WHERE posting_due
    UNION SELECT 'validate', '' FROM posting WHERE day_open
    UNION SELECT 'feedback', connection FROM feedback_item
      WHERE state = 'PENDING' AND due_at <= :now
        AND (lease_until IS NULL OR lease_until <= :now)
        AND NOT EXISTS (SELECT 1 FROM connection_gate AS gate
                        WHERE gate.connection = feedback_item.connection AND {gates.STOPPED})
    UNION SELECT 'push', tracker FROM master_push
      WHERE state = 'PENDING' AND due_at <= :now AND (lease_until IS NULL OR lease_until <= :now)
        AND NOT EXISTS (SELECT 1 FROM connection_gate AS gate
                        WHERE gate.connection = tracker AND {gates.STOPPED})
    UNION SELECT 'repair', connection FROM master_repair
      WHERE state = 'PENDING' AND due_at <= :now AND (lease_until IS NULL OR lease_until <= :now)
        AND NOT EXISTS (SELECT 1 FROM connection_gate AS gate
                        WHERE gate.connection = master_repair.connection AND {gates.STOPPED})
    UNION SELECT 'replay', '' FROM replay_job
      WHERE state IN ('PENDING', 'RUNNING') AND (lease_until IS NULL OR lease_until <= :now)
    UNION SELECT 'masters', connection FROM master_data_run WHERE status = 'RUNNING'
    UNION SELECT 'watch', '' WHERE NOT EXISTS (
      SELECT 1 FROM watch_state WHERE last_run_at > :watched_before)
    """  # noqa: S608 - our own fragment
)

_LAST_SWEEP = text("SELECT connection, last_run_at AS at FROM sweep_state")
_LAST_COMPARISON = text("SELECT connection, last_run_at AS at FROM week_comparison")
_LAST_MASTERS = text(
    "SELECT name AS connection, (SELECT max(started_at) FROM master_data_run"
    " WHERE connection = name AND NOT dry_run) AS at FROM known_connection"
)
# A system has told of changes since its masters were last read. Some tell of each in a delivery of
# its own: a few seconds of them are read together.
_HINTED = text(
    """
    SELECT name FROM known_connection WHERE hinted_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM master_data_run AS run WHERE run.connection = name AND NOT run.dry_run
          AND run.started_at > least(hinted_at, CAST(:together AS timestamptz)))
    """
)
_TOGETHER = timedelta(seconds=10)


async def due(runtime: Runtime) -> list[Due]:
    """Stages to work on, each with its connection."""
    now = runtime.clock.now()
    found: list[Due] = []
    await breaker.keep_incidents_current(runtime.ledger)
    await finish_drains(runtime.database, now)
    await escalate(runtime.database, now)
    if await waking.wake_sleepers(runtime.database, runtime.clock):
        found.append((Stage.VALIDATE, ""))
    async with runtime.database.transaction() as transaction:
        rows = await transaction.execute(_DUE, {"now": now, "watched_before": now - watching.EVERY})
        found += [(Stage(row.stage), row.connection) for row in rows]
        found += [
            (Stage.APPROVE, name) for name in await automatic.due(transaction, runtime.approvals)
        ]
        found += [
            (Stage.REPAIR, name)
            for name in [
                *await plans.due(transaction, runtime.ownership.repairs, now),
                *await repairing.abandoned(transaction, runtime.ownership.repairs),
            ]
        ]
        found += [
            (Stage.PUSH, name) for name in await pushing.to_plan(transaction, runtime.pusher.pairs)
        ]
        hints = await inbox.connections_due(transaction, now)
        found += [(STAGE_OF[EventKind(kind)], name) for name, kind in hints]
    return found + await _scheduled(runtime, now)


async def _scheduled(runtime: Runtime, now: datetime) -> list[Due]:
    settings = runtime.settings
    known = await _connections(runtime, now)
    async with runtime.database.transaction() as transaction:
        swept = {row.connection: row.at for row in await transaction.execute(_LAST_SWEEP)}
        compared = {row.connection: row.at for row in await transaction.execute(_LAST_COMPARISON)}
        read = {row.connection: row.at for row in await transaction.execute(_LAST_MASTERS)}
        flows = await gates.all_of(transaction)
        together = {"together": now - _TOGETHER}
        hinted = {row.name for row in await transaction.execute(_HINTED, together)}
    masters = [(Stage.MASTERS, read, settings.masters_every_seconds)]
    plans = {
        "time_tracking": [
            (Stage.SWEEP, swept, settings.sweep_every_seconds),
            (Stage.COMPARE, compared, settings.compare_every_seconds),
        ],
        **dict.fromkeys(("erp", "hcm", "crm", "directory"), masters),
    }
    found = []
    for each in known:
        flow = flows.get(each.name)
        if each.capability == "time_tracking" and flow and flow.mode is not Mode.RUNNING:
            continue
        for stage, last, every in plans.get(each.capability, ()):
            at = last.get(each.name)
            told = stage is Stage.MASTERS and each.name in hinted
            if at is None or told or now - at >= timedelta(seconds=every):
                found.append((stage, each.name))
    return found


async def _connections(runtime: Runtime, now: datetime) -> list[Connection]:
    """As last learned; learned anew when that was long ago, or while one side is missing."""
    async with runtime.database.transaction() as transaction:
        known = await connections.known(transaction)
        learned_at = await connections.learned_at(transaction)
    every = timedelta(seconds=runtime.settings.masters_every_seconds)
    whole = {each.capability for each in known} >= {"time_tracking", "erp"}
    if whole and learned_at is not None and now - learned_at < every:
        return known
    try:
        return await master_data.learn_connections(runtime.librarian)
    except TimepostProblem as problem:
        _log.warning("connections_not_learned", code=problem.code, detail=problem.detail)
        return known
