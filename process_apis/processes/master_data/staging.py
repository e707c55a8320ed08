"""What a reading listed, kept aside until all is there; rows that make no sense are marked."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_json
from process_apis.processes.master_data import faults
from process_apis.processes.master_data.currencies import CURRENCIES
from process_apis.processes.master_data.record_kind import RecordKind
from process_apis.upstream.listing import MasterPage

_STAGE = text(
    """
    INSERT INTO master_data_staged (run_id, kind, position, external_id, facts)
    SELECT :run, :kind, position, external_id, facts FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS listed (position int, external_id text, facts jsonb)
    """
)

# A row that makes no sense in the product itself is there, though nothing is known of it.
_STAGE_FAULTY = text(
    """
    INSERT INTO master_data_staged (run_id, kind, position, external_id, facts, fault)
    SELECT :run, :kind, position, external_id, '{}', fault
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS listed (
        position int, external_id text, fault text)
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


@dataclass
class Listed:
    """What the pages of one list have told beside their rows.

    :param partial: only what changed was asked for.
    :param rows: how many there were, those that make no sense included.
    :param deleted: ids that were told as deleted.
    :param complete: what was not listed is not there.
    """

    record: RecordKind
    partial: bool = False
    rows: int = 0
    deleted: list[str] = field(default_factory=list)
    complete: bool = False
    unnamed: bool = False

    @property
    def absence_proves(self) -> bool:
        """What is known and was not listed is gone. Not if some row did not tell which it is."""
        return self.complete and not self.partial and not self.unnamed


async def stage(
    connection: AsyncConnection, run: UUID, listed: Listed, page: MasterPage[Any]
) -> None:
    """Keep a page aside, and note what it tells."""
    record = listed.record
    rows = [
        {
            "position": position,
            "external_id": each.external_id,
            "facts": {"vanished_at": None, **record.columns(each)},
        }
        for position, each in enumerate(page.items, listed.rows + 1)
    ]
    listed.rows += len(rows)
    await connection.execute(_STAGE, {"run": run, "kind": record.kind, "rows": as_json(rows)})
    faulty = [
        {"position": position, "external_id": each.external_id or "", "fault": each.reason}
        for position, each in enumerate(page.faulty, listed.rows + 1)
    ]
    if faulty:
        asked = {"run": run, "kind": record.kind, "rows": as_json(faulty)}
        await connection.execute(_STAGE_FAULTY, asked)
    listed.rows += len(faulty)
    listed.unnamed = listed.unnamed or any(each.external_id is None for each in page.faulty)
    listed.deleted += page.deleted
    listed.complete = page.complete


async def drop(connection: AsyncConnection, *runs: UUID) -> None:
    """Forget what these runs listed."""
    await connection.execute(_DROP, {"runs": list(runs)})


async def mark_faults(connection: AsyncConnection, run: UUID, owner: str, listed: Listed) -> None:
    """Mark the rows of one list that are not taken over, each with why."""
    kind = listed.record.kind
    await connection.execute(_FORGET_REPEATS, {"run": run, "kind": kind})
    facts: dict[str, Any] = {
        "run": run,
        "kind": kind,
        "owner": owner,
        "partial": listed.partial,
        "currencies": sorted(CURRENCIES),
    }
    for statement in (faults.LISTED_TWICE, *faults.OF_KIND[kind]):
        asked = {name: value for name, value in facts.items() if f":{name}" in statement}
        await connection.execute(text(statement), asked)


async def analyze(connection: AsyncConnection) -> None:
    """Tell the planner what was read."""
    await connection.execute(_ANALYZE)
