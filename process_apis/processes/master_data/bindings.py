"""Bindings: resolve references in bulk, bind by natural keys."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts, as_json
from process_apis.processes.master_data.records import kind_of
from process_apis.processes.master_data.rules import Candidate, Matched, Named, match, normalised
from process_apis.processes.master_data.tables import BindingOrigin, MasterKind

_RESOLVE = """
    SELECT source.external_id AS source_id, target.external_id AS target_id,
           source.valid_from, source.valid_to, record.*
    FROM binding AS source
    JOIN {table} AS record ON record.id = source.canonical_id
    JOIN binding AS target ON target.canonical_id = record.id AND target.connection = :erp
     AND target.kind = :kind AND target.archived_at IS NULL
    WHERE source.connection = :tracker AND source.kind = :kind AND source.archived_at IS NULL
      AND source.external_id = ANY(:ids)
    ORDER BY source.valid_from NULLS FIRST
"""

# Only now, and while nobody binds by hand, it is certain that the id is not bound.
_BY_HAND_LATER = text(
    "SELECT pg_advisory_xact_lock_shared(hashtextextended('bindings ' || :connection, 1))"
)
_BIND = text(
    """
    INSERT INTO binding (id, connection, kind, external_id, canonical_id, origin, created_at,
                         created_by)
    SELECT gen_random_uuid(), found.connection, found.kind, external_id, canonical_id, :origin,
           :now, 'timepost'
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS found (
        connection text, kind text, external_id text, canonical_id uuid)
    WHERE NOT EXISTS (
        SELECT FROM binding
        WHERE binding.connection = found.connection AND binding.kind = found.kind
          AND binding.external_id = found.external_id AND binding.archived_at IS NULL)
    ORDER BY external_id ON CONFLICT DO NOTHING
    """
)


@dataclass(frozen=True)
class Bound:
    """A reference of the tracker, resolved.

    :param target_id: the record's id at the ERP.
    :param record: the canonical record's columns.
    """

    source_id: str
    target_id: str
    valid_from: date | None
    valid_to: date | None
    record: Mapping[str, Any]

    def holds_on(self, day: date) -> bool:
        """Whether the binding is in force on a work date."""
        return (self.valid_from or day) <= day <= (self.valid_to or day)


@dataclass(frozen=True)
class Unbound:
    """A reference that is not bound yet, with its natural keys.

    :param within: the ERP's id of the project, for a task.
    """

    kind: MasterKind
    external_id: str
    keys: Named
    within: str | None = None


async def resolve(
    connection: AsyncConnection, tracker: str, erp: str, kind: MasterKind, ids: Iterable[str]
) -> dict[str, list[Bound]]:
    """Current bindings of external ids, by external id: those of earlier days of work first."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    table = kind_of(kind).table.__tablename__
    rows = await connection.execute(
        text(_RESOLVE.format(table=table)),
        {"tracker": tracker, "erp": erp, "kind": kind, "ids": wanted},
    )
    found: dict[str, list[Bound]] = {}
    for row in rows.mappings():
        bound = Bound(
            row["source_id"], row["target_id"], row["valid_from"], row["valid_to"], dict(row)
        )
        found.setdefault(bound.source_id, []).append(bound)
    return found


async def bind_by_natural_keys(
    connection: AsyncConnection,
    tracker: str,
    erp: str,
    unbound: Sequence[Unbound],
    now: datetime,
) -> dict[str, Matched]:
    """Bind what can be told without guessing; says for each external id what was found.

    All of one kind at a time.
    """
    found: dict[str, Matched] = {}
    if not unbound:
        return found
    candidates = await _candidates(connection, erp, unbound)
    rows = []
    for each in unbound:
        result = match(each.keys, candidates.get(each.within, ()))
        found[each.external_id] = result.matched
        if result.candidate is not None:
            rows.append(
                {
                    "connection": tracker,
                    "kind": each.kind,
                    "external_id": each.external_id,
                    "canonical_id": result.candidate.id,
                }
            )
    if rows:
        await connection.execute(_BY_HAND_LATER, {"connection": tracker})
        asked = {"rows": as_json(rows), "origin": BindingOrigin.NATURAL_KEY, "now": now}
        await connection.execute(_BIND, asked)
    return found


