"""What a replay makes of each posting: the ledger's own verdict, and its decisions on reversals."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.master_data.ownership.configuration import Ownership
from process_apis.processes.posting import judging
from process_apis.processes.posting.candidates import Row
from process_apis.processes.posting.judging import Verdict
from process_apis.processes.posting.states import PostingKind, PostingState
from process_apis.processes.replay import rules
from process_apis.processes.replay.states import LineOutcome
from process_apis.upstream.erp import PostingRequest

_DECIDED = text("SELECT id, request FROM posting WHERE id = ANY(:ids)")


async def judge(
    transaction: AsyncConnection, rows: Sequence[Row], now: datetime, ownership: Ownership
) -> list[Verdict]:
    """Judge as the ledger would. A reversal has been decided on; what was decided is sent again.

    When its turn comes, the ledger decides on it anew, by the line as it stands in the ERP then.
    """
    reversals = [row for row in rows if is_reversal(row)]
    others = [row for row in rows if not is_reversal(row)]
    verdicts = await judging.judge(transaction, others, now, ownership) if others else []
    if reversals:
        asked = {"ids": [row["id"] for row in reversals]}
        decided = {row.id: row.request for row in await transaction.execute(_DECIDED, asked)}
        verdicts += [_as_decided(row, decided[row["id"]]) for row in reversals]
    return sorted(verdicts, key=lambda each: each.row["id"].int)


def is_reversal(row: Row) -> bool:
    """Whether it takes something back, so that there is nothing in it to be judged."""
    return bool(row["kind"] == PostingKind.REVERSAL)


def _as_decided(row: Row, request: object) -> Verdict:
    target, key = row["target_connection"], row["posting_key"]
    return Verdict(row, PostingState.READY, (), target, key, PostingRequest.model_validate(request))


def outcome_of(verdict: Verdict) -> LineOutcome:
    """What becomes of a line that is as the dry run showed it."""
    if verdict.state is PostingState.READY:
        return LineOutcome.SENT_ON
    return LineOutcome.STILL_FAILS if verdict.findings else LineOutcome.WAITS


def digest_of(verdict: Verdict) -> str:
    """What a line is recognised by."""
    return rules.digest(
        verdict.row["id"],
        verdict.key,
        verdict.target,
        verdict.state,
        verdict.findings,
        verdict.request,
    )
