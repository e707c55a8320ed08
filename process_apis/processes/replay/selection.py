"""Finds the postings of a scope."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.replay.schemas import (
    BatchScope,
    ConnectionScope,
    EntryScope,
    ProblemScope,
    Scope,
    WindowScope,
)
from process_apis.processes.replay.states import REPLAYABLE
from shared.problems import Conflict, FieldError, NotFound, ValidationFailed

# More than this is no replay of something, and would keep the API busy for long.
MOST_LINES = 100_000
# Entries of one delivery beyond the first have a number at the end of its id.
_MOST_ENTRIES_OF_A_DELIVERY = 5000

# What is no longer approved, or was overtaken by a newer version, is not replayed. A reversal is,
# if it was decided on and only the ERP did not take it: other reversals wait for a decision.
ELIGIBLE = """posting.state = ANY(:states)
    AND CASE WHEN posting.kind = 'REVERSAL'
        THEN posting.operation <> 'none' AND posting.request IS NOT NULL
        ELSE entry.state = 'APPROVED'
             AND entry.approved_version = coalesce(posting.serves_version, posting.version) END"""

_MATCH: dict[type[Scope], str] = {
    EntryScope: "entry.connection = :connection AND entry.external_id = :external_id",
    ProblemScope: """EXISTS (
        SELECT 1 FROM exception_case AS matching
        WHERE matching.posting_id = posting.id AND matching.fingerprint = :fingerprint
          AND matching.resolved_at IS NULL)""",
    BatchScope: """entry.connection = :connection
      AND (posting.carrier ->> 'traceparent' LIKE '__-' || CAST(:trace_id AS text) || '-%'
        OR EXISTS (
          SELECT 1 FROM inbox_event AS hint
          WHERE hint.connection = :connection AND hint.delivery_id = ANY(:delivery_ids)
            AND hint.subject = CASE hint.kind WHEN 'ENTRY' THEN entry.external_id
                                              ELSE entry.approval_id END))""",
    WindowScope: """posting.created_at >= :received_from AND posting.created_at < :received_to
      AND (CAST(:connection AS text) IS NULL
           OR :connection IN (posting.source_connection, posting.target_connection))""",
    ConnectionScope: ":connection IN (posting.source_connection, posting.target_connection)",
}

# Whether there is such a thing at all; a scope that only describes has no such question.
_KNOWN: dict[type[Scope], str] = {
    EntryScope: "SELECT 1 FROM time_entry WHERE connection = :connection"
    " AND external_id = :external_id",
    ProblemScope: "SELECT 1 FROM exception_case WHERE fingerprint = :fingerprint LIMIT 1",
    BatchScope: "SELECT 1 WHERE CAST(:trace_id AS text) IS NOT NULL OR EXISTS ("
    "SELECT 1 FROM inbox_event WHERE connection = :connection"
    " AND delivery_id = ANY(:delivery_ids))",
    WindowScope: "SELECT 1 WHERE CAST(:connection AS text) IS NULL"
    " OR EXISTS (SELECT 1 FROM known_connection WHERE name = :connection)",
    ConnectionScope: "SELECT 1 FROM known_connection WHERE name = :connection",
}


async def find(transaction: AsyncConnection, scope: Scope, states: Sequence[str]) -> list[UUID]:
    """Ids of the postings to replay, in order.

    :raises NotFound: there is no such entry, problem, delivery or connection.
    :raises Conflict: nothing of it is to be replayed.
    :raises ValidationFailed: it is more than one replay takes.
    """
    await _require_known(transaction, scope)
    ids = await _ids(transaction, scope, states, MOST_LINES + 1)
    if not ids:
        raise Conflict(
            f"Nothing of this {_named(scope)} is to be replayed: no posting that is still approved "
            f"is {' or '.join(sorted(states))}.",
            code="empty_scope",
            action="Look at its postings: what is posted, or on its way, needs no replay.",
        )
    _require_not_too_many(ids)
    return ids


async def find_entries(transaction: AsyncConnection, scope: Scope) -> list[tuple[str, str]]:
    """Trackers and ids of the entries of a scope, whatever became of their postings.

    :raises NotFound, ValidationFailed: as `find`.
    :raises Conflict: there is no such entry.
    """
    await _require_known(transaction, scope)
    statement = (
        "SELECT DISTINCT entry.connection, entry.external_id FROM time_entry AS entry"  # noqa: S608 - our own words
        " LEFT JOIN posting ON posting.time_entry_id = entry.id"
        f" WHERE {_MATCH[type(scope)]} ORDER BY entry.connection, entry.external_id LIMIT :limit"
    )
    values = {**_values(scope), "limit": MOST_LINES + 1}
    rows = await transaction.execute(text(statement), _asked(statement, values))
    entries = [(row.connection, row.external_id) for row in rows]
    if not entries:
        raise Conflict(
            f"No entry belongs to this {_named(scope)}.",
            code="empty_scope",
            action="Check the scope; take its values from a case, a posting or a log.",
        )
    _require_not_too_many(entries)
    return entries


async def _require_known(transaction: AsyncConnection, scope: Scope) -> None:
    known = text(_KNOWN[type(scope)])
    if (await transaction.execute(known, _asked(known.text, _values(scope)))).first() is None:
        raise NotFound(
            f"There is no such {_named(scope)}.",
            code="unknown_scope",
            action="Check the scope; take its values from a case, a posting or a log.",
        )


def _require_not_too_many(found: Sequence[object]) -> None:
    if len(found) > MOST_LINES:
        raise ValidationFailed(
            f"More than {MOST_LINES} are in this scope.",
            code="scope_too_large",
            action="Narrow the scope, for example by a time window.",
            errors=[FieldError(field="$.scope", message=f"holds more than {MOST_LINES}")],
        )


async def _ids(
    transaction: AsyncConnection, scope: Scope, states: Sequence[str], limit: int
) -> list[UUID]:
    statement = (
        "SELECT posting.id FROM posting JOIN time_entry AS entry ON entry.id = time_entry_id"  # noqa: S608 - our own words
        f" WHERE {ELIGIBLE} AND {_MATCH[type(scope)]} ORDER BY posting.id LIMIT :limit"
    )
    values = {**_values(scope), "states": list(states), "limit": limit}
    rows = await transaction.execute(text(statement), _asked(statement, values))
    return [row.id for row in rows]


def _values(scope: Scope) -> dict[str, Any]:
    values = scope.model_dump(exclude={"kind", "delivery_id"})
    if isinstance(scope, BatchScope):
        first = scope.delivery_id
        rest = [f"{first}#{place}" for place in range(1, _MOST_ENTRIES_OF_A_DELIVERY)]
        values["delivery_ids"] = [first, *rest] if first else []
    return values


def _asked(statement: str, values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if f":{name}" in statement}


def _named(scope: Scope) -> str:
    return {"batch": "delivery", "window": "time window"}.get(scope.kind, scope.kind)


def normalised(states: Sequence[str]) -> list[str]:
    """States without repetition, in one order: so that equal requests are recognised."""
    return [state.value for state in REPLAYABLE if state.value in states]
