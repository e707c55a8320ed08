"""From changed entries to postings: what is approved is received, what stands is corrected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts
from process_apis.processes.posting import planned, waking
from process_apis.processes.posting.apart import POISON, apart
from process_apis.processes.posting.findings import Finding
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.outcomes import REVOKED
from process_apis.processes.posting.planning import Plan, plan
from process_apis.processes.posting.ports import Standing
from shared.stop_points import StopPoint, reached

BATCH = 500

_ENTRIES = """
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
    """
_DUE = text(
    f"""{_ENTRIES}
    WHERE entry.posting_due AND (CAST(:only AS uuid[]) IS NULL OR entry.id = ANY(:only))
    ORDER BY entry.id LIMIT :limit
    FOR UPDATE OF entry SKIP LOCKED
    """
)
_ONE = text(f"{_ENTRIES} WHERE entry.id = :id")

# Which are the next in line, locked by others or not.
_NEXT = text("SELECT id FROM time_entry WHERE posting_due ORDER BY id LIMIT :limit")

_POSTINGS = text(
    """
    SELECT id, time_entry_id, version, leg, kind, round, state, code, work_date, minutes,
           CASE WHEN code = 'CO_HALF' THEN findings -> 1 END AS beneath,
           correction_group, reverses_id, serves_version, target_connection
    FROM posting WHERE time_entry_id = ANY(:ids) ORDER BY id FOR UPDATE
    """
)

_DONE = text("UPDATE time_entry SET posting_due = false WHERE id = ANY(:ids)")


@dataclass(frozen=True)
class Received:
    """What was looked at.

    :param entries: how many.
    :param to_take_back: ERP connections where something that stands is to be corrected.
    """

    entries: int = 0
    to_take_back: frozenset[str] = frozenset()


async def receive(ledger: Ledger) -> Received:
    """Work on one batch of changed entries. One that nothing can be done with stops no other."""
    try:
        return await _receive(ledger, None)
    except POISON:
        async with ledger.database.transaction() as transaction:
            ids = [row.id for row in await transaction.execute(_NEXT, {"limit": BATCH})]
    parts = await apart(ids, partial(_receive_some, ledger), partial(_set_aside, ledger))
    targets = frozenset(target for part in parts for target in part.to_take_back)
    return Received(sum(part.entries for part in parts), targets)


async def _receive_some(ledger: Ledger, ids: Sequence[UUID]) -> list[Received]:
    return [await _receive(ledger, ids)]


async def _set_aside(ledger: Ledger, entry_id: UUID) -> Received:
    """A case instead of a posting; the next version is looked at like any other."""
    async with ledger.database.transaction() as transaction:
        asked = {"only": [entry_id], "limit": 1}
        for entry in as_dicts(await transaction.execute(_DUE, asked)):
            standing = Standing(
                time_entry_id=entry_id,
                connection=entry["connection"],
                entry_external_id=entry["external_id"],
                state=None,
                because="",
                finding=Finding("IO_SCHEMA", detail={"label": f"entry {entry_id}"}),
                work_date=entry["work_date"],
                minutes=entry["minutes"],
            )
            await ledger.listeners.tell(transaction, [standing], ledger.clock.now())
            await transaction.execute(_DONE, {"ids": [entry_id]})
    return Received(1)


async def _receive(ledger: Ledger, only: Sequence[UUID] | None) -> Received:
    async with ledger.database.transaction() as transaction:
        now = ledger.clock.now()
        asked = {"only": list(only) if only else None, "limit": BATCH}
        due = as_dicts(await transaction.execute(_DUE, asked))
        if not due:
            return Received()
        ids = [entry["id"] for entry in due]
        by_entry: dict[UUID, list[Mapping[str, Any]]] = {}
        for row in as_dicts(await transaction.execute(_POSTINGS, {"ids": ids})):
            by_entry.setdefault(row["time_entry_id"], []).append(row)
        plans = [(entry, plan(entry, by_entry.get(entry["id"], []))) for entry in due]
        await planned.carry_out(transaction, plans, now)
        await ledger.listeners.tell(transaction, _standings(plans), now)
        await transaction.execute(_DONE, {"ids": ids})
    reached(StopPoint.ENTRIES_RECEIVED)
    await _wake_days(ledger, due, by_entry, now)
    targets = {
        each.correct.standing["target_connection"] for _, each in plans if each.correct is not None
    }
    return Received(len(due), frozenset(targets))


async def entry_of(transaction: AsyncConnection, entry_id: UUID) -> Mapping[str, Any]:
    """One entry as plans are made from it. The caller has locked it."""
    (entry,) = as_dicts(await transaction.execute(_ONE, {"id": entry_id}))
    return entry


async def _wake_days(
    ledger: Ledger,
    due: Sequence[Mapping[str, Any]],
    by_entry: Mapping[UUID, Sequence[Mapping[str, Any]]],
    now: datetime,
) -> None:
    """Apart from the rest, because it locks postings of other entries."""
    keys = {key for entry in due for key in _day_keys(entry, by_entry.get(entry["id"], []))}
    async with ledger.database.transaction() as transaction:
        words = "another entry of that day changed"
        await waking.wake(transaction, dict.fromkeys(keys, words), now)


def _day_keys(entry: Mapping[str, Any], postings: Sequence[Mapping[str, Any]]) -> set[str]:
    """Of the day it stands on, and of those it stood on."""
    days = {entry["work_date"], *(each["work_date"] for each in postings)}
    worker = entry["worker_external_id"]
    return {waking.day_key(entry["connection"], worker, day) for day in days}


def _standings(plans: Sequence[tuple[Mapping[str, Any], Plan]]) -> list[Standing]:
    """Said of entries that wait for nothing any more, and of those that wait for less.

    Half a correction is whole again when what was there before is posted once more; what keeps
    its replacement from being posted remains.
    """
    told = []
    for entry, each in plans:
        replacement = each.correct.replacement if each.correct else None
        if replacement is not None and replacement["beneath"] is not None:
            told.append(_standing(entry, Finding(**replacement["beneath"]), replacement["id"]))
        elif (each.supersede or each.keep) and not (each.receive or each.again or each.correct):
            told.append(_standing(entry))
        elif entry["state"] == "APPROVED" and not (each.receive or each.correct):
            told.append(replace(_standing(entry), about=REVOKED))
    return told


def _standing(
    entry: Mapping[str, Any], finding: Finding | None = None, posting_id: UUID | None = None
) -> Standing:
    return Standing(
        time_entry_id=entry["id"],
        connection=entry["connection"],
        entry_external_id=entry["external_id"],
        state=None,
        because=_because(entry),
        finding=finding,
        posting_id=posting_id,
        worker=_label(entry["worker"]),
        project=_label(entry["project"]),
        task=_label(entry["task"]),
        work_date=entry["work_date"],
        minutes=entry["minutes"],
    )


def _label(reference: dict[str, str] | None) -> str | None:
    if not reference:
        return None
    return reference.get("name") or reference.get("email") or reference.get("external_id")


def _because(entry: Mapping[str, Any]) -> str:
    if entry["state"] == "DELETED":
        return "the entry was deleted in the tracker before it was posted"
    if entry["state"] == "APPROVED":
        return "what stands in the ERP is what is approved"
    return "the entry is no longer approved, so nothing waits to be posted"
