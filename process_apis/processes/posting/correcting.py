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

from sqlalchemy import text

from process_apis.database import as_dicts
from process_apis.processes.connections import gates
from process_apis.processes.master_data import keys
from process_apis.processes.master_data.references import Desk
from process_apis.processes.posting import corrected, lanes, rules
from process_apis.processes.posting.corrected import Decision, key_of
from process_apis.processes.posting.decisions import Path, decided
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.outcomes import LABELS
from process_apis.processes.posting.periods import Period, accounting_date, is_open
from process_apis.processes.posting.rules import Finding
from process_apis.processes.posting.states import Operation, PostingState
from process_apis.processes.posting.strategy import Situation, Strategy, choose
from process_apis.upstream.erp import (
    ErpAbilities,
    LookupItem,
    PeriodStatus,
    PostedLine,
    PostingRequest,
)
from shared.stop_points import StopPoint, reached

BATCH = 200

# Its replacement is valid and waits for nothing but the reversal; or nothing takes its place.
IS_DECIDABLE = """
    (reversal.serves_version IS NULL OR EXISTS (
        SELECT FROM posting AS replacement
        WHERE replacement.correction_group = reversal.correction_group
          AND replacement.kind = 'REPLACEMENT' AND replacement.state = 'PARKED'
          AND replacement.code IS NULL))"""

_CLAIM = text(
    f"""
    WITH due AS (
        SELECT reversal.id FROM posting AS reversal
        WHERE reversal.kind = 'REVERSAL' AND reversal.state = 'RECEIVED'
          AND reversal.target_connection = :erp AND reversal.due_at <= :now AND {IS_DECIDABLE}
          AND NOT EXISTS (SELECT 1 FROM connection_gate AS gate
                          WHERE gate.connection = :erp AND {gates.SHUT})
        ORDER BY reversal.due_at, reversal.id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE posting AS reversal SET due_at = :lease_until, lease_token = :token
    FROM due, posting AS standing, time_entry AS entry, time_entry_version AS version
    WHERE reversal.id = due.id AND standing.id = reversal.reverses_id
      AND entry.id = reversal.time_entry_id
      AND version.time_entry_id = reversal.time_entry_id AND version.version = reversal.version
    RETURNING reversal.id, reversal.time_entry_id, reversal.version, reversal.leg, reversal.round,
        reversal.source_connection, reversal.target_connection, reversal.posting_key,
        reversal.attempts + reversal.attempts_before AS ever_attempted, reversal.carrier,
        reversal.serves_version, reversal.correction_group, reversal.decision,
        reversal.work_date, reversal.minutes, reversal.woken_by, entry.external_id,
        standing.id AS standing_id, standing.posting_key AS standing_key,
        standing.external_id AS line_id, standing.request AS standing_request,
        coalesce(standing.decision ? 'linked', false) AS standing_linked,
        standing.accounting_date AS standing_date, standing.code AS standing_code, {LABELS}
    """  # noqa: S608 - our own SQL
)


@dataclass(frozen=True)
class Decided:
    """A batch was decided on.

    :param judge: replacements wait to be judged, because of that.
    """

    judge: bool


async def decide(ledger: Ledger, erp: str) -> Decided | None:
    """Decide on one batch of reversals at an ERP connection; None if there are none.

    :raises TimepostProblem: the ERP does not tell how its lines stand; they are asked for again.
    """
    token = uuid4()
    rows = await _claim(ledger, erp, token)
    if not rows:
        return None
    reached(StopPoint.REVERSAL_CLAIMED)
    abilities = await ledger.abilities(erp)
    lines = await _lines_of(ledger, erp, rows, abilities)
    async with ledger.database.transaction() as transaction:
        now = ledger.clock.now()
        desk = await Desk.open(transaction, now)
        await desk.read_periods(erp)
        decisions = [
            _decide_one(row, lines[row["id"]], abilities, desk, now.date()) for row in rows
        ]
        await corrected.write(transaction, ledger, token, decisions, now)
    reached(StopPoint.REVERSAL_DECIDED)
    return Decided(any(each.has_replacement_judged for each in decisions))


async def _claim(ledger: Ledger, erp: str, token: UUID) -> list[dict[str, Any]]:
    async with ledger.database.transaction() as transaction:
        now = ledger.clock.now()
        asked = {"erp": erp, "now": now, "limit": BATCH, "token": token}
        # A worker that is killed until then has changed nothing.
        lease_until = now + ledger.timing.lease_span
        claimed = await transaction.execute(_CLAIM, {**asked, "lease_until": lease_until})
        return as_dicts(claimed)


async def _lines_of(
    ledger: Ledger, erp: str, rows: Sequence[Mapping[str, Any]], abilities: ErpAbilities
) -> dict[UUID, list[PostedLine]]:
    """The lines of what is to be taken back, as they stand now, by the reversal's id.

    A line that is not there under its id may stand under another one: it is looked for by its key,
    and so is one of which there were two. An ERP that cannot be asked counts as unchanged.
    """
    if not abilities.readback:
        return {row["id"]: [_as_posted(row)] for row in rows}
    read = await ledger.system.read_lines(erp, sorted({row["line_id"] for row in rows}))
    by_id = {line.external_id: line for line in read.lines}
    found = {row["id"]: [by_id[row["line_id"]]] for row in rows if row["line_id"] in by_id}
    unsure = [
        row for row in rows if row["id"] not in found or row["standing_code"] == "RC_EXTRA_IN_ERP"
    ]
    if unsure and abilities.lookup:
        by_key: dict[str | None, list[PostedLine]] = {}
        items = [_lookup_of(row) for row in unsure]
        for line in (await ledger.system.look_up(erp, items)).lines:
            by_key.setdefault(line.posting_key, []).append(line)
        found |= {row["id"]: by_key.get(row["standing_key"], []) for row in unsure}
    return {row["id"]: found.get(row["id"], []) for row in rows}


def _lookup_of(row: Mapping[str, Any]) -> LookupItem:
    posted = PostingRequest.model_validate(row["standing_request"])
    return LookupItem(
        posting_key=row["standing_key"], worker_id=posted.worker_id, work_date=posted.work_date
    )


def _as_posted(row: Mapping[str, Any]) -> PostedLine:
    posted = PostingRequest.model_validate(row["standing_request"])
    facts = posted.model_dump(include=set(PostedLine.model_fields) - {"accounting_date"})
    return PostedLine(external_id=row["line_id"], **facts)


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
        operation=operation.value,
        target_line=line.external_id,
        # A line that people keyed in, and that was linked, carries no key of ours.
        target_key=None if row["standing_linked"] else row["standing_key"],
    )
