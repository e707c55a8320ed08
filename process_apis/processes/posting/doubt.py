"""Resolves unknown outcomes: looked up by key, after the ERP's settle time, before any resend.

Also finds what a killed worker left behind: its postings are SENDING with an expired lease.
"""

from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import text

from process_apis.database import as_dicts
from process_apis.processes.posting import outcomes, refusals
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.outcomes import LEASED_COLUMNS, Committed, Leased, Result
from process_apis.processes.posting.rules import Finding
from process_apis.processes.posting.sending import leased_from
from process_apis.processes.posting.states import PostingState
from process_apis.upstream.erp import LookupItem, PostedLine
from shared.problems import TimepostProblem
from shared.telemetry import resume

BATCH = 100
# From the third fruitless look-up on, a person sees it as a case of its own.
PATIENCE = 3
# An ERP that cannot be asked today may be able to after its next upgrade.
UNASKABLE_PAUSE = timedelta(hours=6)

_CLAIM = text(
    f"""
    WITH due AS (
        SELECT id FROM posting
        WHERE target_connection = :erp AND state IN ('SENDING', 'IN_DOUBT') AND due_at <= :now
        ORDER BY due_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE posting SET state = 'IN_DOUBT', lookups = lookups + 1, lease_token = :token,
        lease_until = :lease_until, due_at = :lease_until, updated_at = :now
    FROM due, time_entry AS entry, time_entry_version AS version
    WHERE posting.id = due.id AND entry.id = posting.time_entry_id
      AND version.time_entry_id = posting.time_entry_id AND version.version = posting.version
    RETURNING {LEASED_COLUMNS}
    """  # noqa: S608 - our own column names
)


async def look_up(ledger: Ledger, erp: str) -> Committed | None:
    """Look up one batch of unknown outcomes; None if none is due."""
    token = uuid4()
    leased = await _claim(ledger, erp, token)
    if not leased:
        return None
    with resume([each.carrier for each in leased], "look up postings"):
        return await outcomes.commit(ledger, token, await _ask(ledger, erp, leased))


async def _claim(ledger: Ledger, erp: str, token: UUID) -> list[Leased]:
    async with ledger.database.transaction() as transaction:
        now = ledger.clock.now()
        rows = await transaction.execute(
            _CLAIM,
            {
                "erp": erp,
                "now": now,
                "limit": BATCH,
                "token": token,
                "lease_until": now + ledger.timing.lease_span,
            },
        )
        return [leased_from(row) for row in as_dicts(rows)]


async def _ask(ledger: Ledger, erp: str, leased: list[Leased]) -> list[Result]:
    try:
        if not (await ledger.abilities(erp)).lookup:
            return [_ask_a_person(each) for each in leased]
        items = [
            LookupItem(
                posting_key=each.posting_key,
                worker_id=each.request.worker_id,
                work_date=each.request.work_date,
            )
            for each in leased
        ]
        answer = await ledger.system.look_up(erp, items)
    except TimepostProblem as problem:
        return [_still_unknown(ledger, each, problem) for each in leased]
    found: dict[str | None, list[PostedLine]] = {}
    for line in answer.lines:
        found.setdefault(line.posting_key, []).append(line)
    missing = set(answer.missing)
    return [
        outcomes.posted(each, found[each.posting_key], "found posted")
        if each.posting_key in found
        else _proven_absent(each)
        if each.posting_key in missing
        else _still_unknown(ledger, each, None)
        for each in leased
    ]


def _proven_absent(leased: Leased) -> Result:
    return Result(leased, PostingState.READY, "proven not posted")


def _still_unknown(ledger: Ledger, leased: Leased, problem: TimepostProblem | None) -> Result:
    wait = refusals.backoff(leased.lookups, ledger.timing, problem.retry_after if problem else None)
    finding = None
    if leased.lookups >= PATIENCE:
        finding = Finding("IO_IN_DOUBT", detail={"why": "the ERP does not answer the look-up"})
    return Result(leased, PostingState.IN_DOUBT, "still unknown", wait, finding=finding)


def _ask_a_person(leased: Leased) -> Result:
    """It may stand in the ERP, so it stays in doubt: nothing else may take its place."""
    finding = Finding("IO_IN_DOUBT", detail={"why": "this ERP cannot be asked for it"})
    return Result(
        leased, PostingState.IN_DOUBT, "the ERP cannot be asked", UNASKABLE_PAUSE, finding=finding
    )
