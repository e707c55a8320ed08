"""What a reading listed, kept aside until all is there; rows that make no sense are marked."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_json
from process_apis.processes.master_data.currencies import CURRENCIES
from process_apis.processes.master_data.records import RecordKind
from process_apis.processes.master_data.tables import MasterKind

_STAGE = text(
    """
    INSERT INTO master_data_staged (run_id, kind, position, external_id, facts)
    SELECT :run, :kind, position, external_id, facts FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS listed (position int, external_id text, facts jsonb)
    """
)

_DROP = text("DELETE FROM master_data_staged WHERE run_id = ANY(:runs)")

# Freshly filled, and compared at once: without this the planner takes it for empty.
_ANALYZE = text("ANALYZE master_data_staged")

# A page that shifted while it was read: the same row again, which harms nobody.
_FORGET_REPEATS = text(
    """
    DELETE FROM master_data_staged AS again USING master_data_staged AS first
    WHERE again.run_id = :run AND again.kind = :kind
      AND first.run_id = :run AND first.kind = :kind AND first.external_id = again.external_id
      AND first.facts = again.facts AND first.position < again.position
    """
)

_LISTED_TWICE = """
    UPDATE master_data_staged AS staged SET fault = 'is listed twice, with different values'
    WHERE run_id = :run AND kind = :kind AND external_id IN (
        SELECT external_id FROM master_data_staged WHERE run_id = :run AND kind = :kind
        GROUP BY external_id HAVING count(*) > 1)
"""

_ENDS_BEFORE_IT_STARTS = """
    UPDATE master_data_staged SET fault = format('ends on %s, before it starts on %s',
        facts ->> '{end}', facts ->> '{start}')
    WHERE run_id = :run AND kind = :kind AND fault IS NULL
      AND CAST(facts ->> '{end}' AS date) < CAST(facts ->> '{start}' AS date)
"""

_UNKNOWN_CURRENCY = """
    UPDATE master_data_staged SET fault = format('%s is no currency', facts ->> 'currency')
    WHERE run_id = :run AND kind = :kind AND fault IS NULL
      AND NOT (facts ->> 'currency' = ANY(:currencies))
"""

# Who was here first stays: one of those that share a key may have had it before. If none had, none
# of them is taken over, because choosing would be guessing. Closed and left ones may share a key
# with their successors.
_SHARED_KEY = """
    WITH keyed AS (
        SELECT staged.position, staged.external_id, facts ->> '{within}' AS within,
               facts ->> '{key}' AS key, coalesce(known.{key} = facts ->> '{key}', false) AS held
        FROM master_data_staged AS staged
        LEFT JOIN {table} AS known ON known.owner_connection = :owner
            AND known.owner_external_id = staged.external_id AND known.vanished_at IS NULL
        WHERE staged.run_id = :run AND staged.kind = :kind AND staged.fault IS NULL
          AND facts ->> '{key}' <> '' AND {live}
    ), shared AS (
        SELECT within, key, (array_agg(external_id ORDER BY position))[1:4] AS those
        FROM keyed GROUP BY within, key HAVING count(*) > 1
    )
    UPDATE master_data_staged AS staged
    SET fault = format('{words} %s belongs to several: %s', keyed.key,
                       array_to_string(shared.those, ', '))
    FROM keyed JOIN shared ON shared.key = keyed.key
        AND shared.within IS NOT DISTINCT FROM keyed.within
    WHERE staged.run_id = :run AND staged.kind = :kind AND staged.position = keyed.position
      AND NOT keyed.held
"""

_OVERLAPPING = """
    WITH dated AS (
        SELECT position, staged.external_id, facts ->> 'name' AS name,
               facts ->> 'legal_entity_external_id' AS entity,
               CAST(facts ->> 'start_date' AS date) AS first_day,
               CAST(facts ->> 'end_date' AS date) AS last_day,
               coalesce(known.start_date = CAST(facts ->> 'start_date' AS date)
                        AND known.end_date = CAST(facts ->> 'end_date' AS date), false) AS held
        FROM master_data_staged AS staged
        LEFT JOIN accounting_period AS known ON known.owner_connection = :owner
            AND known.owner_external_id = staged.external_id AND known.vanished_at IS NULL
        WHERE run_id = :run AND kind = :kind AND fault IS NULL
    )
    UPDATE master_data_staged AS staged
    SET fault = format('overlaps with %s (%s to %s)', other.name, other.first_day, other.last_day)
    FROM dated JOIN dated AS other ON other.entity = dated.entity
        AND other.position <> dated.position
        AND other.first_day <= dated.last_day AND dated.first_day <= other.last_day
    WHERE staged.run_id = :run AND staged.kind = :kind AND staged.position = dated.position
      AND NOT dated.held
"""


def _dated(start: str, end: str) -> str:
    return _ENDS_BEFORE_IT_STARTS.format(start=start, end=end)


def _shared(table: str, key: str, within: str, words: str, live: str = "true") -> str:
    return _SHARED_KEY.format(table=table, key=key, within=within, words=words, live=live)


_OPEN = "facts ->> 'status' = 'OPEN'"
_COMPANY = "legal_entity_external_id"

# Per kind, in this order: a row that has one fault is not asked for others.
_FAULTS: dict[MasterKind, tuple[str, ...]] = {
    MasterKind.LEGAL_ENTITY: (_UNKNOWN_CURRENCY, _shared("legal_entity", "code", "", "code")),
    MasterKind.WORKER: (
        _dated("hire_date", "termination_date"),
        _shared("worker", "number_key", _COMPANY, "number", "facts ->> 'termination_date' IS NULL"),
    ),
    MasterKind.CLIENT: (_shared("client", "code", "", "code"),),
    MasterKind.PROJECT: (
        _dated("start_date", "end_date"),
        _shared("project", "code_key", _COMPANY, "code", _OPEN),
    ),
    MasterKind.TASK: (
        _dated("start_date", "end_date"),
        _shared("task", "code", "project_external_id", "code", _OPEN),
    ),
    MasterKind.PERIOD: (_dated("start_date", "end_date"), _OVERLAPPING),
}


async def stage(
    connection: AsyncConnection, run: UUID, record: RecordKind, after: int, page: Sequence[Any]
) -> None:
    """Keep a page aside; ``after`` rows of this list came before it."""
    rows = [
        {
            "position": position,
            "external_id": each.external_id,
            "facts": {"vanished_at": None, **record.columns(each)},
        }
        for position, each in enumerate(page, after + 1)
    ]
    await connection.execute(_STAGE, {"run": run, "kind": record.kind, "rows": as_json(rows)})


async def drop(connection: AsyncConnection, *runs: UUID) -> None:
    """Forget what these runs listed."""
    await connection.execute(_DROP, {"runs": list(runs)})


async def mark_faults(
    connection: AsyncConnection, run: UUID, owner: str, record: RecordKind
) -> None:
    """Mark the rows of one list that are not taken over, each with why."""
    asked: dict[str, Any] = {"run": run, "kind": record.kind, "owner": owner}
    await connection.execute(_FORGET_REPEATS, asked)
    for statement in (_LISTED_TWICE, *_FAULTS[record.kind]):
        known = {"currencies": sorted(CURRENCIES)} if ":currencies" in statement else {}
        await connection.execute(text(statement), {**asked, **known})


async def analyze(connection: AsyncConnection) -> None:
    """Tell the planner what there is."""
    await connection.execute(_ANALYZE)
