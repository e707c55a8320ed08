"""Merges and splits, as stewards state them; what was posted stays where it is."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts, as_json
from process_apis.doorbell import Doorbell, Stage
from process_apis.processes.connections import store as connections
from process_apis.processes.master_data import changes
from process_apis.processes.master_data.code_drift import succession_reading, successions
from process_apis.processes.master_data.code_drift.following import leads_back
from process_apis.processes.master_data.code_drift.succession_schemas import (
    NewMerge,
    NewSplit,
    SuccessionPage,
    TaskRule,
)
from process_apis.processes.master_data.keys import dependency_key
from process_apis.processes.master_data.rules import normalised
from process_apis.processes.master_data.steps import Librarian, tell_of_drift
from process_apis.processes.master_data.stewards import require_steward
from shared.identity import Principal
from shared.problems import FieldError, NotFound, ValidationFailed

# Two decisions at once could lead in a circle.
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('code succession', 1))")
_KNOWN = """
    SELECT id, owner_external_id, name, vanished_at FROM {table}
    WHERE owner_connection = :connection AND owner_external_id = ANY(:ids)
"""
_END = text(
    """
    UPDATE code_succession SET ended_at = :now, ended_by = :actor
    WHERE record_id = ANY(:records) AND ended_at IS NULL
    """
)
_ADD = text(
    """
    INSERT INTO code_succession (id, connection, kind, record_id, from_date, into_id, by_task,
                                 reason, decided_at, decided_by)
    SELECT gen_random_uuid(), said.connection, said.kind, record_id, from_date, into_id,
           NULLIF(by_task, 'null'::jsonb), said.reason, :now, :actor
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS said (
        connection text, kind text, record_id uuid, from_date date, into_id uuid, by_task jsonb,
        reason text)
    """
)
_SETTLE = text(
    """
    UPDATE code_drift SET state = 'ACCEPTED', settled_at = :now, settled_by = :actor,
        reason = :reason
    WHERE record_id = ANY(:records) AND drift = 'DELETED' AND state = 'OPEN'
    """
)
_END_ONE = text(
    """
    UPDATE code_succession SET ended_at = :now, ended_by = :actor
    WHERE id = :id AND ended_at IS NULL RETURNING connection, kind, record_id
    """
)
_CANNOT = "Nothing can come in their place like this."


async def merge(
    librarian: Librarian, doorbell: Doorbell, wanted: NewMerge, caller: Principal
) -> SuccessionPage:
    """
    :raises NotFound: there is no such connection.
    :raises Forbidden: the caller is no steward.
    :raises ValidationFailed: names each record that is not known, or would succeed itself.
    """
    fields = {f"body.external_ids[{place}]": each for place, each in enumerate(wanted.external_ids)}
    async with librarian.database.transaction() as transaction:
        known = await _records(transaction, wanted.connection, wanted.kind, caller, fields)
        target = {"body.into": wanted.into}
        found = await _records(
            transaction, wanted.connection, wanted.kind, caller, target, must_be_there=True
        )
        into: UUID = found[wanted.into]["id"]
        rows = [_row(wanted, wanted.kind, each["id"], into_id=into) for each in known.values()]
        page = await _decide(librarian, transaction, rows, known, wanted.reason, caller)
    doorbell.ring(Stage.VALIDATE)
    return page


async def split(
    librarian: Librarian, doorbell: Doorbell, wanted: NewSplit, caller: Principal
) -> SuccessionPage:
    """
    :raises NotFound: there is no such connection.
    :raises Forbidden: the caller is no steward.
    :raises ValidationFailed: names each record that is not known, or would succeed itself, and
        each task that has two rules.
    """
    _refuse(_told_twice(wanted.rules))
    fields = {f"body.rules[{place}].into": each.into for place, each in enumerate(wanted.rules)}
    async with librarian.database.transaction() as transaction:
        known = await _records(
            transaction,
            wanted.connection,
            "project",
            caller,
            {"body.external_id": wanted.external_id},
        )
        found = await _records(
            transaction, wanted.connection, "project", caller, fields, must_be_there=True
        )
        by_task = {normalised(each.task): str(found[each.into]["id"]) for each in wanted.rules}
        record = known[wanted.external_id]
        rows = [_row(wanted, "project", record["id"], by_task=by_task)]
        page = await _decide(librarian, transaction, rows, known, wanted.reason, caller)
    doorbell.ring(Stage.VALIDATE)
    return page


async def end(
    librarian: Librarian, doorbell: Doorbell, succession_id: UUID, caller: Principal
) -> None:
    """From now on nothing is in the place of the record; what was posted stays.

    :raises NotFound: none with this id holds.
    :raises Forbidden: the caller is no steward.
    """
    require_steward(caller)
    async with librarian.database.transaction() as transaction:
        now, actor = librarian.clock.now(), f"user:{caller.subject}"
        asked = {"id": succession_id, "now": now, "actor": actor}
        ended = (await transaction.execute(_END_ONE, asked)).first()
        if ended is None:
            raise NotFound(f"No succession {succession_id} holds.")
        record = text(f"SELECT owner_external_id FROM {ended.kind} WHERE id = :id")  # noqa: S608
        external_id = (await transaction.execute(record, {"id": ended.record_id})).scalar_one()
        key = dependency_key(ended.kind, ended.connection, external_id)
        said = f"nothing is in the place of {ended.kind} {external_id} any more"
        await librarian.wake(transaction, {key: f"{said}, said {caller.subject} {changes.at(now)}"})
    doorbell.ring(Stage.VALIDATE)


async def _records(
    transaction: AsyncConnection,
    connection: str,
    kind: str,
    caller: Principal,
    fields: Mapping[str, str],
    *,
    must_be_there: bool = False,
) -> dict[str, Mapping[str, Any]]:
    """By the ERP's id, whatever field of the body names it."""
    require_steward(caller)
    await connections.require(transaction, connection, "erp")
    statement = text(_KNOWN.format(table=kind))
    asked = {"connection": connection, "ids": sorted(set(fields.values()))}
    rows = as_dicts(await transaction.execute(statement, asked))
    found: dict[str, Mapping[str, Any]] = {
        row["owner_external_id"]: row
        for row in rows
        if not (must_be_there and row["vanished_at"] is not None)
    }
    _refuse(
        FieldError(field=field, message=f"{connection} has no {kind} {each}")
        for field, each in fields.items()
        if each not in found
    )
    return found


