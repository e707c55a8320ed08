"""Settles drifts at a steward's word."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.doorbell import Doorbell, Stage
from process_apis.processes.master_data import changes
from process_apis.processes.master_data.code_drift import reading
from process_apis.processes.master_data.code_drift.rules import Drift
from process_apis.processes.master_data.code_drift.schemas import CodeDriftDetail
from process_apis.processes.master_data.code_drift.standing import WORDS
from process_apis.processes.master_data.code_drift.tables import DriftState
from process_apis.processes.master_data.keys import named_key
from process_apis.processes.master_data.steps import Librarian, tell_of_drift
from process_apis.processes.master_data.stewards import require_steward
from shared.identity import Principal
from shared.problems import Conflict

_SETTLE = text(
    """
    UPDATE code_drift SET state = 'ACCEPTED', settled_at = :now, settled_by = :actor,
        reason = :reason
    WHERE id = :id AND state = 'OPEN' RETURNING id
    """
)
# What the code meant before it does not mean any more.
_END_ALIAS = text(
    """
    UPDATE code_alias SET ended_at = :now
    WHERE record_id = :other AND attribute = :attribute AND code = :code AND ended_at IS NULL
    """
)

ALIASES = frozenset({Drift.RENAMED, Drift.REUSED})


async def accept_alias(
    librarian: Librarian, doorbell: Doorbell, drift_id: UUID, reason: str, caller: Principal
) -> CodeDriftDetail:
    """Both codes of a renamed record stay its own; a code used again means the new record alone.

    :raises NotFound: there is none with this id.
    :raises Forbidden: the caller is no steward.
    :raises Conflict: it is settled, or about no code.
    """
    async with librarian.database.transaction() as transaction:
        found = await _settle(librarian, transaction, drift_id, ALIASES, reason, caller)
        if found["drift"] == Drift.REUSED:
            await _give_code(librarian, transaction, found, caller)
        detail = await reading.detail(transaction, drift_id)
    doorbell.ring(Stage.VALIDATE)
    return detail


async def acknowledge(
    librarian: Librarian, drift_id: UUID, reason: str, caller: Principal
) -> CodeDriftDetail:
    """Somebody has seen that a record was deleted or moved, and nothing more is to be done.

    :raises NotFound: there is none with this id.
    :raises Forbidden: the caller is no steward.
    :raises Conflict: it is settled, or about a code.
    """
    others = frozenset(Drift) - ALIASES
    async with librarian.database.transaction() as transaction:
        await _settle(librarian, transaction, drift_id, others, reason, caller)
        return await reading.detail(transaction, drift_id)


async def _settle(
    librarian: Librarian,
    transaction: AsyncConnection,
    drift_id: UUID,
    fitting: frozenset[Drift],
    reason: str,
    caller: Principal,
) -> dict[str, Any]:
    require_steward(caller)
    found = await reading.one(transaction, drift_id)
    if found["drift"] not in fitting:
        raise Conflict(
            f"Code drift {drift_id} is {WORDS[Drift(found['drift'])]}.",
            code="decision_does_not_fit",
            action="Accept aliases of renamed and reused codes; acknowledge the others.",
        )
    now = librarian.clock.now()
    settled = {"id": drift_id, "now": now, "actor": f"user:{caller.subject}", "reason": reason}
    if (await transaction.execute(_SETTLE, settled)).first() is None:
        state = DriftState(found["state"])
        raise Conflict(f"Code drift {drift_id} is {state} already.", code="drift_not_open")
    await tell_of_drift(librarian, transaction, found["connection"], now)
    return found


async def _give_code(
    librarian: Librarian,
    transaction: AsyncConnection,
    found: Mapping[str, Any],
    caller: Principal,
) -> None:
    now = librarian.clock.now()
    ended = {"other": found["other_id"], "attribute": found["attribute"], "code": found["after"]}
    await transaction.execute(_END_ALIAS, {**ended, "now": now})
    key = named_key(found["kind"], found["connection"], found["after"])
    words = (
        f"{found['kind']} code {found['after']} of {found['connection']} means {found['name']} "
        f"only, said {caller.subject} {changes.at(now)}"
    )
    await librarian.wake(transaction, {key: words})
