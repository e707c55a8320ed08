"""Submitting hours, and taking a submission back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.approvals import entries, rules, store
from process_apis.processes.approvals.configuration import ConnectionTable
from process_apis.processes.approvals.desk import ApprovalsDesk
from process_apis.processes.approvals.entries import Entry
from process_apis.processes.approvals.rules import Authority, Refusal
from process_apis.processes.approvals.schemas import NewSubmission, Skipped
from process_apis.processes.approvals.tables import CoverState, RequestState
from process_apis.processes.connections import store as connections
from process_apis.processes.time_entries import recording
from process_apis.processes.time_entries import store as heads
from process_apis.processes.time_entries.rules import Decision
from process_apis.processes.time_entries.states import EntryState
from process_apis.processes.time_entries.transitions import Actor
from shared.identity import Principal
from shared.problems import Conflict, FieldError, Forbidden, ValidationFailed
from shared.telemetry import carry

# Submitted and partly approved ones were so in the tracker, before Timepost gave the approvals.
_SUBMITTABLE = {
    EntryState.DRAFT,
    EntryState.REJECTED,
    EntryState.REOPENED,
    EntryState.SUBMITTED,
    EntryState.PARTIALLY_APPROVED,
}


@dataclass(frozen=True)
class Submitted:
    """What a submission led to: ids of requests that are open for these hours."""

    requests: list[UUID]
    submitted: int
    skipped: list[Skipped]


@dataclass(frozen=True)
class _Submitter:
    caller: Principal
    email: str | None
    authority: Authority
    note: str | None


async def submit(desk: ApprovalsDesk, caller: Principal, wanted: NewSubmission) -> Submitted:
    """Ask for approval of a worker's hours; asking again for the same changes nothing.

    :raises NotFound: there is no such tracker connection.
    :raises Conflict: its tracker gives the approvals, or nobody can tell whose hours these are.
    :raises Forbidden: they are somebody else's.
    :raises ValidationFailed: the connection wants a day, or entries, and got none.
    """
    async with desk.database.transaction() as transaction:
        await connections.require(transaction, wanted.connection, "time_tracking")
        table = desk.table_of(wanted.connection)
        now = desk.clock.now()
        email = desk.settings.people.get(caller.subject)
        ids = await _ids(transaction, table, wanted, email)
        await heads.lock_heads(transaction, table.name, ids)
        found = await entries.load(transaction, table.name, ids, now)
        known = await store.delegations(transaction, now)
        by_worker: dict[str, list[Entry]] = {}
        for each in found:
            by_worker.setdefault(each.worker_external_id, []).append(each)
        outcome = Submitted([], 0, _not_known(ids, found))
        for mine in by_worker.values():
            emails = _identified(mine)
            authority = rules.may_submit(desk.settings.person(caller), emails, known, now)
            if isinstance(authority, Refusal):
                raise Forbidden(authority.reason, code=authority.code)
            who = _Submitter(caller, email, authority, wanted.note)
            part = await _submit_of_one(transaction, table, mine, who, wanted.day, now)
            requests = [*outcome.requests, *part.requests]
            skipped = [*outcome.skipped, *part.skipped]
            outcome = Submitted(requests, outcome.submitted + part.submitted, skipped)
        return outcome


async def withdraw(desk: ApprovalsDesk, caller: Principal, request_id: UUID) -> None:
    """Take a submission back; its entries are drafts again, as before it.

    :raises NotFound: there is no such request.
    :raises Forbidden: neither the worker nor whoever submitted it asks.
    :raises Conflict: it is decided.
    """
    async with desk.database.transaction() as transaction:
        covers = await store.covers_of(transaction, request_id)
        connection = (await store.one(transaction, request_id)).connection
        ids = [each.external_id for each in covers]
        await heads.lock_heads(transaction, connection, ids)
        request = await store.one(transaction, request_id, lock=True)
        email = desk.settings.people.get(caller.subject)
        if caller.subject != request.submitted_by and email not in request.worker_emails:
            raise Forbidden("Somebody else submitted these hours.", code="not_your_hours")
        if request.state in (RequestState.WITHDRAWN, RequestState.VOID):
            return
        if request.state != RequestState.SUBMITTED:
            raise Conflict("It is decided.", code="already_decided")
        now = desk.clock.now()
        versions = {each.time_entry_id: each.version for each in covers}
        found = await entries.load(transaction, connection, ids, now)
        live = [each for each in found if is_live(each, versions[each.id], request_id)]
        decision = Decision(status="OPEN", approval_id=str(request_id))
        actor, facts = f"user:{caller.subject}", {"approval": str(request_id), "what": "withdrawn"}
        seen = [each.observed(decision, Actor.CONSULTANT, actor, facts, carry()) for each in live]
        await recording.record(transaction, connection, seen, now)
        covered = [each.id for each in live]
        await store.close(transaction, request, RequestState.WITHDRAWN, covered, decided_at=now)


def is_live(entry: Entry, version: int, request_id: UUID) -> bool:
    """Whether an entry still stands as it was submitted under a request."""
    return (
        entry.state is EntryState.SUBMITTED
        and entry.version == version
        and entry.approval_id == str(request_id)
    )


async def _ids(
    transaction: AsyncConnection,
    table: ConnectionTable,
    wanted: NewSubmission,
    email: str | None,
) -> list[str]:
    if table.scope == "entry":
        if not wanted.entries:
            raise _missing("entries", f"{table.name} takes single entries: name them")
        return list(wanted.entries)
    if wanted.day is None:
        raise _missing("day", f"{table.name} takes a {table.period}: name a day of it")
    if not rules.in_our_time(wanted.day.year):
        raise ValidationFailed(
            "Nobody worked on that day.",
            errors=[FieldError(field="$.day", message="has to lie between 2000 and 2999")],
        )
    if wanted.worker is None and email is None:
        raise Conflict(
            "The approvals file lists no work email for this account, so it has no hours of its "
            "own.",
            code="person_unknown",
            action="Name the worker, or have an administrator list the account.",
        )
    span = rules.period_of(wanted.day, table.period, table.week_start)
    return await entries.of_period(transaction, table.name, span, wanted.worker, email)


def _not_known(ids: Sequence[str], found: Sequence[Entry]) -> list[Skipped]:
    known = {each.external_id for each in found}
    reason = "not known here, or not yet"
    return [
        Skipped(external_id=each, reason=reason) for each in dict.fromkeys(ids) if each not in known
    ]


def _missing(name: str, message: str) -> ValidationFailed:
    return ValidationFailed(
        f"{message}.", errors=[FieldError(field=f"$.{name}", message="is needed here")]
    )


def _identified(mine: Sequence[Entry]) -> frozenset[str]:
    emails = entries.emails_of(mine)
    if not emails:
        raise Conflict(
            f"No work email is known of the worker {mine[0].worker_external_id}, so nobody can "
            "tell whose own hours these are.",
            code="worker_not_identified",
            action="Have a data steward bind the tracker's worker to the one in the ERP.",
        )
    return emails


async def _submit_of_one(
    transaction: AsyncConnection,
    table: ConnectionTable,
    mine: Sequence[Entry],
    who: _Submitter,
    day: date | None,
    now: datetime,
) -> Submitted:
    await store.void_outdated(transaction, [each.id for each in mine])
    open_now = await store.open_requests(transaction, [each.id for each in mine])
    skipped = [
        Skipped(external_id=e.external_id, reason=why) for e in mine if (why := _skip(e, open_now))
    ]
    left_out = {each.external_id for each in skipped}
    emails = entries.emails_of(mine)
    groups: dict[tuple[str | None, str], list[Entry]] = {}
    for each in mine:
        if each.external_id not in left_out:
            approver = _approver(table, each, emails)
            one_by_one = each.external_id if table.scope == "entry" else ""
            groups.setdefault((approver, one_by_one), []).append(each)
    requests, covers, seen = [], [], []
    for (approver, _), group in groups.items():
        row = _request(table, group, emails, who, day, now, approver)
        requests.append(row)
        covers += [_cover(row["id"], each) for each in group]
        decision = Decision(status="SUBMITTED", approval_id=str(row["id"]))
        actor, facts = _actor(who), _facts(row, who)
        seen += [each.observed(decision, Actor.CONSULTANT, actor, facts, carry()) for each in group]
    await store.add(transaction, requests, covers)
    await recording.record(transaction, table.name, seen, now)
    ids = sorted({*open_now.values(), *(row["id"] for row in requests)})
    return Submitted(ids, len(covers), skipped)


def _skip(entry: Entry, open_now: dict[UUID, UUID]) -> str | None:
    if entry.id in open_now:
        return "already submitted"
    if entry.state not in _SUBMITTABLE:
        return f"already {entry.state.lower()}"
    if entry.content["running"]:
        return "its timer still runs"
    if entry.minutes <= 0:
        return "it has no duration"
    return None


def _approver(table: ConnectionTable, entry: Entry, emails: frozenset[str]) -> str | None:
    approvers = table.approvers
    if approvers is None:
        return None
    return rules.responsible(emails, entry.projects, approvers.by_project, approvers.default)


def _request(
    table: ConnectionTable,
    group: Sequence[Entry],
    emails: frozenset[str],
    who: _Submitter,
    day: date | None,
    now: datetime,
    approver: str | None,
) -> dict[str, Any]:
    first = group[0].work_date
    span = (first, first)
    if table.scope == "period":
        span = rules.period_of(day or first, table.period, table.week_start)
    return {
        "id": uuid4(),
        "connection": table.name,
        "worker_external_id": group[0].worker_external_id,
        "worker_name": group[0].worker_name,
        "worker_emails": sorted(emails),
        "scope": table.scope,
        "period_start": span[0],
        "period_end": span[1],
        "minutes": sum(each.minutes for each in group),
        "approver": approver,
        "state": RequestState.SUBMITTED,
        "submitted_at": now,
        "submitted_by": who.caller.subject,
        "submitter_email": who.email,
        "submitted_as": who.authority.capacity,
        "note": who.note,
        "carrier": carry(),
        "version": 1,
    }


def _cover(request_id: UUID, entry: Entry) -> dict[str, Any]:
    return {
        "request_id": request_id,
        "time_entry_id": entry.id,
        "external_id": entry.external_id,
        "version": entry.version,
        "minutes": entry.minutes,
        "work_date": entry.work_date,
        "state": CoverState.WAITING,
    }


def _actor(who: _Submitter) -> str:
    return f"user:{who.caller.subject}"


def _facts(row: dict[str, Any], who: _Submitter) -> dict[str, Any]:
    return {
        "approval": str(row["id"]),
        "submitted_as": who.authority.capacity,
        "on_behalf_of": who.authority.on_behalf_of,
        "asked": row["approver"],
        "through": list(who.caller.actors),
    }
