"""Leases what is to be sent next: by lane, within what the connection allows, intent first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts
from process_apis.processes.connections import gates
from process_apis.processes.posting import limits
from process_apis.processes.posting.lanes import Lane
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.limits import Admission
from process_apis.processes.posting.outcomes import LEASED_COLUMNS, Leased
from process_apis.processes.posting.states import PostingKind
from process_apis.upstream.erp import ErpAbilities, PostingRequest
from shared.stop_points import StopPoint, reached

BATCH = 200
# What has waited for so long in one of the lower lanes has a share of each batch to itself, so
# that nothing waits for ever behind lanes that never run dry.
PATIENCE = timedelta(minutes=15)
SHARE = 10
_LOWER = [Lane.NORMAL.value, Lane.BULK.value]

_LEASED = tuple(each.name for each in fields(Leased))

# For a posting and its entry: it is still to be sent. Not what is no longer approved, even if the
# ledger has not looked at the change yet; nor a reversal that no valid replacement can follow.
_IS_WANTED = """CASE WHEN posting.kind <> 'REVERSAL'
        THEN entry.state = 'APPROVED'
         AND entry.approved_version = coalesce(posting.serves_version, posting.version)
        WHEN posting.serves_version IS NULL THEN entry.state IN ('DELETED', 'REJECTED')
        ELSE entry.state = 'APPROVED' AND entry.approved_version = posting.serves_version
         AND EXISTS (SELECT FROM posting AS replacement
                     WHERE replacement.correction_group = posting.correction_group
                       AND replacement.kind = 'REPLACEMENT' AND replacement.state = 'PARKED'
                       AND replacement.code IS NULL) END"""

# Looked at once more in the moment of sending: it may have closed since it was judged.
PERIOD_CLOSED = """EXISTS (
        SELECT FROM accounting_period AS period
        WHERE period.owner_connection = posting.target_connection
          AND period.legal_entity_external_id = posting.legal_entity
          AND posting.accounting_date BETWEEN period.start_date AND period.end_date
          AND period.vanished_at IS NULL AND period.status <> 'OPEN'
          AND NOT (period.status = 'SOFT_CLOSED'
                   AND coalesce(posting.decision -> 'paths' ? 'soft_closed', false))
          AND NOT coalesce(posting.decision -> 'paths' ? 'change', false))"""

_MAY_GO = f"""
    posting JOIN time_entry AS entry ON entry.id = posting.time_entry_id
    WHERE target_connection = :erp AND posting.state = 'READY'
      AND {_IS_WANTED} AND NOT {PERIOD_CLOSED}
