"""Writes into copies in batches: the intent first, then the call, then what became of it.

An outcome that nobody saw is no trouble: a system writes only over what was seen, so what it has
written before is found so, and not written twice.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from process_apis.doorbell import Doorbell, Stage
from process_apis.processes.connections import store as connections
from process_apis.processes.repairing import plans, store
from process_apis.processes.repairing.planning import ability, plan
from process_apis.processes.repairing.repairer import Repairer
from process_apis.processes.repairing.schemas import (
    Released,
    RepairPage,
    RepairPlanned,
    RepairView,
)
from process_apis.processes.repairing.tables import RepairState
from process_apis.processes.repairing.telling import tell_stewards
from process_apis.upstream.connections import Capability
from process_apis.upstream.repairs import RepairMade, RepairToMake
from shared.identity import Principal
from shared.problems import Conflict, NotFound, TimepostProblem
from shared.stop_points import StopPoint, reached

BATCH = 50
_MOST_WAIT = 3600

_STATES = {
    "done": RepairState.DONE,
    "changed": RepairState.OUTDATED,
    "refused": RepairState.REFUSED,
    "retry": RepairState.PENDING,
}


async def repair(repairer: Repairer, connection: str) -> int:
    """Make one batch of repairs; how many it was."""
    table = repairer.ownership.repairs.get(connection)
    if table is None:
        return 0
    token = uuid4()
    async with repairer.database.transaction() as transaction:
        now = repairer.clock.now()
        rows = await store.claim(
            transaction, connection, token, now, repairer.lease, BATCH, table.attributes
        )
        if not rows:
            return 0
        capability = (await connections.find(transaction, connection)).capability
    reached(StopPoint.REPAIR_CLAIMED)
    deadline = now + repairer.lease / 2
    outcomes = await _write(repairer, capability, connection, rows, deadline)
    reached(StopPoint.REPAIR_ANSWERED)
    async with repairer.database.transaction() as transaction:
        now = repairer.clock.now()
        settled = [_settled(row, outcomes.get(str(row["id"])), now) for row in rows]
        await store.settle(transaction, token, settled, now)
        if any(each["written"] for each in settled):
            # Its next reading, which shows what was written, is due soon.
            await connections.note_hint(transaction, connection, now)
        await tell_stewards(transaction, repairer, connection, now)
    return len(rows)


async def _write(
    repairer: Repairer,
    capability: Capability,
    connection: str,
    rows: Sequence[Mapping[str, Any]],
    deadline: datetime,
) -> dict[str, RepairMade]:
    """What the system says of each, by reference."""
    items = [
        RepairToMake(
            reference=str(row["id"]),
            kind=row["kind"],
            external_id=row["external_id"],
            attribute=row["attribute"],
            seen=row["seen"],
            wanted=row["wanted"],
        )
        for row in rows
    ]
    try:
        made = await repairer.system.repair(capability, connection, items, deadline)
    except TimepostProblem as problem:
        detail = problem.detail
        return {
            item.reference: RepairMade(
                reference=item.reference, status="retry", written=False, message=detail
            )
            for item in items
        }
    return {each.reference: each for each in made.outcomes}


def _settled(row: Mapping[str, Any], outcome: RepairMade | None, now: datetime) -> dict[str, Any]:
    state = _STATES[outcome.status] if outcome else RepairState.PENDING
    wait = timedelta()
    if state is RepairState.PENDING:
        wait = timedelta(seconds=min(5 * 2 ** row["attempts"], _MOST_WAIT))
    return {
        "id": row["id"],
        "state": state,
        "seen": row["seen"],
        "wanted": row["wanted"],
        "written": outcome.written if outcome else False,
        "message": outcome.message if outcome else "nothing was said of it",
        "due_at": now + wait,
    }


async def begin(
    repairer: Repairer, doorbell: Doorbell, connection: str, *, dry_run: bool
) -> RepairPlanned:
    """Compare a connection's copies and begin to repair them; or only tell what that would be.

    :raises NotFound: its copies are not repaired, or there is no such connection.
    """
    capability, writable = await ability(repairer, connection)
    async with repairer.database.transaction() as transaction:
        nested = await transaction.begin_nested()
        changed = await plan(transaction, repairer, connection, capability, writable)
        _, lacking = await plans.able(transaction, connection)
        states = await store.counts(transaction, connection)
        if dry_run:
            await nested.rollback()
    if not dry_run:
        doorbell.ring(Stage.REPAIR, connection)
    return RepairPlanned(
        connection=connection, changed=changed, states=states, writable=writable, lacking=lacking
    )


async def listed(
    repairer: Repairer, connection: str, state: RepairState | None, after: UUID | None, limit: int
) -> RepairPage:
    """One page, by id.

    :raises NotFound: copies of this connection are not repaired.
    """
    repairer.table(connection)
    async with repairer.database.transaction() as transaction:
        found = await store.page(transaction, connection, state, after, limit + 1)
        states = await store.counts(transaction, connection)
        writable, lacking = await plans.able(transaction, connection)
    page = [RepairView.model_validate(row) for row in found[:limit]]
    return RepairPage(
        states=states,
        writable=writable,
        lacking=lacking,
        repairs=page,
        next_after=page[-1].id if len(found) > limit else None,
    )


async def release(
    repairer: Repairer,
    doorbell: Doorbell,
    connection: str,
    attribute: str | None,
    caller: Principal,
    reason: str,
) -> Released:
    """Let through what is held, contested or refused at a connection.

    :raises NotFound: its copies are not repaired.
    :raises Conflict: nothing of that waits for anybody.
    """
    repairer.table(connection)
    number = await _release(repairer, connection, None, attribute, caller, reason)
    if not number:
        raise Conflict(
            "Nothing of that is held, contested or refused.",
            code="repair_not_waiting",
            action=f"GET /v1/repairs/{connection} lists what waits, by `state`.",
        )
    doorbell.ring(Stage.REPAIR, connection)
    return Released(connection=connection, released=number)


async def release_one(
    repairer: Repairer, doorbell: Doorbell, repair_id: UUID, caller: Principal, reason: str
) -> RepairView:
    """Let one through.

    :raises NotFound: there is none with this id.
    :raises Conflict: it waits for nobody.
    """
    async with repairer.database.transaction() as transaction:
        row = await store.find(transaction, repair_id)
    if row is None:
        raise NotFound(f"There is no repair {repair_id}.")
    if not await _release(repairer, row["connection"], repair_id, None, caller, reason):
        raise Conflict(
            f"Repair {repair_id} is {row['state']}: it waits for nobody.",
            code="repair_not_waiting",
            action="Only what is HELD, CONTESTED or REFUSED is let through.",
        )
    doorbell.ring(Stage.REPAIR, row["connection"])
    async with repairer.database.transaction() as transaction:
        return RepairView.model_validate(await store.find(transaction, repair_id))


async def _release(
    repairer: Repairer,
    connection: str,
    repair_id: UUID | None,
    attribute: str | None,
    caller: Principal,
    reason: str,
) -> int:
    async with repairer.database.transaction() as transaction:
        now = repairer.clock.now()
        through = json.dumps(caller.actors)
        who = {"by": caller.subject, "through": through, "reason": reason, "now": now}
        number = await store.release(transaction, connection, repair_id, attribute, who)
        await tell_stewards(transaction, repairer, connection, now)
    return number
