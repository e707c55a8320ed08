"""What needs no person: policies approve what they may, and outdated submissions become void.

Found in the tables alone, so that a worker that is killed leaves nothing behind.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.approvals import entries, policies, store
from process_apis.processes.approvals.configuration import ConnectionTable
from process_apis.processes.approvals.deciding import event_of
from process_apis.processes.approvals.desk import ApprovalsDesk
from process_apis.processes.approvals.entries import Entry
from process_apis.processes.approvals.policies import Hours, Verdict
from process_apis.processes.approvals.rules import Capacity
from process_apis.processes.approvals.tables import (
    ApprovalRequest,
    CoverState,
    PolicyVerdict,
    RequestState,
)
from process_apis.processes.outbox import store as outbox
from process_apis.processes.time_entries import recording
from process_apis.processes.time_entries import store as heads
from process_apis.processes.time_entries.rules import Decision
from process_apis.processes.time_entries.states import EntryState
from process_apis.processes.time_entries.transitions import Actor

BATCH = 200
# A day comes to its end, a worker is bound, a neighbour is deleted: what waits is looked at again.
LOOK_AGAIN = timedelta(minutes=10)

_JUDGED = {EntryState.DRAFT, EntryState.REOPENED}

_WAITS = """
    FROM time_entry AS entry
    LEFT JOIN approval_policy_verdict AS verdict ON verdict.time_entry_id = entry.id
    WHERE entry.connection = ANY(:connections) AND entry.state IN ('DRAFT', 'REOPENED')
      AND (verdict.version IS DISTINCT FROM entry.version OR verdict.looked_at <= :before)
