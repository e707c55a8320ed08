"""Sends what is ready: intent first, one call for a batch, an outcome for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from process_apis.database import as_dicts
from process_apis.processes.connections import gates
from process_apis.processes.connections.states import CallKind
from process_apis.processes.lineage import store as lineage
from process_apis.processes.posting import answers, breaker, outcomes
from process_apis.processes.posting.health import (
    Health,
    after_outcomes,
    after_problem,
    after_silence,
)
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.outcomes import LEASED_COLUMNS, Committed, Leased, Result
from process_apis.processes.posting.states import PostingKind
from process_apis.upstream.erp import PostingRequest
from process_apis.upstream.system_tier import RequestRefused
from shared.problems import OutcomeUnknown, TimepostProblem
from shared.stop_points import StopPoint, reached
from shared.telemetry import resume

BATCH = 200
_LEASED = tuple(each.name for each in fields(Leased))

# For a posting and its entry: it is still to be sent. Not what is no longer approved, even if the
# ledger has not looked at the change yet; nor a reversal that no valid replacement can follow.
_IS_WANTED = """CASE WHEN posting.kind <> 'REVERSAL'
        THEN entry.state = 'APPROVED'
         AND entry.approved_version = coalesce(posting.serves_version, posting.version)
        WHEN posting.serves_version IS NULL THEN entry.state IN ('DELETED', 'REJECTED')
        ELSE entry.state = 'APPROVED' AND entry.approved_version = posting.serves_version
         AND EXISTS (SELECT FROM posting AS replacement
                     WHERE replacement.correction_group = posting.correction_group
                       AND replacement.kind = 'REPLACEMENT' AND replacement.state = 'PARKED'
                       AND replacement.code IS NULL) END"""

# Looked at once more in the moment of sending: it may have closed since it was judged.
_PERIOD_CLOSED = """EXISTS (
        SELECT FROM accounting_period AS period
        WHERE period.owner_connection = posting.target_connection
          AND period.legal_entity_external_id = posting.legal_entity
          AND posting.accounting_date BETWEEN period.start_date AND period.end_date
          AND period.vanished_at IS NULL AND period.status <> 'OPEN'
          AND NOT (period.status = 'SOFT_CLOSED'
                   AND coalesce(posting.decision -> 'paths' ? 'soft_closed', false))
          AND NOT coalesce(posting.decision -> 'paths' ? 'change', false))"""

# `due_at` is set to when a look-up would prove something, should this worker die right now.
_CLAIM = f"""
    WITH due AS (
        SELECT posting.id, posting.due_at FROM posting
        JOIN time_entry AS entry ON entry.id = time_entry_id
        WHERE target_connection = :erp AND posting.state = 'READY' AND due_at <= :now
          AND {_IS_WANTED} AND NOT {_PERIOD_CLOSED} AND {{gate}}
        ORDER BY due_at, posting.id
        LIMIT least(:limit, (SELECT batch_limit FROM connection_gate WHERE connection = :erp))
        FOR UPDATE OF posting SKIP LOCKED
    )
    UPDATE posting SET state = 'SENDING', attempts = attempts + 1, lease_token = :token,
        lease_until = :lease_until, due_at = :look_up_at, updated_at = :now
    FROM due, time_entry AS entry, time_entry_version AS version
    WHERE posting.id = due.id AND entry.id = posting.time_entry_id
      AND version.time_entry_id = posting.time_entry_id AND version.version = posting.version
    RETURNING {LEASED_COLUMNS}, due.due_at AS was_due_at, CAST(:now AS timestamptz) AS sent_at,
        EXISTS (SELECT 1 FROM connection_gate WHERE connection = :erp
                AND (failures > 0 OR batch_limit IS NOT NULL)) AS troubled
    """  # noqa: S608 - our own column names
_CLAIM_IF_OPEN = text(
    _CLAIM.format(
        gate=f"""NOT EXISTS (SELECT 1 FROM connection_gate AS gate
            WHERE gate.connection = :erp AND {gates.SHUT})"""  # noqa: S608 - our own fragment
    )
)
# Whoever holds the probe goes through although the circuit is open.
_CLAIM_PROBE = text(_CLAIM.format(gate="true"))

_BACK_TO_JUDGING = text(
    f"""
    UPDATE posting SET state = 'RECEIVED', due_at = :now, updated_at = :now
    WHERE target_connection = :erp AND state = 'READY' AND due_at <= :now AND {_PERIOD_CLOSED}
    RETURNING id, time_entry_id
    """  # noqa: S608 - our own SQL
)

_WORTH_ASKING = text(
    f"""
    SELECT EXISTS (SELECT 1 FROM posting
                   WHERE target_connection = :erp AND state = 'READY' AND due_at <= :now)
      AND NOT EXISTS (SELECT 1 FROM connection_gate AS gate
                      WHERE gate.connection = :erp AND {gates.SHUT})
    """  # noqa: S608 - our own fragment
)


def leased_from(row: Mapping[Any, Any]) -> Leased:
    """A claimed row as a value."""
    facts: dict[str, Any] = {name: row[name] for name in _LEASED if name in row}
    facts["request"] = PostingRequest.model_validate(facts["request"])
    facts["kind"] = PostingKind(facts["kind"])
    return Leased(**facts)


@dataclass(frozen=True)
class Batch:
    """Postings leased together.

    :param deadline: counts from the lease, not from the call: a worker that was suspended in
        between must not send what another one may have looked up and sent by then.
    :param troubled: something failed on this connection lately, so that an answer is news.
    """

    leased: Sequence[Leased]
    token: UUID
    deadline: datetime
    troubled: bool


async def send(ledger: Ledger, erp: str) -> tuple[Committed, bool]:
    """Send one batch to an ERP connection; returns what came of it, and whether to go on.

    Not if nothing is due, nor if the connection is shut or did not take all of the batch: going
    on at once would only knock at a closed door.
    """
    token = uuid4()
    if not ledger.knows(erp) and not await _is_worth_asking(ledger, erp):
        return Committed(), False
    try:
        abilities = await ledger.abilities(erp)
    except TimepostProblem as problem:
        health = Health(answered=False, failure=after_problem(problem))
        await breaker.note(ledger, erp, CallKind.SEND, token, 0, health)
        return Committed(), False
    limit = min(abilities.max_batch, BATCH)
    batch = await claim(ledger, erp, token, limit, abilities.settle_seconds)
    judge = len(batch.leased) < limit and await _back_to_judging(ledger, erp)
    if not batch.leased:
        return Committed(judge=judge), False
    sent = await deliver(ledger, erp, batch, abilities.settle_seconds)
    committed = replace(sent.committed, judge=sent.committed.judge or judge)
    return committed, sent.health.answered and sent.health.failure is None


async def claim(
    ledger: Ledger, erp: str, token: UUID, limit: int, settle_seconds: int, *, probe: bool = False
) -> Batch:
    """Lease a batch; when this has committed, the intent to send each of them stands.

    :param probe: the caller holds the connection's probe, so that its circuit does not count.
    """
    async with ledger.database.transaction() as transaction:
        now = ledger.clock.now()
        lease_until = now + ledger.timing.lease_span
        rows = await transaction.execute(
            _CLAIM_PROBE if probe else _CLAIM_IF_OPEN,
            {
                "erp": erp,
                "now": now,
                "limit": limit,
                "token": token,
                "lease_until": lease_until,
                "look_up_at": lease_until + timedelta(seconds=settle_seconds),
            },
        )
        claimed = as_dicts(rows)
    if claimed:
        reached(StopPoint.INTENT_COMMITTED)
    troubled = any(row["troubled"] for row in claimed)
    leased = [leased_from(row) for row in claimed]
    return Batch(leased, token, now + timedelta(seconds=ledger.timing.call), troubled)


@dataclass(frozen=True)
class Sent:
    """What one call came to: for its lines, and for the connection."""

    committed: Committed
    health: Health


async def deliver(ledger: Ledger, erp: str, batch: Batch, settle_seconds: int) -> Sent:
    """Make the call for a batch, and commit what it tells of the connection and of each line."""
    settle = timedelta(seconds=settle_seconds)
    with resume([each.carrier for each in batch.leased], "send postings"):
        results, health = await _call(ledger, erp, batch.leased, batch.deadline, settle)
        reached(StopPoint.OUTCOMES_KNOWN)
        # First the connection, so that nobody sends again what this call did not bring through.
        if health.failure is not None or (health.answered and batch.troubled):
            size = len(batch.leased)
            await breaker.note(ledger, erp, CallKind.SEND, batch.token, size, health)
        committed = await outcomes.commit(ledger, batch.token, results)
    reached(StopPoint.OUTCOMES_COMMITTED)
    if any(each.kind is PostingKind.REVERSAL for each in batch.leased):
        reached(StopPoint.REVERSAL_POSTED)
    return Sent(committed, health)


async def _back_to_judging(ledger: Ledger, erp: str) -> bool:
    """Whether some were ready whose period has closed since; they go into the next one."""
    async with ledger.database.transaction() as transaction:
        now = ledger.clock.now()
        rows = (await transaction.execute(_BACK_TO_JUDGING, {"erp": erp, "now": now})).all()
        what = "period closed before it was sent"
        steps = [lineage.Step(row.time_entry_id, what, now, row.id) for row in rows]
        await lineage.record(transaction, steps)
        return bool(rows)


async def _is_worth_asking(ledger: Ledger, erp: str) -> bool:
    asked = {"erp": erp, "now": ledger.clock.now()}
    async with ledger.database.transaction() as transaction:
        return bool((await transaction.execute(_WORTH_ASKING, asked)).scalar_one())


async def _call(
    ledger: Ledger, erp: str, leased: Sequence[Leased], deadline: datetime, settle: timedelta
) -> tuple[list[Result], Health]:
    if ledger.clock.now() >= deadline:
        late = [answers.not_sent(each, "not sent in time") for each in leased]
        return late, Health(answered=False)
    requests = [each.request for each in leased]
    try:
        answer = await ledger.system.post(erp, requests, deadline, ledger.timing.answer)
    except RequestRefused as problem:
        if len(leased) == 1:
            return [answers.not_readable(leased[0], problem)], Health(answered=True)
        # One line that cannot even be read must not stop the others.
        middle = len(leased) // 2
        first, one = await _call(ledger, erp, leased[:middle], deadline, settle)
        second, other = await _call(ledger, erp, leased[middle:], deadline, settle)
        return first + second, one.together_with(other)
    except OutcomeUnknown as problem:
        wait = settle + timedelta(seconds=ledger.timing.answer)
        return [answers.in_doubt(each, wait) for each in leased], after_silence(problem)
    except TimepostProblem as problem:
        health = Health(answered=False, failure=after_problem(problem))
        return [answers.not_sent(each) for each in leased], health
    health = after_outcomes(answer.outcomes)
    said = {outcome.posting_key: outcome for outcome in answer.outcomes}
    reading = answers.Reading(erp, settle, ledger.timing, health)
    return [reading.result(each, said.get(each.posting_key)) for each in leased], health
