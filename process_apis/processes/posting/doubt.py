"""Resolves unknown outcomes: looked up by key, after the ERP's settle time, before any resend.

Also finds what a killed worker left behind: its postings are SENDING with an expired lease.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

from sqlalchemy import TextClause, text

from process_apis.database import as_dicts
from process_apis.processes.connections.states import CallKind, Circuit
from process_apis.processes.posting import breaker, outcomes, refusals, rules
from process_apis.processes.posting.claiming import leased_from
from process_apis.processes.posting.findings import Finding
from process_apis.processes.posting.health import Health, after_problem
from process_apis.processes.posting.isolating import isolated
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.outcomes import LEASED_COLUMNS, Committed, Leased, Result
from process_apis.processes.posting.sending import Sent
from process_apis.processes.posting.states import PostingState
from process_apis.upstream.erp import LookupItem, PostedLine
from process_apis.upstream.system_tier import SYSTEM_TIER_FAILED
from shared.problems import TimepostProblem
from shared.stop_points import StopPoint, reached
from shared.telemetry import resume

BATCH = 100
# From the third fruitless look-up on, a person sees it as a case of its own.
PATIENCE = 3
# An ERP that cannot be asked today may be able to after its next upgrade.
UNASKABLE_PAUSE = timedelta(hours=6)

_CLAIM = f"""
    WITH due AS (
        SELECT id, due_at, updated_at, state FROM posting
        WHERE target_connection = :erp AND state IN ('SENDING', 'IN_DOUBT') AND due_at <= :now
          AND {{gate}}
        ORDER BY due_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE posting SET state = 'IN_DOUBT', lookups = lookups + 1, lease_token = :token,
        lease_until = :lease_until, due_at = :lease_until, updated_at = :now
    FROM due, time_entry AS entry, time_entry_version AS version
    WHERE posting.id = due.id AND entry.id = posting.time_entry_id
      AND version.time_entry_id = posting.time_entry_id AND version.version = posting.version
    RETURNING {LEASED_COLUMNS}, due.due_at AS was_due_at,
        CASE WHEN due.state = 'SENDING' THEN due.updated_at END AS sent_at
    """  # noqa: S608 - our own column names
# A connection that is being drained finishes what is on its way; a paused one is left alone.
_CLAIM_IF_OPEN = text(
    _CLAIM.format(
        gate="""NOT EXISTS (SELECT 1 FROM connection_gate AS gate
            WHERE gate.connection = :erp
              AND (gate.mode = 'PAUSED' OR gate.circuit <> 'CLOSED'))"""
    )
)
_CLAIM_PROBE = text(_CLAIM.format(gate="true"))


async def look_up(ledger: Ledger, erp: str) -> Committed | None:
    """Look up one batch of unknown outcomes; None if none is due, or none can be looked up."""
    token = uuid4()
    leased = await _claim(ledger, erp, token, BATCH, _CLAIM_IF_OPEN)
    if not leased:
        return None
    found = await _settle(ledger, erp, token, leased)
    return found.committed if found.health.answered else None


async def look_up_as_probe(ledger: Ledger, erp: str, token: UUID, limit: int) -> Sent:
    """Look up a few for whoever holds the connection's probe."""
    leased = await _claim(ledger, erp, token, limit, _CLAIM_PROBE)
    if not leased:
        return Sent(Committed(), Health(answered=False))
    return await _settle(ledger, erp, token, leased)


async def _claim(
    ledger: Ledger, erp: str, token: UUID, limit: int, statement: TextClause
) -> list[Leased]:
    async with ledger.database.transaction() as transaction:
        now = ledger.clock.now()
        rows = await transaction.execute(
            statement,
            {
                "erp": erp,
                "now": now,
                "limit": limit,
                "token": token,
                "lease_until": now + ledger.timing.lease_span,
            },
        )
        return [leased_from(row) for row in as_dicts(rows)]


async def _settle(ledger: Ledger, erp: str, token: UUID, leased: Sequence[Leased]) -> Sent:
    reached(StopPoint.LOOK_UP_CLAIMED)
    with resume([each.carrier for each in leased], "look up postings"):
        try:
            results = await _ask(ledger, erp, leased)
            health = Health(answered=True)
        except TimepostProblem as problem:
            health, results = await _unasked(ledger, erp, token, leased, problem)
        else:
            await breaker.note(ledger, erp, CallKind.LOOK_UP, token, len(leased), health)
        reached(StopPoint.LOOK_UP_ANSWERED)
        committed = await outcomes.commit(ledger, token, results)
    return Sent(committed, health)


async def _unasked(
    ledger: Ledger, erp: str, token: UUID, leased: Sequence[Leased], problem: TimepostProblem
) -> tuple[Health, list[Result]]:
    """Nothing was found out. In an outage that is no news of any posting: the incident says so."""
    if problem.code == SYSTEM_TIER_FAILED:
        return Health(answered=False), [_still_unknown(ledger, each, problem) for each in leased]
    health = Health(answered=False, failure=after_problem(problem))
    gate = await breaker.note(ledger, erp, CallKind.LOOK_UP, token, len(leased), health)
    if gate.circuit is Circuit.CLOSED:
        return health, [_still_unknown(ledger, each, problem) for each in leased]
    return health, [_not_looked_up(each) for each in leased]


async def _ask(ledger: Ledger, erp: str, leased: Sequence[Leased]) -> list[Result]:
    """What was added is looked up by its key; what was removed or rewritten is read by its id."""
    abilities = await ledger.abilities(erp)
    added = [each for each in leased if each.request.operation == "post"]
    changed = [each for each in leased if each.request.operation != "post"]
    results = []
    for some, can, ask in (
        (added, abilities.lookup, _find),
        (changed, abilities.readback, _read),
    ):
        if some and not can:
            results += [_ask_a_person(each) for each in some]
        elif some:
            results += await isolated(some, partial(ask, ledger, erp), partial(_unread, ledger))
    return results


def _unread(ledger: Ledger, leased: Leased, problem: TimepostProblem) -> Result:
    """The ERP answers for others: this one is asked for again by itself, later and later."""
    return _still_unknown(ledger, leased, problem, "its answer cannot be read")


async def _find(ledger: Ledger, erp: str, leased: Sequence[Leased]) -> list[Result]:
    items = [
        LookupItem(
            posting_key=each.posting_key,
            worker_id=each.request.worker_id,
            work_date=each.request.work_date,
        )
        for each in leased
    ]
    answer = await ledger.system.look_up(erp, items)
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


async def _read(ledger: Ledger, erp: str, leased: Sequence[Leased]) -> list[Result]:
    """A line that is gone was deleted; one that is as asked was rewritten; else nothing was."""
    answer = await ledger.system.read_lines(erp, sorted({_target(each) for each in leased}))
    lines = {line.external_id: line for line in answer.lines}
    return [_found_changed(each, lines.get(_target(each))) for each in leased]


def _found_changed(leased: Leased, line: PostedLine | None) -> Result:
    if leased.request.operation == "delete":
        gone = line is None
        return outcomes.taken_back(leased, "found deleted") if gone else _proven_absent(leased)
    if line is not None and not rules.difference(leased.request, line):
        return outcomes.posted(leased, [line], "found rewritten")
    return _proven_absent(leased)


def _target(leased: Leased) -> str:
    return leased.request.target_line or ""


def _not_looked_up(leased: Leased) -> Result:
    return Result(leased, PostingState.IN_DOUBT, None, due_at=leased.was_due_at, forgive_lookups=1)


def _proven_absent(leased: Leased) -> Result:
    return Result(leased, PostingState.READY, "proven not posted")


def _still_unknown(
    ledger: Ledger,
    leased: Leased,
    problem: TimepostProblem | None,
    why: str = "the ERP does not answer the look-up",
) -> Result:
    wait = refusals.backoff(leased.lookups, ledger.timing, problem.retry_after if problem else None)
    finding = None
    if leased.lookups >= PATIENCE:
        finding = Finding("IO_IN_DOUBT", detail={"why": why})
    return Result(leased, PostingState.IN_DOUBT, "still unknown", wait, finding=finding)


def _ask_a_person(leased: Leased) -> Result:
    """It may stand in the ERP, so it stays in doubt: nothing else may take its place."""
    finding = Finding("IO_IN_DOUBT", detail={"why": "this ERP cannot be asked for it"})
    return Result(
        leased, PostingState.IN_DOUBT, "the ERP cannot be asked", UNASKABLE_PAUSE, finding=finding
    )
