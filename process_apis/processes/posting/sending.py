"""Sends what is ready: intent first, one call for a batch, an outcome for each."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import text

from process_apis.processes.connections import gates
from process_apis.processes.connections.states import CallKind
from process_apis.processes.lineage import store as lineage
from process_apis.processes.posting import answers, breaker, outcomes
from process_apis.processes.posting.claiming import PERIOD_CLOSED, Batch, claim
from process_apis.processes.posting.health import (
    Health,
    after_outcomes,
    after_problem,
    after_silence,
)
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.outcomes import Committed, Leased, Result
from process_apis.processes.posting.states import PostingKind
from process_apis.upstream.system_tier import RequestRefused
from shared.problems import OutcomeUnknown, TimepostProblem
from shared.stop_points import StopPoint, reached
from shared.telemetry import resume

# A connection's rate is waited for if it is not long; the tick comes back to slower ones.
_LONGEST_WAIT = timedelta(seconds=1)

_BACK_TO_JUDGING = text(
    f"""
    UPDATE posting SET state = 'RECEIVED', due_at = :now, updated_at = :now
    WHERE target_connection = :erp AND state = 'READY' AND due_at <= :now AND {PERIOD_CLOSED}
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
    batch = await claim(ledger, erp, token, abilities)
    judge = len(batch.leased) < abilities.max_batch and await _back_to_judging(ledger, erp)
    if not batch.leased:
        return Committed(judge=judge), await _waited_for_rate(batch)
    sent = await deliver(ledger, erp, batch, abilities.settle_seconds)
    committed = replace(sent.committed, judge=sent.committed.judge or judge)
    return committed, sent.health.answered and sent.health.failure is None


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


async def _waited_for_rate(batch: Batch) -> bool:
    """Whether it is worth going on: nothing was leased only because of the connection's rate."""
    if not timedelta() < batch.wait <= _LONGEST_WAIT:
        return False
    await asyncio.sleep(batch.wait.total_seconds())
    return True


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
