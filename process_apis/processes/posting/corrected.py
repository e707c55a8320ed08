"""What was decided about reversals, and how it comes true: with its lineage, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_json
from process_apis.processes.lineage import store as lineage
from process_apis.processes.posting import rules, siblings
from process_apis.processes.posting.findings import Finding
from process_apis.processes.posting.lanes import Lane
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.ports import Standing
from process_apis.processes.posting.states import Leg, Operation, PostingKind, PostingState
from process_apis.processes.time_entries import store as entries
from process_apis.upstream.erp import PostedLine, PostingRequest

_WRITE = text(
    """
    UPDATE posting SET state = decision.state, operation = decision.operation,
        target_line = decision.target_line, request = decision.request,
        posting_key = coalesce(posting.posting_key, decision.posting_key),
        legal_entity = decision.legal_entity, accounting_date = decision.accounting_date,
        prior_period = decision.accounting_date <> posting.work_date IS TRUE,
        code = decision.code, findings = decision.findings, waiting_for = decision.waiting_for,
        line = coalesce(NULLIF(decision.line, 'null'::jsonb), posting.line),
        posted_at = CASE WHEN decision.state = 'POSTED' THEN CAST(:now AS timestamptz) END,
        lane = decision.lane, woken_by = NULL, lease_token = NULL, lookups = 0, due_at = :now,
        updated_at = :now
    FROM jsonb_to_recordset(CAST(:decisions AS jsonb)) AS decision (
        id uuid, state text, operation text, target_line text, request jsonb, posting_key text,
        legal_entity text, accounting_date date, code text, findings jsonb, waiting_for text[],
        line jsonb, lane int)
    WHERE posting.id = decision.id AND posting.lease_token = :token AND posting.state = 'RECEIVED'
    RETURNING posting.id
    """
)

# Reversal and replacement in one: the replacement is sent, and rewrites the line.
_REWRITE = text(
    """
    UPDATE posting SET state = 'RECEIVED', operation = 'update', waiting_for = '{}',
        target_line = rewritten.line, reverses_id = rewritten.standing, due_at = :now,
        updated_at = :now
    FROM jsonb_to_recordset(CAST(:rewritten AS jsonb)) AS rewritten (
        correction uuid, line text, standing uuid)
    WHERE posting.correction_group = rewritten.correction AND posting.kind = 'REPLACEMENT'
      AND posting.state = 'PARKED'
    """
)


@dataclass(frozen=True)
class Decision:
    """What is to become of one reversal.

    :param row: the reversal, with what it takes back.
    :param request: what is sent; none if the replacement rewrites the line.
    :param line: as it was just read.
    :param edited: fields in which the line no longer is what was posted.
    """

    row: Mapping[str, Any]
    state: PostingState
    operation: Operation = Operation.POST
    request: PostingRequest | None = None
    line: PostedLine | None = None
    accounting_date: date | None = None
    finding: Finding | None = None
    edited: tuple[str, ...] = ()
    lane: Lane = Lane.NORMAL

    @property
    def has_replacement_judged(self) -> bool:
        """The replacement need not wait for an outcome of the reversal."""
        return self.rewrites or self.state is PostingState.POSTED

    @property
    def rewrites(self) -> bool:
        """The replacement rewrites the line, and takes it back by that."""
        return self.state is PostingState.PARKED and self.finding is None


def key_of(row: Mapping[str, Any]) -> str:
    """The posting key of a reversal."""
    return rules.posting_key(
        row["source_connection"],
        row["external_id"],
        row["version"],
        Leg(row["leg"]),
        PostingKind.REVERSAL,
        row["target_connection"],
        row["round"],
    )


async def write(
    transaction: AsyncConnection,
    ledger: Ledger,
    token: UUID,
    decisions: Sequence[Decision],
    now: datetime,
) -> None:
    """Have decisions come true, as far as the reversals are still ours and unchanged."""
    done = [each.row["id"] for each in decisions if each.state is PostingState.POSTED]
    await siblings.take_back(transaction, done, token, now)
    rows = as_json([_row(each) for each in decisions])
    written = await transaction.execute(_WRITE, {"decisions": rows, "token": token, "now": now})
    ours = {row.id for row in written}
    kept = [each for each in decisions if each.row["id"] in ours]
    rewritten = [
        {
            "correction": each.row["correction_group"],
            "line": each.row["line_id"],
            "standing": each.row["standing_id"],
        }
        for each in kept
        if each.rewrites
    ]
    if rewritten:
        await transaction.execute(_REWRITE, {"rewritten": as_json(rewritten), "now": now})
    settled = [each.row["time_entry_id"] for each in kept if each.state is PostingState.POSTED]
    if settled:
        await entries.mark_posting_due(transaction, settled)
        await siblings.wake(transaction, settled, now)
    await lineage.record(transaction, [_step(each, now) for each in kept])
    await ledger.listeners.tell(
        transaction, [standing_of(each.row, each.state, each.finding) for each in kept], now
    )


def _row(decision: Decision) -> dict[str, Any]:
    finding, request, line = decision.finding, decision.request, decision.line
    waiting = list(finding.waiting_for) if finding else []
    if decision.rewrites:
        waiting = [f"replacement:{decision.row['correction_group']}"]
    return {
        "id": decision.row["id"],
        "state": decision.state,
        "operation": decision.operation,
        "target_line": decision.row["line_id"],
        "request": request.model_dump(mode="json") if request else None,
        "posting_key": request.posting_key if request else key_of(decision.row),
        "legal_entity": request.legal_entity_id if request else None,
        "accounting_date": decision.accounting_date,
        "code": finding.code if finding else None,
        "findings": [finding] if finding else [],
        "waiting_for": waiting,
        "line": line.model_dump(mode="json") if line else None,
        "lane": decision.lane,
    }


def _step(decision: Decision, now: datetime) -> lineage.Step:
    row = decision.row
    detail: dict[str, Any] = {"erp_line": row["line_id"], "operation": decision.operation}
    if decision.finding is not None:
        detail["codes"] = [decision.finding.code]
    if decision.edited:
        detail["changed_in_the_erp"] = list(decision.edited)
    if decision.line is not None:
        detail["invoiced"] = decision.line.invoiced
    return lineage.Step(
        row["time_entry_id"],
        _what(decision),
        now,
        row["id"],
        detail=detail,
        trace_id=lineage.trace_id_of(row["carrier"]),
    )


def _what(decision: Decision) -> str:
    if decision.state is PostingState.POSTED:
        return "its line was gone already"
    if decision.rewrites:
        return "line is to be rewritten"
    if decision.finding is not None:
        return f"reversal {decision.state.lower()}"
    return "reversal decided"


def standing_of(row: Mapping[str, Any], state: PostingState, finding: Finding | None) -> Standing:
    """How the entry of a claimed reversal stands.

    Whatever was wrong with replacement or reversal before is over, or this is.
    """
    return Standing(
        time_entry_id=row["time_entry_id"],
        connection=row["source_connection"],
        entry_external_id=row["external_id"],
        state=state,
        because=row["woken_by"] or "the correction goes on",
        finding=finding,
        posting_id=row["id"],
        worker=row["labels"]["worker"],
        project=row["labels"]["project"],
        task=row["labels"]["task"],
        work_date=row["work_date"],
        minutes=-row["minutes"],
    )
