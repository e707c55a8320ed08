"""Notes which copies are to be repaired: the intent, before any system is asked to write."""

from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.connections import store as connections
from process_apis.processes.master_data.ownership.configuration import RepairTable
from process_apis.processes.master_data.ownership.drift import Difference, differences
from process_apis.processes.repairing import plans, store
from process_apis.processes.repairing.repairer import Repairer
from process_apis.processes.repairing.telling import tell_stewards
from process_apis.upstream.connections import Capability

_AT_ONCE = 500
# Written so often within so long, and different again: somebody else is at it.
MOST_WRITES = 3
CONTESTED_WITHIN = timedelta(days=7)


async def plan_if_due(repairer: Repairer, connection: str) -> None:
    """Compare a connection's copies, if anything was read since that was last done.

    Of one that the ownership file does not name any more, nothing is written, and nothing waits.
    """
    if connection not in repairer.ownership.repairs:
        async with repairer.database.transaction() as transaction:
            now = repairer.clock.now()
            await store.end_unlisted(transaction, connection, now)
            await tell_stewards(transaction, repairer, connection, now)
        return
    async with repairer.database.transaction() as transaction:
        now = repairer.clock.now()
        if not await plans.due(transaction, [connection], now):
            return
        await plans.note_try(transaction, connection, now)
    capability, writable = await ability(repairer, connection)
    async with repairer.database.transaction() as transaction:
        await plan(transaction, repairer, connection, capability, writable)


async def ability(repairer: Repairer, connection: str) -> tuple[Capability, list[str]]:
    """What the connection is, and what it can write.

    :raises NotFound: its copies are not repaired, or there is no such connection.
    """
    repairer.table(connection)
    async with repairer.database.transaction() as transaction:
        capability = (await connections.find(transaction, connection)).capability
    return capability, await repairer.system.repairable(capability, connection)


async def plan(
    transaction: AsyncConnection,
    repairer: Repairer,
    connection: str,
    capability: Capability,
    writable: list[str],
) -> int:
    """Note what is to be written; how much of that is new."""
    now, table = repairer.clock.now(), repairer.table(connection)
    await plans.note_try(transaction, connection, now)
    read_at = await plans.read_at(transaction, connection)
    lines = await _lines(transaction, repairer, table, writable)
    changed = 0
    for start in range(0, len(lines), _AT_ONCE):
        some = lines[start : start + _AT_ONCE]
        changed += await store.plan(
            transaction, connection, some, now, read_at, now - CONTESTED_WITHIN, MOST_WRITES
        )
    await store.end_unlisted(transaction, connection, now)
    known = await plans.known(transaction, capability, connection)
    limit = repairer.threshold
    await store.hold(transaction, connection, known, limit.share, limit.handful, now)
    lacking = sorted(set(table.attributes or ()) - set(writable))
    await plans.note_planned(transaction, connection, writable, lacking)
    await tell_stewards(transaction, repairer, connection, now)
    return changed


async def _lines(
    transaction: AsyncConnection, repairer: Repairer, table: RepairTable, writable: list[str]
) -> list[dict[str, Any]]:
    """What differs of what the connection can write.

    A copy may stand beside the records of several ERPs. If these want different values of it, none
    of them is written: choosing would be guessing.
    """
    proposed = await plans.proposed(transaction, table.connection)
    lines: dict[tuple[str, str, str], dict[str, Any] | None] = {}
    async for each in differences(transaction, repairer.ownership, repairer.clock.now()):
        kind, name = each.one.kind, each.attribute.name
        if each.copy.connection != table.connection or f"{kind}.{name}" not in writable:
            continue
        # A pin ends by itself, and a proposal waits for its answer: neither is to be written.
        if name in each.one.pins or (kind, each.one.id, name) in proposed:
            continue
        if table.covers(kind, name):
            key, line = (kind, each.copy.external_id, name), _line(each)
            known = lines.setdefault(key, line)
            if known is not None and known["wanted"] != line["wanted"]:
                lines[key] = None
    return [line for line in lines.values() if line is not None]


def _line(each: Difference) -> dict[str, Any]:
    owner_connection, owner_external_id = each.owner
    return {
        "kind": each.one.kind,
        "external_id": each.copy.external_id,
        "attribute": each.attribute.name,
        "name": each.name,
        "owner_connection": owner_connection,
        "owner_external_id": owner_external_id,
        "why": each.counts.why,
        "seen": each.copy.value,
        "wanted": each.value,
    }
