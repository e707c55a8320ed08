"""Notices drifts while a reading is taken over, in the same transaction, a batch at a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts, as_json
from process_apis.processes.master_data.code_drift import rules
from process_apis.processes.master_data.code_drift.rules import (
    CALLED,
    WITHIN,
    Code,
    Drift,
    Facts,
    Found,
    Holder,
)
from process_apis.processes.master_data.tables import MasterKind

# A second change before anybody has looked is one with the first.
_NOTE = text(
    """
    INSERT INTO code_drift (id, connection, kind, record_id, drift, attribute, before, after,
                            other_id, effective_from, detected_at, state)
    SELECT gen_random_uuid(), :owner, :kind, record_id, drift, attribute, before, after, other_id,
           CAST(CAST(:now AS timestamptz) AS date), :now, 'OPEN'
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS found (
        record_id uuid, drift text, attribute text, before text, after text, other_id uuid)
    ON CONFLICT (record_id, drift, attribute) WHERE state = 'OPEN'
    DO UPDATE SET after = excluded.after, other_id = excluded.other_id
    """
)
_BACK = text(
    """
    UPDATE code_drift SET state = 'OVER', settled_at = :now, settled_by = 'timepost'
    WHERE record_id = ANY(:ids) AND state = 'OPEN'
      AND (drift = 'DELETED' OR before IS NOT DISTINCT FROM after)
    """
)
# Nobody has the code now: it is not to be told whose it is.
_CONTEST_OVER = text(
    """
    WITH over AS (
        UPDATE code_drift SET state = 'OVER', settled_at = :now, settled_by = 'timepost'
        WHERE record_id = ANY(:ids) AND state = 'OPEN' AND drift = 'REUSED'
        RETURNING other_id, after
    )
    UPDATE code_alias SET disputed = false FROM over
    WHERE code_alias.record_id = over.other_id AND code_alias.code = over.after
    """
)
_ALIAS = text(
    """
    INSERT INTO code_alias (id, connection, kind, record_id, attribute, code, code_key, valid_from,
                            disputed)
    SELECT gen_random_uuid(), :owner, :kind, record_id, attribute, code, code_key,
           CAST(CAST(:now AS timestamptz) AS date), disputed
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS alias (
        record_id uuid, attribute text, code text, code_key text, disputed boolean)
    ON CONFLICT (record_id, code_key) WHERE ended_at IS NULL
    DO UPDATE SET disputed = code_alias.disputed OR excluded.disputed
    """
)
_OWN_AGAIN = text(
    """
    UPDATE code_alias SET ended_at = :now
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS called (record_id uuid, code_key text)
    WHERE code_alias.record_id = called.record_id AND code_alias.code_key = called.code_key
      AND ended_at IS NULL
    """
)

_HAVE = {
    MasterKind.WORKER: text(
        "SELECT * FROM worker WHERE owner_connection = :owner AND number_key = ANY(:keys)"
    ),
    MasterKind.PROJECT: text(
        "SELECT * FROM project WHERE owner_connection = :owner AND code_key = ANY(:keys)"
    ),
    MasterKind.TASK: text(
        "SELECT * FROM task WHERE owner_connection = :owner AND project_external_id = ANY(:within)"
    ),
}
_HAD = """
    SELECT record.*, alias.code_key AS had FROM code_alias AS alias
    JOIN {table} AS record ON record.id = alias.record_id
    WHERE alias.connection = :owner AND alias.kind = :kind AND alias.ended_at IS NULL
      AND alias.code_key = ANY(:keys)
