"""How far limits are used up: sums over what stands in the ledger, or will."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts
from process_apis.processes.billing import store as terms_store
from process_apis.processes.billing.rules import Limit, Measure, SameDay
from process_apis.processes.billing.schemas import ContractUsage, LimitUsage
from shared.problems import NotFound

_STEPS = (100, 90, 75)

# What may stand in the ERP, or waits for nothing but the reversal of what it replaces.
COUNTS = """posting.kind <> 'REVERSAL' AND (posting.state IN ('READY', 'ON_HOLD', 'SENDING',
    'IN_DOUBT', 'POSTED', 'MISPOSTED', 'REVERSAL_PENDING')
    OR posting.state = 'PARKED' AND posting.code IS NULL)"""

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('limit ' || :key, 2))")

# While a line is corrected there are two: the larger one counts, so that no limit is overrun.
_CONSUMED = text(
    f"""
    SELECT limit_key, time_entry_id, max(consumed) AS consumed FROM posting
    WHERE limit_key = ANY(:keys) AND {COUNTS}
    GROUP BY limit_key, time_entry_id
    """  # noqa: S608 - our own fragment
)
_CONSUMED_BY_ALL = text(
    f"""
    SELECT coalesce(sum(consumed), 0) FROM (
        SELECT max(consumed) AS consumed FROM posting
        WHERE limit_key = :key AND {COUNTS} GROUP BY time_entry_id) AS each
    """  # noqa: S608 - our own fragment
)
_SAME_DAY = text(
    f"""
    SELECT entry.connection, entry.worker_external_id AS worker, posting.work_date,
           posting.charge ->> 'contract' AS contract, posting.time_entry_id, posting.minutes,
           (SELECT sum((part ->> 'quantity')::numeric)
            FROM jsonb_array_elements(posting.charge -> 'parts') AS part) AS quantity,
           posting.state = 'REVERSAL_PENDING' AS leaves
    FROM posting JOIN time_entry AS entry ON entry.id = posting.time_entry_id
    WHERE entry.connection = ANY(:connections) AND entry.worker_external_id = ANY(:workers)
      AND entry.work_date = ANY(:days) AND posting.work_date = ANY(:days)
      AND posting.charge IS NOT NULL AND {COUNTS}
    """  # noqa: S608 - our own fragment
)
_STANDS = text(
    f"""
    SELECT count(DISTINCT posting.id) AS postings,
           coalesce(sum((part ->> 'amount')::numeric)
               FILTER (WHERE part ->> 'billing' = 'BILLED'), 0) AS billed,
           coalesce(sum((part ->> 'amount')::numeric)
               FILTER (WHERE part ->> 'billing' = 'COVERED'), 0) AS covered,
           coalesce(sum((part ->> 'amount')::numeric)
               FILTER (WHERE part ->> 'billing' = 'HELD'), 0) AS held
    FROM posting, jsonb_array_elements(posting.charge -> 'parts') AS part
    WHERE posting.charge ->> 'contract' = :contract AND {COUNTS}
      AND posting.state <> 'REVERSAL_PENDING'
    """  # noqa: S608 - our own fragment
)
_LIMITS = text(
    f"""
    SELECT limit_key, sum(consumed) AS consumed, coalesce(sum(held), 0) AS held,
           max(work_date) AS day
    FROM (SELECT limit_key, time_entry_id, max(consumed) AS consumed, max(held) AS held,
                 max(work_date) AS work_date
          FROM posting WHERE charge ->> 'contract' = :contract AND limit_key IS NOT NULL
            AND {COUNTS} GROUP BY limit_key, time_entry_id) AS each
    GROUP BY limit_key ORDER BY limit_key
    """  # noqa: S608 - our own fragment
)
_LATEST = text(
    "SELECT max(valid_from) AS day, max(currency) AS currency FROM contract_terms"
    " WHERE contract = :contract AND state = 'PUBLISHED'"
)


@dataclass
class Meter:
    """How much each lineage has of the limits that were locked."""

    consumed: dict[str, dict[UUID, Decimal]]

    def by_others(self, key: str, entry: UUID) -> Decimal:
        """What all but this lineage have."""
        rows = self.consumed.get(key, {})
        return sum((each for id_, each in rows.items() if id_ != entry), Decimal(0))

    def note(self, key: str, entry: UUID, consumed: Decimal) -> None:
        """This lineage has at least so much."""
        rows = self.consumed.setdefault(key, {})
        rows[entry] = max(rows.get(entry, consumed), consumed)

    def replaced(self, key: str, entry: UUID, consumed: Decimal) -> None:
        """This lineage has so much now."""
        self.consumed.setdefault(key, {})[entry] = consumed


async def open_meter(transaction: AsyncConnection, keys: Collection[str]) -> Meter:
    """Read limits that nobody else may consume of until the transaction ends."""
    ordered = sorted(set(keys))
    for key in ordered:
        await transaction.execute(_LOCK, {"key": key})
    meter = Meter({})
    if ordered:
        for row in await transaction.execute(_CONSUMED, {"keys": ordered}):
            meter.note(row.limit_key, row.time_entry_id, row.consumed)
    return meter


async def consumed(transaction: AsyncConnection, key: str) -> Decimal:
    """How much of a limit is used up, as far as it is committed."""
    found: Decimal = (await transaction.execute(_CONSUMED_BY_ALL, {"key": key})).scalar_one()
    return found


Day = tuple[str, str, date, str]


async def same_days(
    transaction: AsyncConnection, asked: Sequence[Day]
) -> dict[Day, dict[UUID, SameDay]]:
    """What each entry of a person's day was charged, by tracker, worker, day and contract."""
    if not asked:
        return {}
    days: dict[Day, dict[UUID, SameDay]] = {each: {} for each in asked}
    facts = {
        "connections": sorted({each[0] for each in asked}),
        "workers": sorted({each[1] for each in asked}),
        "days": sorted({each[2] for each in asked}),
    }
    rows = as_dicts(await transaction.execute(_SAME_DAY, facts))
    # Of a line and what replaces it, the latter counts.
    for row in sorted(rows, key=lambda each: not each["leaves"]):
        place = (row["connection"], row["worker"], row["work_date"], row["contract"])
        if place in days:
            days[place][row["time_entry_id"]] = SameDay(row["minutes"], row["quantity"])
    return days


async def of(transaction: AsyncConnection, contract: str) -> ContractUsage:
    """
    :raises NotFound: it has no published terms.
    """
    asked = {"contract": contract}
    latest = (await transaction.execute(_LATEST, asked)).one()
    if latest.day is None:
        raise NotFound(f"Contract {contract} has no published terms.")
    stands = (await transaction.execute(_STANDS, asked)).one()
    limits = []
    for row in as_dicts(await transaction.execute(_LIMITS, asked)):
        terms = await terms_store.of_contract(transaction, contract, row["day"])
        if terms is not None and terms.limit is not None:
            limits.append(_usage(row, terms.limit))
    return ContractUsage(
        contract=contract,
        currency=latest.currency,
        postings=stands.postings,
        billed=stands.billed,
        covered=stands.covered,
        held=stands.held,
        limits=limits,
    )


def _usage(row: dict[str, Any], limit: Limit) -> LimitUsage:
    percent = (row["consumed"] / limit.size * 100).quantize(Decimal("0.1"))
    return LimitUsage(
        limit_key=row["limit_key"],
        measure=Measure(limit.measure),
        size=limit.size,
        consumed=row["consumed"],
        room=max(limit.size - row["consumed"], Decimal(0)),
        held=row["held"],
        percent=percent,
        reached=next((each for each in _STEPS if percent >= each), None),
    )
