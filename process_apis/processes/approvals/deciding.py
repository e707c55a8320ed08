"""Deciding on requests: once, by somebody who may, for the versions that were submitted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.approvals import entries, rules, store
from process_apis.processes.approvals.desk import ApprovalsDesk
from process_apis.processes.approvals.entries import Entry
from process_apis.processes.approvals.rules import Authority, Case, Person, Refusal
from process_apis.processes.approvals.schemas import Judgement, Verb
from process_apis.processes.approvals.steps import is_live
from process_apis.processes.approvals.tables import ApprovalRequest, RequestState
from process_apis.processes.outbox import store as outbox
from process_apis.processes.time_entries import recording
from process_apis.processes.time_entries import store as heads
from process_apis.processes.time_entries.rules import Decision
from process_apis.processes.time_entries.transitions import Actor
from shared.identity import Principal
from shared.problems import (
    Conflict,
    FieldError,
    Forbidden,
    PreconditionFailed,
    ValidationFailed,
)
from shared.telemetry import carry

_STATES = {Verb.APPROVE: RequestState.APPROVED, Verb.REJECT: RequestState.REJECTED}


@dataclass(frozen=True)
class _Verdict:
    caller: Principal
    person: Person
    authority: Authority
    state: RequestState
    reason: str | None
    at: datetime


async def decide(
    desk: ApprovalsDesk,
    caller: Principal,
    request_id: UUID,
    judgement: Judgement,
    seen_version: int,
) -> None:
    """Decide on a request as it was read. The same decision by the same person again is a no-op.

    Entries that were changed since they were submitted are not part of it: they become void.

    :param seen_version: the request's version as read.
    :raises NotFound: there is no such request.
    :raises ValidationFailed: saying no needs a reason.
    :raises Forbidden: the caller may not; the code says why.
    :raises PreconditionFailed: it is not as it was read.
    :raises Conflict: it was decided or withdrawn, or nothing of it stands as it was submitted.
    """
    if judgement.decision is Verb.REJECT and judgement.reason is None:
        field = FieldError(field="$.reason", message="is needed to reject")
        raise ValidationFailed("Saying no needs a reason.", errors=[field])
    state = _STATES[judgement.decision]
    async with desk.database.transaction() as transaction:
        covers = await store.covers_of(transaction, request_id)
        connection = (await store.one(transaction, request_id)).connection
        ids = [each.external_id for each in covers]
        await heads.lock_heads(transaction, connection, ids)
        request = await store.one(transaction, request_id, lock=True)
        if request.state == state and request.decided_by == caller.subject:
            return
        now = desk.clock.now()
        found = await entries.load(transaction, connection, ids, now)
        person = desk.settings.person(caller)
        case = case_of(request, entries.emails_of(found))
        known = await store.delegations(transaction, now)
        authority = rules.may_decide(person, case, known, now)
        if isinstance(authority, Refusal):
            raise Forbidden(authority.reason, code=authority.code, action=_ACTION)
        desk.table_of(connection)
        _still_open(request, seen_version)
        versions = {each.time_entry_id: each.version for each in covers}
        live = [each for each in found if is_live(each, versions[each.id], request_id)]
        verdict = _Verdict(caller, person, authority, state, judgement.reason, now)
        await _carry_out(transaction, request, live, verdict)
    if not live:
        raise Conflict(
            "Every entry of it was changed or deleted since it was submitted.",
            code="nothing_as_submitted",
            action="Wait until the hours are submitted again.",
        )


_ACTION = "Have it decided by the responsible person, their delegate, or a finance controller."


def case_of(request: ApprovalRequest, emails: frozenset[str] = frozenset()) -> Case:
    """What a request says to the rules; ``emails`` by which the worker is known by now."""
    return Case(
        worker_emails=frozenset(request.worker_emails) | emails,
        approver=request.approver,
        submitted_by=request.submitted_by,
        submitter_email=request.submitter_email,
    )


def _still_open(request: ApprovalRequest, seen_version: int) -> None:
    if request.state != RequestState.SUBMITTED:
        by = f" by {request.decided_by}" if request.decided_by else ""
        raise Conflict(
            f"It is {request.state.lower()} already{by}.",
            code="already_decided",
            action="Read it again.",
        )
    if request.version != seen_version:
        raise PreconditionFailed("Entries of it were changed since you read it.")


async def _carry_out(
    transaction: AsyncConnection,
    request: ApprovalRequest,
    live: Sequence[Entry],
    verdict: _Verdict,
) -> None:
    approver = {
        # Marked as ours: the tracker may call one of its workers by the same name.
        "external_id": f"user:{verdict.caller.subject}",
        "email": verdict.person.email,
        "name": verdict.caller.subject,
    }
    word: Any = verdict.state.value
    decision = Decision(word, str(request.id), approver, verdict.at)
    facts = {
        "approval": str(request.id),
        "decided_as": verdict.authority.capacity,
        "on_behalf_of": verdict.authority.on_behalf_of,
        "reason": verdict.reason,
        "through": list(verdict.caller.actors),
    }
    actor = f"user:{verdict.caller.subject}"
    seen = [each.observed(decision, Actor.APPROVER, actor, facts, carry()) for each in live]
    await recording.record(transaction, request.connection, seen, verdict.at)
    if not live:
        await store.close(transaction, request, RequestState.VOID, [])
        return
    await store.close(
        transaction,
        request,
        verdict.state,
        [each.id for each in live],
        decided_at=verdict.at,
        decided_by=verdict.caller.subject,
        decider_email=verdict.person.email,
        decided_as=verdict.authority.capacity,
        decided_for=verdict.authority.on_behalf_of,
        delegation_id=verdict.authority.delegation_id,
        reason=verdict.reason,
    )
    await outbox.add(transaction, [event_of(request, verdict.state, len(live), verdict.at)])


def event_of(
    request: ApprovalRequest, state: RequestState, covered: int, at: datetime
) -> outbox.NewEvent:
    """For whoever listens downstream."""
    return outbox.NewEvent(
        type=f"timepost.approval.{state.lower()}.v1",
        subject=str(request.id),
        data={
            "connection": request.connection,
            "worker": request.worker_external_id,
            "period_start": request.period_start.isoformat(),
            "period_end": request.period_end.isoformat(),
            "entries": covered,
        },
        created_at=at,
        carrier=carry(),
    )
