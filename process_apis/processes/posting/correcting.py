"""Decides how each reversal is carried out: by what the ERP can do, and by the line as it stands.

A reversal is looked at only once its replacement is known to be valid. The line is read back from
the ERP right before: whether an invoice holds it decides, and what stands there is what is taken
back, even if somebody changed it meanwhile. Nothing is sent here; what is decided becomes READY.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import TextClause, text

from process_apis.database import as_dicts
from process_apis.processes.connections import gates
from process_apis.processes.connections.states import CallKind, Circuit
from process_apis.processes.master_data import keys
from process_apis.processes.master_data.references import Desk
from process_apis.processes.posting import breaker, corrected, lanes, rules, unread
from process_apis.processes.posting.corrected import Decision, key_of
from process_apis.processes.posting.decisions import Path, decided
from process_apis.processes.posting.findings import Finding
from process_apis.processes.posting.health import Health, after_problem
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.outcomes import LABELS
from process_apis.processes.posting.periods import Period, accounting_date, is_open
from process_apis.processes.posting.readback import IS_DECIDABLE, Reading, read_back
from process_apis.processes.posting.states import Operation, PostingState
from process_apis.processes.posting.strategy import Situation, Strategy, choose
from process_apis.upstream.erp import (
    Charge,
    ErpAbilities,
    PeriodStatus,
    PostedLine,
    PostingRequest,
)
from shared.problems import TimepostProblem
from shared.stop_points import StopPoint, reached

BATCH = 200

_CLAIM = f"""
    WITH due AS (
        SELECT reversal.id FROM posting AS reversal
        WHERE reversal.kind = 'REVERSAL' AND reversal.state = 'RECEIVED'
          AND reversal.target_connection = :erp AND reversal.due_at <= :now AND {IS_DECIDABLE}
          AND {{gate}}
        ORDER BY reversal.due_at, reversal.id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE posting AS reversal SET due_at = :lease_until, lease_token = :token,
        lookups = reversal.lookups + 1
    FROM due, posting AS standing, time_entry AS entry, time_entry_version AS version
    WHERE reversal.id = due.id AND standing.id = reversal.reverses_id
      AND entry.id = reversal.time_entry_id
      AND version.time_entry_id = reversal.time_entry_id AND version.version = reversal.version
    RETURNING reversal.id, reversal.time_entry_id, reversal.version, reversal.leg, reversal.round,
        reversal.source_connection, reversal.target_connection, reversal.posting_key,
        reversal.attempts + reversal.attempts_before AS ever_attempted, reversal.carrier,
        reversal.serves_version, reversal.correction_group, reversal.decision,
        reversal.work_date, reversal.minutes, reversal.woken_by, reversal.lookups,
        entry.external_id,
        standing.id AS standing_id, standing.posting_key AS standing_key,
        standing.external_id AS line_id, standing.request AS standing_request,
        coalesce(standing.decision ? 'linked', false) AS standing_linked,
        standing.accounting_date AS standing_date, standing.code AS standing_code, {LABELS}
    """  # noqa: S608 - our own SQL
_CLAIM_IF_OPEN = text(
    _CLAIM.format(
        gate=f"""NOT EXISTS (SELECT 1 FROM connection_gate AS gate
            WHERE gate.connection = :erp AND {gates.SHUT})"""  # noqa: S608 - our own fragment
    )
)
_CLAIM_PROBE = text(_CLAIM.format(gate="true"))


@dataclass(frozen=True)
class Decided:
    """What deciding on a batch came to.

    :param judge: replacements wait to be judged, because of that.
    """

    judge: bool
    health: Health


async def decide(ledger: Ledger, erp: str) -> Decided | None:
    """Decide on one batch of reversals at an ERP connection; None if none could be decided on.

    An ERP that does not tell how its lines stand is noted as one that takes no postings is: they
    are asked for again, and the connection's incident speaks for those that wait.
    """
    token = uuid4()
    rows = await _claim(ledger, erp, token, BATCH, _CLAIM_IF_OPEN)
    decided = await _decide(ledger, erp, token, rows) if rows else None
    return decided if decided is not None and decided.health.failure is None else None


async def decide_as_probe(ledger: Ledger, erp: str, token: UUID, limit: int) -> Decided:
    """Decide on a few for whoever holds the connection's probe."""
    rows = await _claim(ledger, erp, token, limit, _CLAIM_PROBE)
    if not rows:
        return Decided(judge=False, health=Health(answered=False))
    return await _decide(ledger, erp, token, rows, is_probe=True)


async def _claim(
    ledger: Ledger, erp: str, token: UUID, limit: int, statement: TextClause
) -> list[dict[str, Any]]:
    async with ledger.database.transaction() as transaction:
        now = ledger.clock.now()
        asked = {"erp": erp, "now": now, "limit": limit, "token": token}
        # A worker that is killed until then has changed nothing.
        lease_until = now + ledger.timing.lease_span
        claimed = await transaction.execute(statement, {**asked, "lease_until": lease_until})
        return as_dicts(claimed)


async def _decide(
    ledger: Ledger,
    erp: str,
    token: UUID,
    rows: Sequence[Mapping[str, Any]],
    *,
    is_probe: bool = False,
) -> Decided:
    reached(StopPoint.REVERSAL_CLAIMED)
    try:
        abilities = await ledger.abilities(erp)
        readings = await read_back(ledger, erp, rows, abilities)
    except TimepostProblem as problem:
        health = Health(answered=False, failure=after_problem(problem))
        stopped = False
        if is_probe or not unread.are_told_of(rows):
            gate = await breaker.note(ledger, erp, CallKind.LOOK_UP, token, len(rows), health)
            stopped = gate.circuit is not Circuit.CLOSED
        failed = [Reading(row, problem=problem) for row in rows]
        await unread.give_back(ledger, token, failed, stopped=stopped)
        return Decided(judge=False, health=health)
    # One that cannot be asked for its lines has answered nothing.
    health = Health(answered=abilities.readback)
    if health.answered:
        await breaker.note(ledger, erp, CallKind.LOOK_UP, token, len(rows), health)
    bad = [each for each in readings if each.problem is not None]
    if bad:
        await unread.give_back(ledger, token, bad, stopped=False)
    async with ledger.database.transaction() as transaction:
        now = ledger.clock.now()
        desk = await Desk.open(transaction, now)
        await desk.read_periods(erp)
        decisions = [
            _decide_one(each.row, each.lines, abilities, desk, now.date())
            for each in readings
            if each.problem is None
        ]
        await corrected.write(transaction, ledger, token, decisions, now)
    reached(StopPoint.REVERSAL_DECIDED)
    return Decided(any(each.has_replacement_judged for each in decisions), health)


def _decide_one(
    row: Mapping[str, Any],
    lines: Sequence[PostedLine],
    abilities: ErpAbilities,
    desk: Desk,
    today: date,
) -> Decision:
    if len(lines) > 1:
        detail = {"label": ", ".join(line.external_id for line in lines)}
        finding = Finding("RC_EXTRA_IN_ERP", detail=detail)
        return Decision(row, PostingState.BLOCKED, finding=finding, line=lines[0])
    line = lines[0] if lines else None
    posted = PostingRequest.model_validate(row["standing_request"])
    periods = [
        Period(each.start_date, each.end_date, PeriodStatus(each.status))
        for each in desk.periods(row["target_connection"], posted.legal_entity_id)
    ]
    let_in = decided(row, Path.SOFT_CLOSED)
    standing_date = row["standing_date"] or posted.accounting_date
    situation = Situation(
        modes=abilities.reversal_modes,
        line=line,
        period_open=is_open(standing_date, periods, let_in=let_in),
        periods_key=keys.periods_key(row["target_connection"], posted.legal_entity_id),
        soft_closed=is_open(standing_date, periods, let_in=True),
        may_offset=decided(row, Path.OFFSET),
        may_change=decided(row, Path.CHANGE),
    )
    chosen = choose(situation)
    if isinstance(chosen, Finding):
        return _waits(row, chosen, line)
    if chosen is Strategy.DONE or line is None:
        return Decision(row, PostingState.POSTED, Operation.NONE)
    booked = accounting_date(standing_date, periods, let_in=let_in)
    if chosen is not Strategy.NEGATIVE_LINE:
        booked = standing_date  # the line itself changes, wherever it is dated
    if booked is None:
        detail = {"soft_closed": "yes"} if situation.soft_closed else {}
        return _waits(row, Finding("PD_NO_OPEN", (situation.periods_key,), detail), line)
    edited = tuple(rules.difference(posted, line))
    if chosen is Strategy.UPDATE and row["serves_version"] is not None:
        return Decision(row, PostingState.PARKED, Operation.NONE, None, line, booked, edited=edited)
    operation = Operation(chosen) if chosen is not Strategy.NEGATIVE_LINE else Operation.POST
    request = _request(row, posted, line, operation, booked)
    lane = lanes.of_correction(booked, periods, today)
    return Decision(
        row, PostingState.READY, operation, request, line, booked, edited=edited, lane=lane
    )


def _waits(row: Mapping[str, Any], finding: Finding, line: PostedLine | None) -> Decision:
    state = PostingState.PARKED if finding.waiting_for else PostingState.BLOCKED
    return Decision(row, state, line=line, finding=finding)


def _request(
    row: Mapping[str, Any],
    posted: PostingRequest,
    line: PostedLine,
    operation: Operation,
    booked: date,
) -> PostingRequest:
    """The opposite of what stands; a line that cannot be removed is rewritten to nothing."""
    key = row["posting_key"] if row["ever_attempted"] else None
    return PostingRequest(
        posting_key=key or key_of(row),
        legal_entity_id=line.legal_entity_id,
        worker_id=line.worker_id,
        project_id=line.project_id or posted.project_id,
        task_id=line.task_id if line.project_id else posted.task_id,
        work_date=line.work_date,
        accounting_date=booked,
        minutes=0 if operation is Operation.UPDATE else -line.minutes,
        billable=posted.billable,
        narrative=posted.narrative,
        charge=_taken_back(posted, operation),
        operation=operation.value,
        target_line=line.external_id,
        # A line that people keyed in, and that was linked, carries no key of ours.
        target_key=None if row["standing_linked"] else row["standing_key"],
    )


def _taken_back(posted: PostingRequest, operation: Operation) -> Charge | None:
    if posted.charge is None:
        return None
    return posted.charge.none() if operation is Operation.UPDATE else posted.charge.opposite()