"""

# `due_at` is set to when a look-up would prove something, should this worker die right now. The
# inner limits are plain numbers: with any other, the whole backlog would be sorted for each batch.
_CLAIM = f"""
    WITH patient AS MATERIALIZED (
        SELECT waiting.id, waiting.due_at FROM unnest(CAST(:lower AS int[])) AS lower (lane)
        CROSS JOIN LATERAL (
            SELECT posting.id, posting.due_at FROM {_MAY_GO}
              AND posting.lane = lower.lane AND due_at <= :waited_since
            ORDER BY posting.lane, due_at LIMIT :share FOR UPDATE OF posting SKIP LOCKED
        ) AS waiting WHERE {{gate}}
    ), first AS MATERIALIZED (
        SELECT posting.id, posting.due_at FROM {_MAY_GO} AND due_at <= :now AND {{gate}}
        ORDER BY lane, due_at LIMIT :limit FOR UPDATE OF posting SKIP LOCKED
    ), due AS (
        SELECT id, due_at FROM patient
        UNION ALL SELECT id, due_at FROM first WHERE id NOT IN (SELECT id FROM patient)
        LIMIT least(:limit, (SELECT batch_limit FROM connection_gate WHERE connection = :erp))
    )
    UPDATE posting SET state = 'SENDING', attempts = attempts + 1, lease_token = :token,
        lease_until = :lease_until, due_at = :look_up_at, updated_at = :now
    FROM due, time_entry AS entry, time_entry_version AS version
    WHERE posting.id = due.id AND entry.id = posting.time_entry_id
      AND version.time_entry_id = posting.time_entry_id AND version.version = posting.version
    RETURNING {LEASED_COLUMNS}, due.due_at AS was_due_at, CAST(:now AS timestamptz) AS sent_at,
        posting.lane, EXISTS (SELECT 1 FROM connection_gate WHERE connection = :erp
                AND (failures > 0 OR batch_limit IS NOT NULL)) AS troubled
    """  # noqa: S608 - our own column names
_CLAIM_IF_OPEN = text(
    _CLAIM.format(
        gate=f"""NOT EXISTS (SELECT 1 FROM connection_gate AS gate
            WHERE gate.connection = :erp AND {gates.SHUT})"""  # noqa: S608 - our own fragment
    )
)
# Whoever holds the probe goes through although the circuit is open.
_CLAIM_PROBE = text(_CLAIM.format(gate="true"))

# Claims of a connection with limits go one after another, or two of them would see the same room.
_LOCK_GATE = text(
    """
    INSERT INTO connection_gate (connection, mode, circuit, failures, updated_at)
    VALUES (:erp, 'RUNNING', 'CLOSED', 0, :now)
    ON CONFLICT (connection) DO UPDATE SET connection = excluded.connection
    RETURNING used_until
    """
)
_UNDER_WAY = text(
    "SELECT count(DISTINCT lease_token) FROM posting"
    " WHERE target_connection = :erp AND state = 'SENDING' AND lease_until > :now"
)
_USE = text("UPDATE connection_gate SET used_until = :until WHERE connection = :erp")


@dataclass(frozen=True)
class Batch:
    """Postings leased together.

    :param deadline: counts from the lease, not from the call: a worker that was suspended in
        between must not send what another one may have looked up and sent by then.
    :param troubled: something failed on this connection lately, so that an answer is news.
    :param wait: nothing is leased because the connection's rate is used up for so long.
    """

    leased: Sequence[Leased]
    token: UUID
    deadline: datetime
    troubled: bool
    wait: timedelta = timedelta()


def leased_from(row: Mapping[Any, Any]) -> Leased:
    """A claimed row as a value."""
    facts: dict[str, Any] = {name: row[name] for name in _LEASED if name in row}
    facts["request"] = PostingRequest.model_validate(facts["request"])
    facts["kind"] = PostingKind(facts["kind"])
    return Leased(**facts)


async def claim(
    ledger: Ledger, erp: str, token: UUID, abilities: ErpAbilities, probe: int | None = None
) -> Batch:
    """Lease a batch; when this has committed, the intent to send each of them stands.

    :param probe: the caller holds the connection's probe, so that its circuit does not count;
        the most that it may send.
    """
    limit = min(abilities.max_batch, BATCH if probe is None else probe)
    async with ledger.database.transaction() as transaction:
        now = ledger.clock.now()
        deadline = now + timedelta(seconds=ledger.timing.call)
        admission = Admission(limit, now)
        if limits.are_declared(abilities):
            admission = await _admit(transaction, erp, abilities, limit, now)
            if not admission.postings:
                return Batch((), token, deadline, troubled=False, wait=admission.wait)
        lease_until = now + ledger.timing.lease_span
        rows = await transaction.execute(
            _CLAIM_IF_OPEN if probe is None else _CLAIM_PROBE,
            {
                "erp": erp,
                "now": now,
                "waited_since": now - PATIENCE,
                "lower": _LOWER,
                "limit": admission.postings,
                "share": max(admission.postings // SHARE, 1),
                "token": token,
                "lease_until": lease_until,
                "look_up_at": lease_until + timedelta(seconds=abilities.settle_seconds),
            },
        )
        claimed = as_dicts(rows)
        if claimed and abilities.postings_per_second is not None:
            until = limits.used_after(abilities, admission, len(claimed))
            await transaction.execute(_USE, {"erp": erp, "until": until})
    if claimed:
        reached(StopPoint.INTENT_COMMITTED)
    claimed.sort(key=lambda row: (row["lane"], row["was_due_at"], row["id"]))
    leased = [leased_from(row) for row in claimed]
    return Batch(leased, token, deadline, any(row["troubled"] for row in claimed))


async def _admit(
    transaction: AsyncConnection, erp: str, abilities: ErpAbilities, limit: int, now: datetime
) -> Admission:
    asked = {"erp": erp, "now": now}
    used_until = (await transaction.execute(_LOCK_GATE, asked)).scalar_one()
    under_way = (await transaction.execute(_UNDER_WAY, asked)).scalar_one()
    return limits.admitted(abilities, limit, under_way, used_until, now)
