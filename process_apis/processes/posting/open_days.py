"""Makes up days again of which an entry was taken back, where charges are by the day.

The entries of a day add up to what the day as a whole comes to. Without one of them the day comes
to something else, and the difference is what one of the others, the last that was approved, is
charged otherwise from then on.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts
from process_apis.processes.billing import rules as billing
from process_apis.processes.billing import store as terms_store
from process_apis.processes.billing.rules import Charge, SameDay, Terms
from process_apis.processes.posting import charging, usage
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.outcomes import LABELS
from process_apis.processes.posting.recharged import charge_anew

BATCH = 100

_OPEN = text(
    """
    SELECT posting.id, entry.connection, entry.worker_external_id AS worker, posting.work_date,
           posting.charge ->> 'contract' AS contract
    FROM posting JOIN time_entry AS entry ON entry.id = posting.time_entry_id
    WHERE posting.day_open ORDER BY posting.id LIMIT :limit FOR UPDATE OF posting SKIP LOCKED
    """
)
_CLOSE = text("UPDATE posting SET day_open = false WHERE id = ANY(:ids)")

# One that somebody corrects just now is charged with the day as it is by then.
_LAST = text(
    f"""
    SELECT posting.id, posting.time_entry_id, posting.source_connection, posting.work_date,
           posting.minutes, posting.charge, entry.external_id,
           posting.line ->> 'bill_amount' IS NOT NULL AS in_erp, {LABELS}
    FROM posting JOIN time_entry AS entry ON entry.id = posting.time_entry_id
    JOIN time_entry_version AS version
      ON version.time_entry_id = posting.time_entry_id AND version.version = posting.version
    WHERE entry.connection = :connection AND entry.worker_external_id = :worker
      AND entry.work_date = :day AND posting.work_date = :day AND posting.kind <> 'REVERSAL'
      AND posting.state = 'POSTED' AND posting.serves_version IS DISTINCT FROM 0
      AND posting.charge ->> 'contract' = :contract AND (posting.charge ->> 'by_day')::boolean
    ORDER BY posting.approved_at DESC, posting.time_entry_id DESC LIMIT 1
    FOR UPDATE OF posting, entry SKIP LOCKED
    """  # noqa: S608 - our own fragment
)

_UNDER_WAY = text(
    f"""
    SELECT EXISTS (
        SELECT FROM posting JOIN time_entry AS entry ON entry.id = posting.time_entry_id
        WHERE entry.connection = :connection AND entry.worker_external_id = :worker
          AND entry.work_date = :day AND posting.work_date = :day
          AND posting.charge ->> 'contract' = :contract
          AND (posting.charge ->> 'by_day')::boolean AND {usage.COUNTS})
    """  # noqa: S608 - our own fragment
)

_AS_CHARGE = TypeAdapter(Charge)


async def settle(ledger: Ledger) -> bool:
    """Look at every day that is open; whether entries are to be planned again."""
    async with ledger.database.transaction() as transaction:
        rows = as_dicts(await transaction.execute(_OPEN, {"limit": BATCH}))
        days: dict[usage.Day, list[Any]] = {}
        for row in rows:
            day = (row["connection"], row["worker"], row["work_date"], row["contract"])
            days.setdefault(day, []).append(row["id"])
        again, closed = False, []
        for day, ids in days.items():
            is_settled, replaced = await _settle_one(transaction, ledger, day)
            closed += ids if is_settled else []
            again |= replaced
        if closed:
            await transaction.execute(_CLOSE, {"ids": closed})
    return again


async def _settle_one(
    transaction: AsyncConnection, ledger: Ledger, day: usage.Day
) -> tuple[bool, bool]:
    """Whether the day is as it should be from now on, and whether an entry is planned again."""
    connection, worker, work_date, contract = day
    terms = await terms_store.of_contract(transaction, contract, work_date)
    others = (await usage.same_days(transaction, [day]))[day]
    if terms is None or not others:
        return True, False
    asked = {"connection": connection, "worker": worker, "day": work_date, "contract": contract}
    found = as_dicts(await transaction.execute(_LAST, asked))
    if not found:
        # They are under way, and it is another time; or there is none that is charged by the day.
        waits = (await transaction.execute(_UNDER_WAY, asked)).scalar_one()
        return not waits, False
    row = found[0]
    meter = await usage.open_meter(transaction, _keys(terms, row))
    charge = _anew(row, terms, others, meter)
    if charge is None:
        return True, False
    why = "another entry of its day was taken back"
    await charge_anew(transaction, ledger, [(row, charge)], "charged anew", why)
    return True, bool(row["in_erp"])


def _keys(terms: Terms, row: Mapping[str, Any]) -> list[str]:
    key = terms.limit_key(row["work_date"])
    return [key] if key is not None else []


def _anew(
    row: Mapping[str, Any],
    terms: Terms,
    others: Mapping[Any, SameDay],
    meter: usage.Meter,
) -> Charge | None:
    """What this one comes to now; None if that is what it was charged."""
    before = _AS_CHARGE.validate_python(row["charge"])
    entry = row["time_entry_id"]
    rest = charging.sum_of(each for number, each in others.items() if number != entry)
    if terms.currency != before.currency or before.quantity == billing.by_day(
        terms, before.unit, row["minutes"], rest
    ):
        return None
    key = terms.limit_key(row["work_date"])
    used = meter.by_others(key, entry) if key else billing.NOUGHT
    return billing.charged_anew(before, terms, row["minutes"], row["work_date"], rest, used)
