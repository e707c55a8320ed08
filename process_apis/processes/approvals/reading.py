"""Reads requests and what waits, for people and programs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis import cursors
from process_apis.processes.approvals import rules, store
from process_apis.processes.approvals.deciding import case_of
from process_apis.processes.approvals.desk import ApprovalsDesk
from process_apis.processes.approvals.rules import Authority, Refusal
from process_apis.processes.approvals.schemas import (
    ApprovalRequestDetail,
    ApprovalRequestPage,
    ApprovalRequestView,
    CoveredEntry,
    MayDecide,
    WaitingEntries,
    WaitingEntry,
)
from process_apis.processes.approvals.tables import RequestState
from shared.identity import Principal
from shared.problems import Conflict, NotFound

# Who keeps the books, or the machine running, sees everybody's requests.
SEES_ALL = frozenset({"finance.analyst", rules.CONTROLLER, "integration.operator"})


@dataclass(frozen=True)
class Filters:
    """Which requests; None admits all.

    :param seen_by: addresses; only requests of these workers or that these people decide on.
    :param of: addresses; only requests of these workers.
    :param asked: addresses; only requests that these people are responsible for.
    :param not_of: addresses; no requests of these workers.
    """

    connection: str | None = None
    worker: str | None = None
    state: RequestState | None = None
    of: Collection[str] | None = None
    asked: Collection[str] | None = None
    not_of: Collection[str] = ()
    seen_by: Collection[str] | None = None
    subject: str = ""
    escalated: bool = False


_WHERE = """
    WHERE (CAST(:connection AS text) IS NULL OR connection = :connection)
      AND (CAST(:worker AS text) IS NULL OR worker_external_id = :worker)
      AND (CAST(:state AS text) IS NULL OR state = :state)
      AND (CAST(:asked AS text[]) IS NULL OR approver = ANY(:asked))
      AND (CAST(:of AS text[]) IS NULL OR worker_emails ?| CAST(:of AS text[]))
      AND NOT (worker_emails ?| CAST(:not_of AS text[]))
      AND (CAST(:seen_by AS text[]) IS NULL OR approver = ANY(:seen_by)
           OR worker_emails ?| CAST(:seen_by AS text[]) OR submitted_by = :subject)
      AND (NOT :escalated OR approver IS NULL)
"""
_TOTAL = text(
    f"SELECT count(*) AS total, coalesce(sum(minutes), 0) AS minutes"  # noqa: S608 - ours
    f" FROM approval_request {_WHERE}"
)
_COUNTS = f"""
    SELECT count(*) AS entries,
           count(*) FILTER (WHERE waits) AS entries_waiting,
           coalesce(sum(minutes) FILTER (WHERE waits), 0) AS minutes_waiting
    FROM (SELECT cover.minutes, cover.state = 'WAITING' AND NOT {store.OUTDATED} AS waits
          FROM approval_cover AS cover JOIN time_entry AS entry ON entry.id = cover.time_entry_id
          WHERE cover.request_id = request.id) AS covered