"""
_DAYS = text(
    f"""
    WITH due AS (SELECT entry.worker_external_id, entry.work_date {_WAITS}
                 ORDER BY entry.work_date, entry.id LIMIT :limit)
    SELECT entry.external_id FROM time_entry AS entry
    JOIN (SELECT DISTINCT worker_external_id, work_date FROM due) AS day
      USING (worker_external_id, work_date)
    WHERE entry.connection = ANY(:connections) AND entry.state <> 'DELETED'
    """  # noqa: S608 - our own words
)
_DUE = text(f"SELECT DISTINCT entry.connection {_WAITS}")
_OUTDATED = text(
    f"""
    SELECT DISTINCT entry.connection FROM approval_cover AS cover
    JOIN time_entry AS entry ON entry.id = cover.time_entry_id
    WHERE {store.OUTDATED}
    """  # noqa: S608 - our own words
)
_REJECTED = text(
    "SELECT DISTINCT time_entry_id FROM approval_cover"
    " WHERE state = 'REJECTED' AND time_entry_id = ANY(:ids)"
)


async def due(transaction: AsyncConnection, desk: ApprovalsDesk) -> list[str]:
    """Connections on which something can be done without a person."""
    if not desk.settings.ours:
        return []
    before = desk.clock.now() - LOOK_AGAIN
    asked = {"connections": list(desk.settings.by_policy), "before": before}
    found = {row.connection for row in await transaction.execute(_DUE, asked)}
    found |= {row.connection for row in await transaction.execute(_OUTDATED)}
    return sorted(found & desk.settings.ours)


async def void_outdated(desk: ApprovalsDesk) -> int:
    """Take what was changed after its submission out of open requests; returns of how many."""
    async with desk.database.transaction() as transaction:
        return await store.void_outdated(transaction)


async def apply_policies(desk: ApprovalsDesk, connection: str) -> int:
    """Let the policies look at one batch of entries; returns at how many they looked.

    All entries of a worker's day are looked at together: the limit is for the day.
    """
    table = desk.settings.of(connection)
    if table is None or not table.policies:
        return 0
    async with desk.database.transaction() as transaction:
        now = desk.clock.now()
        asked = {"connections": [connection], "before": now - LOOK_AGAIN, "limit": BATCH}
        ids = [row.external_id for row in await transaction.execute(_DAYS, asked)]
        if not ids:
            return 0
        await heads.lock_heads(transaction, connection, ids)
        found = await entries.load(transaction, connection, ids, now)
        judged = await _judge(transaction, table, found, now)
        await _note(transaction, judged, now)
        await _approve(transaction, table, judged, now)
        return len(judged)


@dataclass(frozen=True)
class _Judged:
    entry: Entry
    verdict: Verdict


async def _judge(
    transaction: AsyncConnection, table: ConnectionTable, found: Sequence[Entry], now: datetime
) -> list[_Judged]:
    days: dict[tuple[str, date], int] = {}
    for each in found:
        if each.state is not EntryState.REJECTED:
            day = (each.worker_external_id, each.work_date)
            days[day] = days.get(day, 0) + each.minutes
    asked = {"ids": [each.id for each in found]}
    rejected = {row.time_entry_id for row in await transaction.execute(_REJECTED, asked)}
    return [
        _Judged(
            each,
            policies.judge(
                Hours(
                    work_date=each.work_date,
                    minutes=each.minutes,
                    running=each.content["running"],
                    billable=each.content["billable"],
                    legal_entity=each.legal_entity,
                    projects=frozenset(each.projects),
                    day_minutes=days[(each.worker_external_id, each.work_date)],
                    rejected_before=each.id in rejected,
                ),
                table.policies,
                now.date(),
            ),
        )
        for each in found
        if each.state in _JUDGED
    ]


async def _note(transaction: AsyncConnection, judged: Sequence[_Judged], now: datetime) -> None:
    rows = [
        {
            "time_entry_id": each.entry.id,
            "version": each.entry.version,
            "looked_at": now,
            **asdict(each.verdict),
        }
        for each in judged
    ]
    if rows:
        statement = insert(PolicyVerdict)
        names = ("version", "policy", "reasons", "looked_at")
        changed = {name: statement.excluded[name] for name in names}
        await transaction.execute(
            statement.on_conflict_do_update(index_elements=["time_entry_id"], set_=changed), rows
        )


async def _approve(
    transaction: AsyncConnection, table: ConnectionTable, judged: Sequence[_Judged], now: datetime
) -> None:
    """One request for each worker, day and policy, so that lists show what policies approved."""
    groups: dict[tuple[str, date, str], list[Entry]] = {}
    for each in judged:
        if each.verdict.policy is not None:
            entry = each.entry
            key = (entry.worker_external_id, entry.work_date, each.verdict.policy)
            groups.setdefault(key, []).append(entry)
    requests, covers, seen, events = [], [], [], []
    for (_, _, policy), group in groups.items():
        row = _request(table, group, policy, now)
        requests.append(row)
        covers += [_cover(row["id"], each) for each in group]
        actor = row["decided_by"]
        approver = {"external_id": actor, "email": None, "name": f"policy {policy}"}
        decision = Decision("APPROVED", str(row["id"]), approver, now)
        facts = {"approval": str(row["id"]), "decided_as": Capacity.POLICY}
        seen += [each.observed(decision, Actor.POLICY, actor, facts, {}) for each in group]
        events.append(event_of(ApprovalRequest(**row), RequestState.APPROVED, len(group), now))
    await store.add(transaction, requests, covers)
    await recording.record(transaction, table.name, seen, now)
    await outbox.add(transaction, events)


def _request(
    table: ConnectionTable, group: Sequence[Entry], policy: str, now: datetime
) -> dict[str, Any]:
    first = group[0]
    actor = f"policy:{policy}"
    return {
        "id": uuid4(),
        "connection": table.name,
        "worker_external_id": first.worker_external_id,
        "worker_name": first.worker_name,
        "worker_emails": sorted(entries.emails_of(group)),
        "scope": table.scope,
        "period_start": first.work_date,
        "period_end": first.work_date,
        "minutes": sum(each.minutes for each in group),
        "approver": None,
        "state": RequestState.APPROVED,
        "submitted_at": now,
        "submitted_by": actor,
        "submitted_as": Capacity.POLICY,
        "decided_at": now,
        "decided_by": actor,
        "decided_as": Capacity.POLICY,
        "carrier": {},
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
        "state": CoverState.APPROVED,
    }
