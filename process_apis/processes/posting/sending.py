"""Sends what is ready: intent first, one call for a batch, an outcome for each."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import RowMapping, text

from process_apis.processes.lineage import store as lineage
from process_apis.processes.posting import outcomes, refusals
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.outcomes import Leased, Result
from process_apis.processes.posting.rules import Finding
from process_apis.processes.posting.states import PostingState
from process_apis.upstream.erp import PostingOutcome, PostingRequest
from shared.problems import OutcomeUnknown, TimepostProblem
from shared.telemetry import resume

BATCH = 200

# `due_at` is set to when a look-up would prove something, should this worker die right now.
_CLAIM = text(
    """
    WITH due AS (
        SELECT id FROM posting
        WHERE target_connection = :erp AND state = 'READY' AND due_at <= :now
        ORDER BY due_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE posting SET state = 'SENDING', attempts = attempts + 1, lease_token = :token,
        lease_until = :lease_until, due_at = :look_up_at, updated_at = :now
    FROM due, time_entry AS entry, time_entry_version AS version
    WHERE posting.id = due.id AND entry.id = posting.time_entry_id
      AND version.time_entry_id = posting.time_entry_id AND version.version = posting.version
    RETURNING posting.id, posting.time_entry_id, posting.version, posting.source_connection,
        entry.external_id AS entry_external_id, posting.posting_key, posting.request,
        posting.attempts, posting.lookups, posting.approved_at, posting.carrier,
        jsonb_build_object(
            'worker', coalesce(version.content -> 'worker' ->> 'name',
                               version.content -> 'worker' ->> 'email'),
            'project', version.content -> 'project' ->> 'name',
            'task', version.content -> 'task' ->> 'name') AS labels
    """
)


def leased_from(row: RowMapping) -> Leased:
    """A claimed row as a value."""
    facts: dict[str, Any] = dict(row)
    facts["request"] = PostingRequest.model_validate(facts["request"])
    return Leased(**facts)


async def send(ledger: Ledger, erp: str) -> int:
    """Send one batch to an ERP connection; returns how many postings it was."""
    abilities = await ledger.abilities(erp)
    token = uuid4()
    limit = min(abilities.max_batch, BATCH)
    leased = await _claim(ledger, erp, token, limit, abilities.settle_seconds)
    if not leased:
        return 0
    with resume([each.carrier for each in leased], "send postings"):
        results = await _call(ledger, erp, leased, abilities.settle_seconds)
        await outcomes.commit(ledger, token, results)
    return len(leased)


async def _claim(
    ledger: Ledger, erp: str, token: UUID, limit: int, settle_seconds: int
) -> list[Leased]:
    """Lease a batch; when this has committed, the intent to send each of them stands."""
    async with ledger.database.transaction() as transaction:
        now = ledger.clock.now()
        lease_until = now + ledger.timing.lease_span
        rows = await transaction.execute(
            _CLAIM,
            {
                "erp": erp,
                "now": now,
                "limit": limit,
                "token": token,
                "lease_until": lease_until,
                "look_up_at": lease_until + timedelta(seconds=settle_seconds),
            },
        )
        leased = [leased_from(row) for row in rows.mappings()]
        steps = [
            lineage.Step(each.time_entry_id, "sending", now, each.id, detail={"erp": erp})
            for each in leased
        ]
        await lineage.record(transaction, steps)
        return leased


async def _call(
    ledger: Ledger, erp: str, leased: Sequence[Leased], settle_seconds: int
) -> list[Result]:
    timing = ledger.timing
    settle = timedelta(seconds=settle_seconds)
    deadline = ledger.clock.now() + timedelta(seconds=timing.call)
    try:
        answer = await ledger.system.post(
            erp, [each.request for each in leased], deadline, timing.answer
        )
    except OutcomeUnknown:
        wait = settle + timedelta(seconds=timing.answer)
        return [_in_doubt(each, wait) for each in leased]
    except TimepostProblem as problem:
        return _not_sent(ledger, leased, problem)
    said = {outcome.posting_key: outcome for outcome in answer.outcomes}
    return [_result(ledger, each, said.get(each.posting_key), settle) for each in leased]


def _result(
    ledger: Ledger, leased: Leased, outcome: PostingOutcome | None, settle: timedelta
) -> Result:
    """One outcome's meaning. No outcome, or one without its line, is an unknown one."""
    if outcome is None or outcome.status == "in_doubt":
        return _in_doubt(leased, settle)
    if outcome.status in ("posted", "already_posted"):
        if outcome.line is None:
            return _in_doubt(leased, timedelta())
        how = "posted" if outcome.status == "posted" else "found posted"
        return outcomes.posted(leased, [outcome.line], how)
    if outcome.status == "rejected":
        step = refusals.after_refusal(leased.request, outcome.error)
        what = "refused by the ERP"
    else:
        step = refusals.after_retry(leased.attempts, outcome.error, ledger.timing)
        what = "not possible now"
    return Result(leased, step.state, what, step.wait, finding=step.finding, error=outcome.error)


def _in_doubt(leased: Leased, wait: timedelta) -> Result:
    return Result(leased, PostingState.IN_DOUBT, "outcome unknown", wait)


def _not_sent(ledger: Ledger, leased: Sequence[Leased], problem: TimepostProblem) -> list[Result]:
    """The batch never reached the ERP: all of it waits, and one incident speaks for it."""
    wait = timedelta(seconds=problem.retry_after or ledger.timing.outage_pause)
    finding = Finding("IO_UNAVAILABLE", detail={"said": problem.detail})
    return [
        Result(
            each,
            PostingState.READY,
            "not sent",
            wait,
            finding=finding if index == 0 else None,
            forgive=1,
            incident=True,
        )
        for index, each in enumerate(leased)
    ]