"""  # noqa: S608 - our own words


def _page(newest_first: bool) -> Any:
    before, order = ("<", "DESC") if newest_first else (">", "ASC")
    return text(
        f"""
        SELECT request.*, counts.* FROM (
            SELECT * FROM approval_request {_WHERE}
              AND (CAST(:before AS timestamptz) IS NULL
                   OR (submitted_at, id) {before} (:before, CAST(:before_id AS uuid)))
            ORDER BY submitted_at {order}, id {order} LIMIT :limit) AS request
        CROSS JOIN LATERAL ({_COUNTS}) AS counts
        ORDER BY request.submitted_at {order}, request.id {order}
        """  # noqa: S608 - our own words
    )


_PAGES = {True: _page(newest_first=True), False: _page(newest_first=False)}
_SOME = text(
    f"SELECT request.*, counts.* FROM approval_request AS request"  # noqa: S608 - our own words
    f" CROSS JOIN LATERAL ({_COUNTS}) AS counts WHERE request.id = ANY(:ids)"
    " ORDER BY request.submitted_at, request.id"
)
_ENTRIES = text(
    f"""
    SELECT cover.time_entry_id, cover.external_id, cover.version, cover.minutes, cover.work_date,
           CASE WHEN {store.OUTDATED} THEN 'VOID' ELSE cover.state END AS state,
           CASE WHEN {store.OUTDATED} THEN {store.WHY_VOID} ELSE cover.why END AS why,
           (version.content ->> 'billable')::boolean AS billable,
           coalesce(version.content -> 'project' ->> 'name',
                    version.content -> 'project' ->> 'code') AS project,
           version.content -> 'task' ->> 'name' AS task
    FROM approval_cover AS cover
    JOIN time_entry AS entry ON entry.id = cover.time_entry_id
    JOIN time_entry_version AS version
      ON version.time_entry_id = cover.time_entry_id AND version.version = cover.version
    WHERE cover.request_id = :id ORDER BY cover.work_date, cover.external_id
    """  # noqa: S608 - our own words
)


async def visible_to(
    desk: ApprovalsDesk, transaction: AsyncConnection, caller: Principal
) -> set[str] | None:
    """Addresses in whose name the caller sees requests; None: everybody's."""
    if caller.roles & SEES_ALL:
        return None
    return await stands_for(desk, transaction, caller)


async def stands_for(
    desk: ApprovalsDesk, transaction: AsyncConnection, caller: Principal
) -> set[str]:
    """The caller's address, and those of people whose delegate they are now."""
    email = desk.settings.people.get(caller.subject)
    if email is None:
        return set()
    now = desk.clock.now()
    known = await store.delegations(transaction, now)
    given = {each.delegator for each in known if each.delegate == email and each.holds_at(now)}
    return {email, *given}


async def page(
    transaction: AsyncConnection,
    filters: Filters,
    *,
    newest_first: bool,
    cursor: str | None,
    limit: int,
    now: datetime,
) -> ApprovalRequestPage:
    """One page of requests, with the sums of all pages."""
    before = cursors.decode(cursor)
    asked = {name: _listed(value) for name, value in vars(filters).items()}
    total = (await transaction.execute(_TOTAL, asked)).one()
    rows = await transaction.execute(
        _PAGES[newest_first],
        {
            **asked,
            "before": before[0] if before else None,
            "before_id": before[1] if before else None,
            "limit": limit,
        },
    )
    found = [view_of(row, now) for row in rows.mappings()]
    full = len(found) == limit
    following = cursors.encode(found[-1].submitted_at, found[-1].id) if full else None
    return ApprovalRequestPage(
        requests=found, next_cursor=following, total=total.total, total_minutes=total.minutes
    )


async def some(
    transaction: AsyncConnection, ids: Sequence[UUID], now: datetime
) -> list[ApprovalRequestView]:
    """Requests by id, the oldest first."""
    rows = await transaction.execute(_SOME, {"ids": list(ids)})
    return [view_of(row, now) for row in rows.mappings()]


async def detail(
    desk: ApprovalsDesk, transaction: AsyncConnection, caller: Principal, request_id: UUID
) -> ApprovalRequestDetail:
    """One request with its entries as submitted.

    :raises NotFound: there is none with this id, or none that the caller may see.
    """
    request = await store.one(transaction, request_id)
    names = await visible_to(desk, transaction, caller)
    if names is not None and not (
        request.approver in names
        or names & set(request.worker_emails)
        or request.submitted_by == caller.subject
    ):
        raise NotFound(f"There is no approval request {request_id}.")
    now = desk.clock.now()
    (view,) = await some(transaction, [request_id], now)
    rows = await transaction.execute(_ENTRIES, {"id": request_id})
    known = await store.delegations(transaction, now)
    authority = rules.may_decide(desk.settings.person(caller), case_of(request), known, now)
    return ApprovalRequestDetail(
        request=view,
        entries=[CoveredEntry.model_validate(dict(row)) for row in rows.mappings()],
        may_decide=_offer(desk, view, authority),
    )