_WORKERS = text(
    """
    SELECT id, owner_external_id, employee_number AS code, NULL AS name, email, NULL AS within
    FROM worker WHERE owner_connection = :erp AND vanished_at IS NULL
      AND (email_key = ANY(:emails) OR number_key = ANY(:codes))
    """
)
_PROJECTS = text(
    """
    SELECT id, owner_external_id, code, name, NULL AS email, NULL AS within
    FROM project WHERE owner_connection = :erp AND vanished_at IS NULL
      AND (code_key = ANY(:codes) OR name_key = ANY(:names))
    """
)
_TASKS = text(
    """
    SELECT id, owner_external_id, code, name, NULL AS email, project_external_id AS within
    FROM task WHERE owner_connection = :erp AND vanished_at IS NULL
      AND project_external_id = ANY(:within)
    """
)
# Two people may share a name, so a worker is only known by address and number.
# A record is found by what it was called before, too. While a steward has not said whether a code
# still means a record that is gone, there are two candidates, and nothing is bound.
_CALLED_BEFORE = """
    SELECT record.id, record.owner_external_id, alias.code, alias.attribute, {within} AS within
    FROM code_alias AS alias JOIN {table} AS record ON record.id = alias.record_id
    WHERE alias.connection = :erp AND alias.kind = :kind AND alias.ended_at IS NULL
      AND (record.vanished_at IS NULL OR alias.disputed) AND {which}
"""
_GIVEN_AWAY = text(
    "SELECT other_id, after FROM code_drift"
    " WHERE other_id = ANY(:ids) AND drift = 'REUSED' AND state = 'ACCEPTED'"
)
_CANDIDATES = {
    MasterKind.WORKER: _WORKERS,
    MasterKind.PROJECT: _PROJECTS,
    MasterKind.TASK: _TASKS,
}


async def _candidates(
    connection: AsyncConnection, erp: str, unbound: Sequence[Unbound]
) -> dict[str | None, list[Candidate]]:
    """Records of the ERP that share any key with any of the references, by what they are in."""
    statement = _CANDIDATES[unbound[0].kind]
    values = {
        "erp": erp,
        "names": _keys(each.keys.name for each in unbound),
        "codes": _keys(each.keys.code for each in unbound),
        "emails": _keys(each.keys.email for each in unbound),
        "within": sorted({each.within for each in unbound if each.within}),
    }
    asked = {name: values[name] for name in statement.compile().params}
    found: dict[str | None, list[Candidate]] = {}
    rows = as_dicts(await connection.execute(statement, asked))
    given_away = await _given_away(connection, [row["id"] for row in rows])
    for row in rows:
        code = None if (row["id"], normalised(row["code"])) in given_away else row["code"]
        keys = Named(code=code, name=row["name"], email=row["email"])
        candidate = Candidate(row["id"], row["owner_external_id"], keys)
        found.setdefault(row["within"], []).append(candidate)
    for within, candidate in await _called_before(connection, unbound[0].kind, values):
        found.setdefault(within, []).append(candidate)
    return found


async def _given_away(
    connection: AsyncConnection, ids: Sequence[UUID]
) -> set[tuple[UUID, str | None]]:
    """Codes that records still have, though a steward said that they mean others."""
    rows = await connection.execute(_GIVEN_AWAY, {"ids": list(ids)})
    return {(row.other_id, normalised(row.after)) for row in rows}


async def _called_before(
    connection: AsyncConnection, kind: MasterKind, values: Mapping[str, Any]
) -> list[tuple[str | None, Candidate]]:
    is_task = kind is MasterKind.TASK
    statement = _CALLED_BEFORE.format(
        table=kind_of(kind).table.__tablename__,
        within="record.project_external_id" if is_task else "NULL",
        which="record.project_external_id = ANY(:within)"
        if is_task
        else "alias.code_key = ANY(:codes)",
    )
    names = ("erp", "within" if is_task else "codes")
    asked = {"kind": kind, **{name: values[name] for name in names}}
    rows = as_dicts(await connection.execute(text(statement), asked))
    return [
        (row["within"], Candidate(row["id"], row["owner_external_id"], _called(row)))
        for row in rows
    ]


def _called(alias: Mapping[str, Any]) -> Named:
    is_name = alias["attribute"] == "name"
    return Named(name=alias["code"]) if is_name else Named(code=alias["code"])


def _keys(values: Iterable[str | None]) -> list[str]:
    return sorted({key for value in values if (key := normalised(value))})
