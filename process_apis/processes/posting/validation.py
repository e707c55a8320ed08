"""Validates what was received: judges a batch, and has the verdicts come true."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_json
from process_apis.processes.lineage import store as lineage
from process_apis.processes.mapping.targets import NOT_MAPPED
from process_apis.processes.posting import charging, judging
from process_apis.processes.posting.apart import POISON, apart
from process_apis.processes.posting.judging import Verdict
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.states import PostingState
from process_apis.processes.posting.transitions import Event, sources
from shared.stop_points import StopPoint, reached

BATCH = 200

# The entry is locked with its posting, and read only then: the outcome of an earlier version
# cannot be committed between our look at it and our verdict. What is locked now is judged later.
_LOCK = text(
    """
    SELECT posting.id FROM posting JOIN time_entry AS entry ON entry.id = posting.time_entry_id
    WHERE posting.state = 'RECEIVED' AND posting.kind <> 'REVERSAL'
      AND (CAST(:only AS uuid[]) IS NULL OR posting.id = ANY(:only))
    ORDER BY posting.id LIMIT :limit
    FOR UPDATE OF posting, entry SKIP LOCKED
    """
)

# Which are the next in line, locked by others or not.
_NEXT = text(
    "SELECT id FROM posting WHERE state = 'RECEIVED' AND kind <> 'REVERSAL'"
    " ORDER BY id LIMIT :limit"
)

# It keeps its place in line: from when it came in, or was woken.
_WRITE = text(
    """
    UPDATE posting SET state = verdict.state, code = verdict.code, findings = verdict.findings,
        waiting_for = verdict.waiting_for, request = verdict.request,
        target_connection = verdict.target_connection, posting_key = verdict.posting_key,
        legal_entity = verdict.legal_entity, accounting_date = verdict.accounting_date,
        prior_period = verdict.accounting_date <> posting.work_date IS TRUE,
        charge = NULLIF(verdict.charge, 'null'::jsonb), limit_key = verdict.limit_key,
        consumed = verdict.consumed, held = verdict.held, cost_card = verdict.cost_card,
        cost_row = verdict.cost_row, lane = verdict.lane,
        mapping_id = verdict.mapping_id, mapping_version = verdict.mapping_version,
        mapping_row = verdict.mapping_row, billing_code = verdict.billing_code,
        activity = verdict.activity,
        due_at = least(posting.due_at, :now), woken_by = NULL,
        updated_at = :now
    FROM jsonb_to_recordset(CAST(:verdicts AS jsonb)) AS verdict (
        id uuid, state text, code text, findings jsonb, waiting_for text[], request jsonb,
        target_connection text, posting_key text, legal_entity text, accounting_date date,
        lane int, charge jsonb, limit_key text, consumed numeric, held numeric,
        cost_card uuid, cost_row int,
        mapping_id uuid, mapping_version int, mapping_row int, billing_code text, activity text)
    WHERE posting.id = verdict.id
    """
)

# What stands is what was approved, in all but its text: no correction is needed.
_STANDS = text(
    """
    UPDATE posting SET state = 'POSTED', serves_version = stands.version, updated_at = :now
    FROM jsonb_to_recordset(CAST(:stands AS jsonb)) AS stands (id uuid, version int)
    WHERE posting.id = stands.id AND posting.state = ANY(:sources)
    """
)
_NO_REVERSAL = text(
    """
    UPDATE posting SET state = 'SUPERSEDED', code = NULL, findings = NULL, waiting_for = '{}',
        updated_at = :now
    WHERE correction_group = ANY(:groups) AND kind = 'REVERSAL' AND state = ANY(:sources)
    """
)

# The replacement was in the way; now that it is valid, the reversal is decided on (again).
_DECIDE_AGAIN = text(
    """
    UPDATE posting SET state = 'RECEIVED', due_at = :now, updated_at = :now
    WHERE correction_group = ANY(:groups) AND kind = 'REVERSAL' AND operation <> 'none'
      AND state = ANY(:sources)
    """
)


async def validate(ledger: Ledger, only: UUID | None = None) -> list[Verdict]:
    """Validate one batch, or one posting; returns the verdicts.

    One that cannot even be judged becomes a case of its own, and stops no other.
    """
    try:
        return await _validate(ledger, [only] if only else None)
    except POISON:
        # Only now: asking for the ids first would cost every batch a statement.
        return await apart(
            [only] if only else await _next(ledger),
            partial(_validate, ledger),
            partial(_set_aside, ledger),
        )


async def _validate(ledger: Ledger, only: Sequence[UUID] | None) -> list[Verdict]:
    async with ledger.database.transaction() as transaction:
        now = ledger.clock.now()
        asked = {"only": list(only) if only else None, "limit": BATCH}
        ids = [row.id for row in await transaction.execute(_LOCK, asked)]
        if not ids:
            return []
        rows = await judging.rows_of(transaction, ids)
        verdicts = await judging.judge(transaction, rows, now, ledger.ownership)
        await settle(transaction, ledger, verdicts, now)
    reached(StopPoint.POSTINGS_JUDGED)
    return verdicts


async def _next(ledger: Ledger) -> list[UUID]:
    async with ledger.database.transaction() as transaction:
        return [row.id for row in await transaction.execute(_NEXT, {"limit": BATCH})]


async def _set_aside(ledger: Ledger, posting_id: UUID) -> Verdict:
    async with ledger.database.transaction() as transaction:
        now = ledger.clock.now()
        locked = await transaction.execute(_LOCK, {"only": [posting_id], "limit": 1})
        rows = await judging.rows_of(transaction, [posting_id])
        verdicts = await judging.judge_unreadable(transaction, rows, now, ledger.ownership)
        if locked.first() is not None:
            await settle(transaction, ledger, verdicts, now)
        return verdicts[0]


async def settle(
    transaction: AsyncConnection,
    ledger: Ledger,
    verdicts: Sequence[Verdict],
    now: datetime,
    because: str = "validated again: nothing is wrong with it any more",
) -> None:
    """Have verdicts on postings that are RECEIVED come true; ``because`` resolves their cases."""
    await _write(transaction, verdicts, now)
    await _settle_corrections(transaction, verdicts, now)
    told = [
        judging.standing_of(each, each.row["woken_by"] or because)
        for each in verdicts
        if each.row["findings"] or not judging.waits_for_sibling(each)
    ]
    await ledger.listeners.tell(transaction, told, now)


async def _settle_corrections(
    transaction: AsyncConnection, verdicts: Sequence[Verdict], now: datetime
) -> None:
    stands = [each for each in verdicts if each.stands_already]
    if stands:
        rows = [{"id": v.row["sibling_id"], "version": v.row["version"]} for v in stands]
        given_up = {"groups": _groups(stands), "now": now, "sources": sources(Event.OVERTAKEN)}
        await transaction.execute(_NO_REVERSAL, given_up)
        kept = {"stands": as_json(rows), "now": now, "sources": sources(Event.KEPT)}
        await transaction.execute(_STANDS, kept)
    mended = [each for each in verdicts if each.waits_for_reversal and each.row["findings"]]
    if mended:
        again = {"groups": _groups(mended), "now": now, "sources": sources(Event.WOKEN)}
        await transaction.execute(_DECIDE_AGAIN, again)


def _groups(verdicts: Sequence[Verdict]) -> list[UUID]:
    return [each.row["correction_group"] for each in verdicts if each.row["correction_group"]]


async def _write(transaction: AsyncConnection, verdicts: Sequence[Verdict], now: datetime) -> None:
    rows = [
        {
            "id": each.row["id"],
            "state": each.state,
            "code": each.findings[0].code if each.findings else None,
            "findings": each.findings,
            "waiting_for": judging.waiting_for(each),
            "request": each.request.model_dump(mode="json") if each.request else None,
            "target_connection": each.target,
            "posting_key": each.key,
            "legal_entity": each.legal_entity,
            "accounting_date": each.accounting_date,
            "lane": each.lane,
            # What is not valid consumes nothing of any limit.
            **charging.columns(None if each.findings else each.charge),
            "cost_card": each.cost.card_id if each.cost else None,
            "cost_row": each.cost.row if each.cost else None,
            **(each.mapped.columns if each.mapped else NOT_MAPPED),
        }
        for each in verdicts
    ]
    await transaction.execute(_WRITE, {"verdicts": as_json(rows), "now": now})
    steps = [
        lineage.Step(
            each.row["time_entry_id"],
            _what(each),
            now,
            each.row["id"],
            detail=_detail(each),
        )
        for each in verdicts
        if _is_news(each)
    ]
    await lineage.record(transaction, steps)


def _detail(verdict: Verdict) -> dict[str, Any]:
    detail: dict[str, Any] = {"codes": [finding.code for finding in verdict.findings]}
    if verdict.mapped is not None:
        detail["mapping"] = verdict.mapped.explanation
    return detail


def _what(verdict: Verdict) -> str:
    if verdict.stands_already:
        return "nothing to correct"
    if verdict.waits_for_reversal:
        return "replacement valid"
    return f"posting {verdict.state.lower()}"


def _is_news(verdict: Verdict) -> bool:
    """What waits is judged again and again; only another verdict is worth a step of lineage."""
    before = verdict.row["findings"]
    codes = [finding.code for finding in verdict.findings]
    if before is None or (not codes and verdict.state is not PostingState.PARKED):
        return True
    return codes != [finding["code"] for finding in before]
