"""Writes what postings come to anew.

Where the ERP has taken the charge, what stands there is corrected like any other line: the entry
is planned again, as one whose line serves no version any more. Elsewhere only the sub-ledger says
what is billed, and says it anew; the step stays in the lineage.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_json
from process_apis.processes.billing.rules import Charge
from process_apis.processes.lineage import store as lineage
from process_apis.processes.posting import charging
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.ports import Standing
from process_apis.processes.posting.states import PostingState
from process_apis.processes.time_entries import store as entries

# No approved version is this one: a line that serves it is to be replaced.
NO_VERSION = 0

_REWRITE = text(
    """
    UPDATE posting SET charge = anew.charge, limit_key = anew.limit_key, consumed = anew.consumed,
        held = anew.held, updated_at = :now
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS anew (
        id uuid, charge jsonb, limit_key text, consumed numeric, held numeric)
    WHERE posting.id = anew.id
    """
)
_REPLACE = text("UPDATE posting SET serves_version = :none, updated_at = :now WHERE id = ANY(:ids)")

Changed = Sequence[tuple[dict[str, Any], Charge]]


async def charge_anew(
    transaction: AsyncConnection, ledger: Ledger, changed: Changed, what: str, because: str
) -> None:
    """Write them, or have them planned again.

    :param changed: rows of postings that are locked, each with its charge from now on.
    :param what: the step of the lineage, and ``because`` why.
    """
    now = ledger.clock.now()
    in_erp = [row for row, _ in changed if row["in_erp"]]
    here = [(row, charge) for row, charge in changed if not row["in_erp"]]
    if in_erp:
        facts = {"ids": [row["id"] for row in in_erp], "none": NO_VERSION, "now": now}
        await transaction.execute(_REPLACE, facts)
        await entries.mark_posting_due(transaction, [row["time_entry_id"] for row in in_erp])
    if here:
        await _write(transaction, ledger, here, what, because, now)


async def _write(
    transaction: AsyncConnection,
    ledger: Ledger,
    changed: Changed,
    what: str,
    because: str,
    now: datetime,
) -> None:
    rows = [{"id": row["id"], **charging.columns(charge)} for row, charge in changed]
    await transaction.execute(_REWRITE, {"rows": as_json(rows), "now": now})
    steps = [
        lineage.Step(
            row["time_entry_id"],
            what,
            now,
            row["id"],
            detail={
                "because": because,
                "contract": charge.contract,
                "terms": charge.version,
                "billed": str(charge.billed),
                "held": str(charge.held),
                "currency": charge.currency,
            },
        )
        for row, charge in changed
    ]
    await lineage.record(transaction, steps)
    told = [_standing(row, charge, because) for row, charge in changed]
    await ledger.listeners.tell(transaction, told, now)


def _standing(row: dict[str, Any], charge: Charge, because: str) -> Standing:
    posting_id: UUID = row["id"]
    finding = None
    if charge.held_quantity:
        finding = charging.exceeded(charge.contract, charge.held, charge.currency)
    return Standing(
        time_entry_id=row["time_entry_id"],
        connection=row["source_connection"],
        entry_external_id=row["external_id"],
        state=PostingState.POSTED,
        because=because,
        finding=finding,
        posting_id=posting_id,
        worker=row["labels"].get("worker"),
        project=row["labels"].get("project"),
        task=row["labels"].get("task"),
        work_date=row["work_date"],
        minutes=row["minutes"],
        about="CT_NTE_EXCEEDED",
    )
