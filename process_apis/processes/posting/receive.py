"""From changed entries to postings: receive what is approved, supersede what no longer is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts, as_json
from process_apis.processes.lineage import store as lineage
from process_apis.processes.posting import waking
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.ports import Standing
from process_apis.processes.posting.rules import Finding
from process_apis.processes.posting.states import STANDING, UNSENT, Leg, PostingKind, PostingState

BATCH = 500

_DUE = text(
    """
    SELECT entry.id, entry.connection, entry.external_id, entry.state, entry.version,
           entry.approved_version, entry.approved_at, entry.work_date, entry.minutes,
           entry.carrier, entry.worker_external_id,
           version.content -> 'worker' AS worker, version.content -> 'project' AS project,
           version.content -> 'task' AS task,
           approved.content ->> 'work_date' AS approved_date,
           approved.content ->> 'minutes' AS approved_minutes
    FROM time_entry AS entry
    JOIN time_entry_version AS version
      ON version.time_entry_id = entry.id AND version.version = entry.version
    LEFT JOIN time_entry_version AS approved
      ON approved.time_entry_id = entry.id AND approved.version = entry.approved_version
    WHERE entry.posting_due ORDER BY entry.id LIMIT :limit
    FOR UPDATE OF entry SKIP LOCKED
    """
)

_POSTINGS = text(
    "SELECT id, time_entry_id, version, state, work_date FROM posting"
    " WHERE time_entry_id = ANY(:ids) ORDER BY id FOR UPDATE"
)

_INSERT = text(
    """
    INSERT INTO posting (id, time_entry_id, version, leg, kind, source_connection, state,
                         work_date, minutes, approved_at, waiting_for, attempts, lookups,
                         due_at, carrier, created_at, updated_at)
    SELECT id, time_entry_id, version, leg, kind, source_connection, 'RECEIVED', work_date,
           minutes, approved_at, '{}', 0, 0, :now, carrier, :now, :now
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS posting (
        id uuid, time_entry_id uuid, version int, leg text, kind text, source_connection text,
        work_date date, minutes int, approved_at timestamptz, carrier jsonb)
    """
)

_MOVE = text(
    "UPDATE posting SET state = :state, code = NULL, findings = NULL, waiting_for = '{}',"
    " due_at = :now, updated_at = :now WHERE id = ANY(:ids)"
)

_DONE = text("UPDATE time_entry SET posting_due = false WHERE id = ANY(:ids)")


@dataclass(frozen=True)
class Plan:
    """What one entry's change means for its postings."""

    receive: bool
    revive: UUID | None
    supersede: tuple[UUID, ...]
    standing: UUID | None
    finding: Finding | None


def plan(entry: Mapping[str, Any], postings: Sequence[Mapping[str, Any]]) -> Plan:
    """Decide from the entry's head and its postings; what is on its way is left alone."""
    approved = entry["state"] == "APPROVED"
    target = entry["approved_version"] if approved else None
    of_target = next((each for each in postings if each["version"] == target), None)
    supersede = tuple(
        each["id"] for each in postings if each["state"] in UNSENT and each["version"] != target
    )
    # It was superseded before, or waited for the outcome of one that is superseded now.
    revive = of_target is not None and (
        of_target["state"] == PostingState.SUPERSEDED
        or (of_target["state"] == PostingState.PARKED and bool(supersede))
    )
    standing = next((each for each in postings if each["state"] in STANDING), None)
    finding = None
    if standing is not None and entry["state"] == "DELETED":
        finding = Finding("CO_DELETED_AFTER_POSTING")
    elif standing is not None and entry["version"] != standing["version"]:
        finding = Finding("CO_CHANGED_AFTER_POSTING")
    return Plan(
        receive=target is not None and of_target is None,
        revive=of_target["id"] if of_target is not None and revive else None,
        supersede=supersede,
        standing=standing["id"] if standing else None,
        finding=finding,
    )


