"""Sends what is ready: intent first, one call for a batch, an outcome for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from process_apis.database import as_dicts
from process_apis.processes.lineage import store as lineage
from process_apis.processes.posting import outcomes, refusals
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.outcomes import LEASED_COLUMNS, Committed, Leased, Result
from process_apis.processes.posting.rules import Finding
from process_apis.processes.posting.states import PostingState
from process_apis.upstream.erp import ErrorClass, PostingOutcome, PostingRequest
from shared.problems import OutcomeUnknown, TimepostProblem
from shared.telemetry import resume

BATCH = 200

# What is no longer approved is not sent, even if the ledger has not looked at the change yet.
# `due_at` is set to when a look-up would prove something, should this worker die right now.
_CLAIM = text(
    f"""
    WITH due AS (
        SELECT posting.id FROM posting JOIN time_entry AS entry ON entry.id = time_entry_id
        WHERE target_connection = :erp AND posting.state = 'READY' AND due_at <= :now
          AND entry.state = 'APPROVED' AND entry.approved_version = posting.version
        ORDER BY due_at, posting.id LIMIT :limit FOR UPDATE OF posting SKIP LOCKED
    )
    UPDATE posting SET state = 'SENDING', attempts = attempts + 1, lease_token = :token,
        lease_until = :lease_until, due_at = :look_up_at, updated_at = :now
    FROM due, time_entry AS entry, time_entry_version AS version
    WHERE posting.id = due.id AND entry.id = posting.time_entry_id
      AND version.time_entry_id = posting.time_entry_id AND version.version = posting.version
    RETURNING {LEASED_COLUMNS}
    """  # noqa: S608 - our own column names
)


def leased_from(row: Mapping[Any, Any]) -> Leased:
    """A claimed row as a value."""
    facts: dict[str, Any] = dict(row)
    facts["request"] = PostingRequest.model_validate(facts["request"])
    return Leased(**facts)


@dataclass(frozen=True)
class Batch:
    """Postings leased together.

    :param deadline: counts from the lease, not from the call: a worker that was suspended in
        between must not send what another one may have looked up and sent by then.
    """

    leased: Sequence[Leased]
    deadline: datetime


async def send(ledger: Ledger, erp: str) -> tuple[Committed, bool]:
    """Send one batch to an ERP connection; returns what came of it, and whether to go on.

    Not if nothing is due, nor if nothing can be sent now: going on at once would only knock at
    a closed door.

    :raises TimepostProblem: it could not even be found out how to send; one posting tells of it.
    """
    token = uuid4()
    try:
        abilities = await ledger.abilities(erp)
    except TimepostProblem as problem:
        batch = await _claim(ledger, erp, token, 1, 0)
        await outcomes.commit(ledger, token, _not_sent(ledger, batch.leased, problem))
        raise
    limit = min(abilities.max_batch, BATCH)
    batch = await _claim(ledger, erp, token, limit, abilities.settle_seconds)
    if not batch.leased:
        return Committed(), False
    with resume([each.carrier for each in batch.leased], "send postings"):
        results = await _call(ledger, erp, batch, abilities.settle_seconds)
        committed = await outcomes.commit(ledger, token, results)
    return committed, not any(each.forgive for each in results)


async def _claim(ledger: Ledger, erp: str, token: UUID, limit: int, settle_seconds: int) -> Batch:
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
        leased = [leased_from(row) for row in as_dicts(rows)]
        steps = [
            lineage.Step(each.time_entry_id, "sending", now, each.id, detail={"erp": erp})
            for each in leased
        ]
        await lineage.record(transaction, steps)
        return Batch(leased, now + timedelta(seconds=ledger.timing.call))


async def _call(ledger: Ledger, erp: str, batch: Batch, settle_seconds: int) -> list[Result]:
    timing, leased = ledger.timing, batch.leased
    settle = timedelta(seconds=settle_seconds)
    if ledger.clock.now() >= batch.deadline:
        return [Result(each, PostingState.READY, "not sent in time", forgive=1) for each in leased]
    try:
        answer = await ledger.system.post(
            erp, [each.request for each in leased], batch.deadline, timing.answer
        )
    except OutcomeUnknown:
        wait = settle + timedelta(seconds=timing.answer)
        return [_in_doubt(each, wait) for each in leased]
    except TimepostProblem as problem:
        return _not_sent(ledger, leased, problem)
    said = {outcome.posting_key: outcome for outcome in answer.outcomes}
    return [_result(ledger, erp, each, said.get(each.posting_key), settle) for each in leased]


def _result(
    ledger: Ledger, erp: str, leased: Leased, outcome: PostingOutcome | None, settle: timedelta
) -> Result:
    """One outcome's meaning. No outcome, or one without its line, is an unknown one."""
    if outcome is None or outcome.status == "in_doubt" or _says_it_stands(outcome):
        return _in_doubt(leased, settle)
    if outcome.status in ("posted", "already_posted"):
        if outcome.line is None:
            return _in_doubt(leased, timedelta())
        how = "posted" if outcome.status == "posted" else "found posted"
        return outcomes.posted(leased, [outcome.line], how)
    if outcome.status == "rejected":
        step = refusals.after_refusal(erp, leased.request, outcome.error)
        what = "refused by the ERP"
    else:
        step = refusals.after_retry(leased.attempts, outcome.error, ledger.timing)
        what = "not possible now"
    return Result(leased, step.state, what, step.wait, finding=step.finding, error=outcome.error)


def _says_it_stands(outcome: PostingOutcome) -> bool:
    """A refused duplicate is a line that stands in the ERP: the look-up shows it."""
    error = outcome.error
    return (
        outcome.status == "rejected"
        and error is not None
        and error.error_class is ErrorClass.DUPLICATE
    )


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