async def _decide(
    librarian: Librarian,
    transaction: AsyncConnection,
    rows: Sequence[Mapping[str, Any]],
    known: Mapping[str, Mapping[str, Any]],
    reason: str,
    caller: Principal,
) -> SuccessionPage:
    """In place of what was said of these records before."""
    now, actor = librarian.clock.now(), f"user:{caller.subject}"
    records = [row["record_id"] for row in rows]
    await transaction.execute(_ALONE)
    said = {"records": records, "now": now, "actor": actor}
    await transaction.execute(_END, said)
    await _refuse_circles(transaction, rows)
    await transaction.execute(_ADD, {"rows": as_json(rows), "now": now, "actor": actor})
    await transaction.execute(_SETTLE, {**said, "reason": reason})
    first = rows[0]
    await tell_of_drift(librarian, transaction, first["connection"], now)
    news = {
        dependency_key(first["kind"], first["connection"], each): (
            f"{first['kind']} {each} of {first['connection']} was merged or split by "
            f"{caller.subject} {changes.at(now)}"
        )
        for each in known
    }
    await librarian.wake(transaction, news)
    return await succession_reading.page(transaction, records)


async def _refuse_circles(transaction: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    said = await successions.read(transaction)
    _refuse(
        FieldError(field="body", message="a record would come in its own place")
        for row in rows
        for into in ([row["into_id"]] if row["into_id"] else map(UUID, row["by_task"].values()))
        if leads_back(said, row["record_id"], into)
    )


def _row(
    wanted: NewMerge | NewSplit,
    kind: str,
    record_id: UUID,
    *,
    into_id: UUID | None = None,
    by_task: Mapping[str | None, str] | None = None,
) -> dict[str, Any]:
    from_date: date = wanted.from_date
    return {
        "connection": wanted.connection,
        "kind": kind,
        "record_id": record_id,
        "from_date": from_date,
        "into_id": into_id,
        "by_task": by_task,
        "reason": wanted.reason,
    }


def _told_twice(rules: Sequence[TaskRule]) -> list[FieldError]:
    seen: set[str | None] = set()
    found = []
    for place, rule in enumerate(rules):
        if normalised(rule.task) in seen:
            field = f"body.rules[{place}].task"
            found.append(FieldError(field=field, message="has a rule already"))
        seen.add(normalised(rule.task))
    return found


def _refuse(errors: Any) -> None:
    found = list(errors)
    if found:
        raise ValidationFailed(_CANNOT, errors=found)