"""


async def notice(
    transaction: AsyncConnection,
    kind: MasterKind,
    owner: str,
    written: Sequence[tuple[Facts | None, Facts]],
    now: datetime,
) -> bool:
    """Note the drifts of what was written; whether there are any, or some are over."""
    if kind not in CALLED:
        return False
    known = [(before, after) for before, after in written if before is not None]
    found = [each for before, after in known for each in rules.between(kind, before, after)]
    aliases = [_alias(each) for each in found if each.drift is Drift.RENAMED]
    await _keep(transaction, kind, owner, aliases, now)
    again = await _used_again(transaction, kind, owner, written)
    await _keep(transaction, kind, owner, [_disputed(each) for each in again], now)
    await _execute(transaction, _OWN_AGAIN, _called(kind, known), now=now)
    await _note(transaction, kind, owner, [*found, *again], now)
    back = [after["id"] for before, after in known if before["vanished_at"] or found]
    ended = await transaction.execute(_BACK, {"ids": back, "now": now}) if back else None
    return bool(found or again or (ended is not None and ended.rowcount))


async def notice_deleted(
    transaction: AsyncConnection,
    kind: MasterKind,
    owner: str,
    records: Sequence[Facts],
    now: datetime,
) -> bool:
    """Records that a complete reading does not list any more: their rows stay, as tombstones."""
    if kind not in CALLED:
        return False
    ids = [each["id"] for each in records]
    await transaction.execute(_CONTEST_OVER, {"ids": ids, "now": now})
    found = [rules.deleted(kind, each) for each in records]
    await _note(transaction, kind, owner, found, now)
    return bool(found)


async def _used_again(
    transaction: AsyncConnection,
    kind: MasterKind,
    owner: str,
    written: Sequence[tuple[Facts | None, Facts]],
) -> list[Found]:
    takers: list[tuple[Facts, Code]] = []
    for before, after in written:
        code = rules.takes_code(kind, before, after)
        if code is not None:
            takers.append((after, code))
    if not takers:
        return []
    asked = {
        "owner": owner,
        "kind": kind,
        "keys": sorted({code.key for _, code in takers}),
        "within": sorted({after[WITHIN[kind]] for after, _ in takers}),
    }
    holders: dict[str, list[Holder]] = {}
    for each in await _holders(transaction, kind, asked):
        holders.setdefault(each.key, []).append(each)
    return [
        found
        for after, code in takers
        for found in rules.reused(kind, after, code, holders.get(code.key, ()))
    ]


async def _holders(
    transaction: AsyncConnection, kind: MasterKind, asked: Mapping[str, Any]
) -> list[Holder]:
    """Who has the codes, or had them."""
    have = _HAVE[kind]
    rows = as_dicts(
        await transaction.execute(have, {name: asked[name] for name in have.compile().params})
    )
    holders = [_holder(kind, row, code.key) for row in rows if (code := rules.code_of(kind, row))]
    had = text(_HAD.format(table=kind.value))
    named = {name: asked[name] for name in ("owner", "kind", "keys")}
    rows = as_dicts(await transaction.execute(had, named))
    return [*holders, *(_holder(kind, row, row["had"]) for row in rows)]


def _holder(kind: MasterKind, row: Facts, key: str) -> Holder:
    return Holder(row["id"], key, row[WITHIN[kind]], row.get("email_key"))


async def _note(
    transaction: AsyncConnection,
    kind: MasterKind,
    owner: str,
    found: Sequence[Found],
    now: datetime,
) -> None:
    # Of one record, drift and attribute there is one line.
    rows = {(each.record["id"], each.drift, each.attribute): _row(each) for each in found}
    await _execute(transaction, _NOTE, list(rows.values()), owner=owner, kind=kind, now=now)


async def _keep(
    transaction: AsyncConnection,
    kind: MasterKind,
    owner: str,
    aliases: Sequence[dict[str, Any]],
    now: datetime,
) -> None:
    # A record that has a code may have had it before, too: it is its alias once.
    rows = {(each["record_id"], each["code_key"]): each for each in aliases}
    await _execute(transaction, _ALIAS, list(rows.values()), owner=owner, kind=kind, now=now)


async def _execute(
    transaction: AsyncConnection, statement: Any, rows: Sequence[Mapping[str, Any]], **facts: Any
) -> None:
    if rows:
        await transaction.execute(statement, {"rows": as_json(rows), **facts})


def _row(found: Found) -> dict[str, Any]:
    return {
        "record_id": found.record["id"],
        "drift": found.drift,
        "attribute": found.attribute,
        "before": found.before,
        "after": found.after,
        "other_id": found.other_id,
    }


def _alias(found: Found) -> dict[str, Any]:
    code = Code(found.attribute, found.before or "")
    return _alias_of(found.record["id"], code, disputed=False)


def _disputed(found: Found) -> dict[str, Any]:
    """Whose code it was is found by it as well as whose it is: so nothing binds by it."""
    return _alias_of(found.other_id, Code(found.attribute, found.after or ""), disputed=True)


def _alias_of(record_id: Any, code: Code, *, disputed: bool) -> dict[str, Any]:
    return {
        "record_id": record_id,
        "attribute": code.attribute,
        "code": code.value,
        "code_key": code.key,
        "disputed": disputed,
    }


def _called(kind: MasterKind, known: Sequence[tuple[Facts, Facts]]) -> list[dict[str, Any]]:
    """What records are called now is no alias of theirs."""
    codes = [(after["id"], rules.code_of(kind, after)) for _, after in known]
    return [{"record_id": each, "code_key": code.key} for each, code in codes if code]
