"""Has plans come true, for a whole batch of entries with a handful of statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_json
from process_apis.processes.lineage import store as lineage
from process_apis.processes.posting.planning import Correct, Plan, Receive
from process_apis.processes.posting.states import Leg, PostingKind
from process_apis.processes.posting.transitions import Event, sources

_INSERT = text(
    """
    INSERT INTO posting (id, time_entry_id, version, leg, kind, round, correction_group,
                         reverses_id, serves_version, source_connection, target_connection, state,
                         work_date, minutes, approved_at, waiting_for, attempts, lookups,
                         due_at, carrier, created_at, updated_at, mapping_id, mapping_version,
                         mapping_row, billing_code, activity)
    SELECT planned.id, planned.time_entry_id, planned.version, planned.leg, planned.kind,
           planned.round, planned.correction_group, planned.reverses_id, planned.serves_version,
           planned.source_connection, planned.target_connection, 'RECEIVED', planned.work_date,
           planned.minutes, planned.approved_at, '{}', 0, 0, :now, planned.carrier, :now, :now,
           standing.mapping_id, standing.mapping_version, standing.mapping_row,
           standing.billing_code, standing.activity
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS planned (
        id uuid, time_entry_id uuid, version int, leg text, kind text, round int,
        correction_group uuid, reverses_id uuid, serves_version int, source_connection text,
        target_connection text, work_date date, minutes int, approved_at timestamptz,
        carrier jsonb)
    LEFT JOIN posting AS standing ON standing.id = planned.reverses_id
    """
)

_SUPERSEDE = text(
    """
    UPDATE posting SET state = 'SUPERSEDED', code = NULL, findings = NULL, waiting_for = '{}',
        due_at = :now, updated_at = :now, lease_token = NULL
    WHERE id = ANY(:ids) AND state = ANY(:sources)
    """
)

_JUDGE_AGAIN = text(
    """
    UPDATE posting SET state = 'RECEIVED', code = NULL, findings = NULL, waiting_for = '{}',
        due_at = :now, updated_at = :now
    WHERE id = ANY(:ids) AND state = ANY(:sources)
    """
)

# What was given up or waits is judged as a replacement now. What waits for a reason goes on doing
# so, though nothing is half any more. A key that the ERP may have seen stays.
_REPLACE_WITH = text(
    """
    UPDATE posting SET kind = 'REPLACEMENT', correction_group = wanted.correction_group,
        operation = 'post', target_line = NULL, reverses_id = NULL,
        state = CASE WHEN state = ANY(:sources) AND code IS NULL THEN 'RECEIVED' ELSE state END,
        code = CASE WHEN code = 'CO_HALF' THEN findings -> 1 ->> 'code' ELSE code END,
        findings = CASE WHEN code = 'CO_HALF' THEN findings - 0 ELSE findings END,
        due_at = :now, updated_at = :now
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS wanted (id uuid, correction_group uuid)
    WHERE posting.id = wanted.id
    """
)

# Whatever was decided about the reversal was decided about another replacement.
_REVERSE_FOR = text(
    """
    UPDATE posting SET serves_version = wanted.serves_version, decision = NULL, operation = 'post',
        target_line = NULL, lease_token = NULL,
        state = CASE WHEN state = ANY(:sources) THEN 'RECEIVED' ELSE state END,
        due_at = :now, updated_at = :now
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS wanted (id uuid, serves_version int)
    WHERE posting.id = wanted.id
    """
)

_TAKE_BACK = text(
    "UPDATE posting SET state = 'REVERSAL_PENDING', updated_at = :now"
    " WHERE id = ANY(:ids) AND state = ANY(:sources)"
)

_KEEP = text(
    """
    UPDATE posting SET state = CASE WHEN code IS NULL THEN 'POSTED' ELSE 'MISPOSTED' END,
        updated_at = :now
    WHERE id = ANY(:ids) AND state = ANY(:sources)
    """
)

_REVIVABLE = [
    *sources(Event.WOKEN),
    *sources(Event.JUDGED_AGAIN),
    *sources(Event.REVIVED),
]


@dataclass
class _Changes:
    """What the plans of a batch come to."""

    inserted: list[dict[str, Any]] = field(default_factory=list)
    superseded: list[UUID] = field(default_factory=list)
    again: list[UUID] = field(default_factory=list)
    replacements: list[dict[str, Any]] = field(default_factory=list)
    reversals: list[dict[str, Any]] = field(default_factory=list)
    taken_back: list[UUID] = field(default_factory=list)
    kept: list[UUID] = field(default_factory=list)
    steps: list[lineage.Step] = field(default_factory=list)


async def carry_out(
    transaction: AsyncConnection, plans: Sequence[tuple[Mapping[str, Any], Plan]], now: datetime
) -> None:
    """Write what the plans of these entries say. The entries and their postings are locked."""
    changes = _Changes()
    for entry, each in plans:
        _add(changes, entry, each, now)
    await _write(transaction, changes, now)


async def put_back(
    transaction: AsyncConnection,
    entry: Mapping[str, Any],
    reversed_: Mapping[str, Any],
    receive: Receive,
    now: datetime,
) -> None:
    """Receive what was taken back once more, on behalf of the version that is approved now."""
    row = _line(entry, receive, receive.group) | {
        "version": reversed_["version"],
        "serves_version": entry["approved_version"],
        "work_date": reversed_["work_date"],
        "minutes": reversed_["minutes"],
    }
    await transaction.execute(_INSERT, {"rows": as_json([row]), "now": now})
    detail = {"version": reversed_["version"]}
    step = lineage.Step(entry["id"], "posted before, posted again", now, row["id"], detail=detail)
    await lineage.record(transaction, [step])


async def _write(transaction: AsyncConnection, changes: _Changes, now: datetime) -> None:
    async def execute(statement: Any, ids: Sequence[UUID], moves: Sequence[str]) -> None:
        if ids:
            facts = {"ids": list(ids), "now": now, "sources": list(moves)}
            await transaction.execute(statement, facts)

    async def adapt(statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            facts = {"rows": as_json(rows), "now": now, "sources": _REVIVABLE}
            await transaction.execute(statement, facts)

    await execute(_SUPERSEDE, changes.superseded, sources(Event.OVERTAKEN))
    await execute(_JUDGE_AGAIN, changes.again, _REVIVABLE)
    await execute(_TAKE_BACK, changes.taken_back, sources(Event.CORRECTED))
    await execute(_KEEP, changes.kept, sources(Event.KEPT))
    await adapt(_REPLACE_WITH, changes.replacements)
    await adapt(_REVERSE_FOR, changes.reversals)
    if changes.inserted:
        await transaction.execute(_INSERT, {"rows": as_json(changes.inserted), "now": now})
    await lineage.record(transaction, changes.steps)


def _add(changes: _Changes, entry: Mapping[str, Any], each: Plan, now: datetime) -> None:
    changes.superseded += each.supersede
    changes.again += each.again
    changes.steps += [
        lineage.Step(entry["id"], "posting superseded", now, posting_id=posting_id)
        for posting_id in each.supersede
    ]
    group = None
    if each.correct is not None:
        group = _add_correction(changes, entry, each.correct, now)
    if each.receive is not None:
        changes.inserted.append(_line(entry, each.receive, group or each.receive.group))
    if each.keep is not None:
        changes.kept.append(each.keep["id"])
        changes.steps.append(lineage.Step(entry["id"], "correction given up", now, each.keep["id"]))


def _add_correction(
    changes: _Changes, entry: Mapping[str, Any], correct: Correct, now: datetime
) -> UUID:
    group: UUID
    if correct.reversal is None:
        group = uuid4()
        changes.inserted.append(reversal_of(entry, correct, group))
        changes.taken_back.append(correct.standing["id"])
    else:
        group = correct.reversal["correction_group"]
        changes.reversals.append({"id": correct.reversal["id"], "serves_version": correct.serves})
    if correct.replacement is not None:
        replacement = {"id": correct.replacement["id"], "correction_group": group}
        changes.replacements.append(replacement)
    detail = {
        "correction": str(group),
        "posted_version": correct.standing["version"],
        "replaced_by": correct.serves,
    }
    what = "correction begun" if correct.serves is not None else "taking back begun"
    changes.steps.append(
        lineage.Step(entry["id"], what, now, correct.standing["id"], detail=detail)
    )
    return group


def _line(entry: Mapping[str, Any], receive: Receive, group: UUID | None) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "time_entry_id": entry["id"],
        "version": entry["approved_version"],
        "leg": Leg.COST,
        "kind": receive.kind,
        "round": receive.round,
        "correction_group": group,
        "source_connection": entry["connection"],
        "work_date": entry["approved_date"],
        "minutes": entry["approved_minutes"],
        "approved_at": entry["approved_at"],
        "carrier": entry["carrier"],
    }


def reversal_of(entry: Mapping[str, Any], correct: Correct, group: UUID) -> dict[str, Any]:
    """The row of a new reversal: what stands, with the opposite sign."""
    standing = correct.standing
    return {
        "id": uuid4(),
        "time_entry_id": entry["id"],
        "version": standing["version"],
        "leg": standing["leg"],
        "kind": PostingKind.REVERSAL,
        "round": correct.round,
        "correction_group": group,
        "reverses_id": standing["id"],
        "serves_version": correct.serves,
        "source_connection": entry["connection"],
        "target_connection": standing["target_connection"],
        "work_date": standing["work_date"],
        "minutes": -standing["minutes"],
        "approved_at": entry["approved_at"],
        "carrier": entry["carrier"],
    }
