"""Gives room in a limit to hours that were posted and are held: to those that came first, first."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts
from process_apis.processes.billing import rules as billing
from process_apis.processes.billing import store as terms_store
from process_apis.processes.billing.rules import Beyond, Charge, Terms
from process_apis.processes.posting import usage
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.outcomes import LABELS
from process_apis.processes.posting.recharged import charge_anew
from process_apis.processes.posting.usage import Meter

BATCH = 200

_HELD = """posting.held IS NOT NULL AND posting.kind <> 'REVERSAL' AND posting.state = 'POSTED'
    AND posting.serves_version IS DISTINCT FROM 0"""
_LIMITS = text(
    f"""
    SELECT limit_key, max(charge ->> 'contract') AS contract,
           array_agg(DISTINCT work_date ORDER BY work_date) AS days
    FROM posting WHERE {_HELD} GROUP BY limit_key ORDER BY limit_key
    """  # noqa: S608 - our own fragment
)
_ROWS = text(
    f"""
    SELECT posting.id, posting.time_entry_id, posting.source_connection, posting.work_date,
           posting.minutes, posting.charge, entry.external_id,
           posting.line ->> 'bill_amount' IS NOT NULL AS in_erp, {LABELS}
    FROM posting JOIN time_entry AS entry ON entry.id = posting.time_entry_id
    JOIN time_entry_version AS version
      ON version.time_entry_id = posting.time_entry_id AND version.version = posting.version
    WHERE posting.limit_key = :key AND {_HELD}
    ORDER BY posting.work_date, posting.approved_at, posting.time_entry_id LIMIT :limit
    FOR UPDATE OF posting, entry SKIP LOCKED
    """  # noqa: S608 - our own fragment
)

_AS_CHARGE = TypeAdapter(Charge)


async def recharge(ledger: Ledger) -> bool:
    """Look at every limit that holds something back; whether entries are to be planned again."""
    async with ledger.database.transaction() as transaction:
        limits = as_dicts(await transaction.execute(_LIMITS))
    again = False
    for each in limits:
        async with ledger.database.transaction() as transaction:
            again |= await _recharge_one(transaction, ledger, each)
    return again


async def _recharge_one(
    transaction: AsyncConnection, ledger: Ledger, limit: Mapping[str, Any]
) -> bool:
    key = limit["limit_key"]
    # Each day by the terms that held on it: a later version may say something else.
    of_day = {
        day: terms
        for day in limit["days"]
        if (terms := await terms_store.of_contract(transaction, limit["contract"], day))
    }
    consumed = await usage.consumed(transaction, key)
    if not any(_may_release(terms, consumed) for terms in of_day.values()):
        return False
    asked = {"key": key, "limit": BATCH}
    rows = as_dicts(await transaction.execute(_ROWS, asked))
    meter = await usage.open_meter(transaction, [key])
    changed = [
        (row, charge)
        for row in rows
        if (terms := of_day.get(row["work_date"]))
        and (charge := _anew(row, terms, meter, key)) is not None
    ]
    why = f"contract {limit['contract']} has room for it"
    await charge_anew(transaction, ledger, changed, "released by its contract", why)
    return any(row["in_erp"] for row, _ in changed)


def _may_release(terms: Terms, consumed: Decimal) -> bool:
    if terms.limit is None or terms.limit.beyond not in (Beyond.HOLD, Beyond.WAIT):
        return True
    return consumed < terms.limit.size


def _anew(row: Mapping[str, Any], terms: Terms, meter: Meter, key: str) -> Charge | None:
    """The charge with more of it released; None if it stays as it is."""
    before = _AS_CHARGE.validate_python(row["charge"])
    if terms.currency != before.currency:
        return None
    used = meter.by_others(key, row["time_entry_id"])
    whole = replace(before, terms_id=terms.id, version=terms.version, limit_key=None)
    after = billing.within_limit(whole, terms, row["work_date"], used)
    if terms.limit is None:
        after = billing.without_limit(whole, terms)
    if after.held_quantity >= before.held_quantity:
        return None
    meter.replaced(key, row["time_entry_id"], after.consumed)
    return after