def _offer(
    desk: ApprovalsDesk, view: ApprovalRequestView, authority: Authority | Refusal
) -> MayDecide:
    refusal = authority if isinstance(authority, Refusal) else _not_now(desk, view)
    if isinstance(authority, Refusal) or refusal is not None:
        found = refusal or authority
        code, reason = getattr(found, "code", None), getattr(found, "reason", None)
        return MayDecide(allowed=False, acting_as=None, on_behalf_of=None, code=code, reason=reason)
    return MayDecide(
        allowed=True,
        acting_as=authority.capacity,
        on_behalf_of=authority.on_behalf_of,
        code=None,
        reason=None,
    )


def _not_now(desk: ApprovalsDesk, view: ApprovalRequestView) -> Refusal | None:
    if view.state is not RequestState.SUBMITTED:
        return Refusal("already_decided", f"It is {view.state.lower()}.")
    if view.entries_waiting == 0:
        return Refusal("nothing_as_submitted", "Everything was changed since it was submitted.")
    try:
        desk.table_of(view.connection)
    except Conflict as conflict:
        return Refusal(conflict.code, conflict.detail)
    return None


_WAITING = """
    FROM time_entry AS entry
    LEFT JOIN approval_policy_verdict AS verdict
      ON verdict.time_entry_id = entry.id AND verdict.version = entry.version
    WHERE entry.connection = ANY(:connections)
      AND entry.state IN ('DRAFT', 'REOPENED')
      AND (CAST(:worker AS text) IS NULL OR entry.worker_external_id = :worker)
"""
_WAITING_TOTAL = text(f"SELECT count(*) AS total {_WAITING}")
_WAITING_PAGE = text(
    f"""
    SELECT entry.id AS time_entry_id, entry.connection, entry.external_id,
           entry.worker_external_id, entry.work_date, entry.minutes, entry.version,
           coalesce(verdict.reasons, '[]'::jsonb) AS reasons, verdict.looked_at,
           entry.created_at {_WAITING}
      AND (CAST(:after AS timestamptz) IS NULL
           OR (entry.created_at, entry.id) > (:after, CAST(:after_id AS uuid)))
    ORDER BY entry.created_at, entry.id LIMIT :limit
    """
)


async def waiting(
    transaction: AsyncConnection,
    connections: Sequence[str],
    worker: str | None,
    cursor: str | None,
    limit: int,
) -> WaitingEntries:
    """Entries that nobody submitted and no policy approved, with the policies' reasons."""
    after = cursors.decode(cursor)
    asked = {"connections": list(connections), "worker": worker}
    total = (await transaction.execute(_WAITING_TOTAL, asked)).scalar_one()
    place = {"after": after[0] if after else None, "after_id": after[1] if after else None}
    rows = await transaction.execute(_WAITING_PAGE, {**asked, **place, "limit": limit})
    found = rows.mappings().all()
    last = found[-1] if len(found) == limit else None
    return WaitingEntries(
        entries=[WaitingEntry.model_validate(dict(row)) for row in found],
        next_cursor=cursors.encode(last["created_at"], last["time_entry_id"]) if last else None,
        total=total,
    )


def view_of(row: RowMapping | Mapping[str, Any], now: datetime) -> ApprovalRequestView:
    """A request as it is shown; its age ends with its decision."""
    facts = dict(row)
    until = facts["decided_at"] or now
    age = max(0, int((until - facts["submitted_at"]).total_seconds()))
    return ApprovalRequestView.model_validate(
        {**facts, "worker": facts["worker_name"], "age_seconds": age}
    )


def _listed(value: Any) -> Any:
    return sorted(value) if isinstance(value, set | frozenset | tuple) else value