async def receive(ledger: Ledger) -> int:
    """Work on one batch of changed entries; returns how many it was."""
    async with ledger.database.transaction() as transaction:
        now = ledger.clock.now()
        due = as_dicts(await transaction.execute(_DUE, {"limit": BATCH}))
        if not due:
            return 0
        ids = [entry["id"] for entry in due]
        by_entry: dict[UUID, list[Mapping[str, Any]]] = {}
        for row in as_dicts(await transaction.execute(_POSTINGS, {"ids": ids})):
            by_entry.setdefault(row["time_entry_id"], []).append(row)
        plans = [(entry, plan(entry, by_entry.get(entry["id"], []))) for entry in due]
        await _write(transaction, plans, now)
        await ledger.listeners.tell(transaction, _standings(plans), now)
        await transaction.execute(_DONE, {"ids": ids})
    # Apart from the above, because it locks postings of other entries.
    keys = {key for entry in due for key in _day_keys(entry, by_entry.get(entry["id"], []))}
    async with ledger.database.transaction() as transaction:
        words = "another entry of that day changed"
        await waking.wake(transaction, dict.fromkeys(keys, words), now)
    return len(due)


def _day_keys(entry: Mapping[str, Any], postings: Sequence[Mapping[str, Any]]) -> set[str]:
    """Of the day it stands on, and of those it stood on."""
    days = {entry["work_date"], *(each["work_date"] for each in postings)}
    worker = entry["worker_external_id"]
    return {waking.day_key(entry["connection"], worker, day) for day in days}


async def _write(
    transaction: AsyncConnection, plans: Sequence[tuple[Mapping[str, Any], Plan]], now: datetime
) -> None:
    steps: list[lineage.Step] = []
    rows = []
    for entry, each in plans:
        if each.receive:
            rows.append(_row(entry))
        steps += [
            lineage.Step(entry["id"], "posting superseded", now, posting_id=posting_id)
            for posting_id in each.supersede
        ]
        if each.finding:
            detail = {"code": each.finding.code, "version": entry["version"]}
            steps.append(
                lineage.Step(
                    entry["id"], "changed after posting", now, each.standing, detail=detail
                )
            )
    if rows:
        await transaction.execute(_INSERT, {"rows": as_json(rows), "now": now})
    revived = [each.revive for _, each in plans if each.revive]
    superseded = [posting_id for _, each in plans for posting_id in each.supersede]
    for state, ids in ((PostingState.RECEIVED, revived), (PostingState.SUPERSEDED, superseded)):
        if ids:
            await transaction.execute(_MOVE, {"state": state, "ids": ids, "now": now})
    await lineage.record(transaction, steps)


def _row(entry: Mapping[str, Any]) -> dict[str, object]:
    return {
        "id": uuid4(),
        "time_entry_id": entry["id"],
        "version": entry["approved_version"],
        "leg": Leg.COST,
        "kind": PostingKind.ORIGINAL,
        "source_connection": entry["connection"],
        "work_date": entry["approved_date"],
        "minutes": entry["approved_minutes"],
        "approved_at": entry["approved_at"],
        "carrier": entry["carrier"],
    }


def _standings(plans: Sequence[tuple[Mapping[str, Any], Plan]]) -> list[Standing]:
    """Said of entries that were changed after posting, and of those that no longer wait."""
    return [
        Standing(
            time_entry_id=entry["id"],
            connection=entry["connection"],
            entry_external_id=entry["external_id"],
            state=None,
            because=_because(entry),
            finding=each.finding,
            posting_id=each.standing,
            worker=_label(entry["worker"]),
            project=_label(entry["project"]),
            task=_label(entry["task"]),
            work_date=entry["work_date"],
            minutes=entry["minutes"],
        )
        for entry, each in plans
        if each.finding or (each.supersede and not each.receive and not each.revive)
    ]


def _because(entry: Mapping[str, Any]) -> str:
    if entry["state"] == "DELETED":
        return "the entry was deleted in the tracker before it was posted"
    return "the entry is no longer approved, so nothing waits to be posted"


def _label(reference: dict[str, str] | None) -> str | None:
    if not reference:
        return None
    return reference.get("name") or reference.get("email") or reference.get("external_id")
