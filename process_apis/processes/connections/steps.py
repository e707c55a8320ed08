"""Asks the system tier which connections there are."""

from process_apis.database import Database
from process_apis.processes.connections import store
from process_apis.upstream.connections import Connection
from process_apis.upstream.system_tier import SystemTier
from shared.values import Clock


async def learn(database: Database, system: SystemTier, clock: Clock) -> list[Connection]:
    """Read them and remember them.

    :raises UpstreamUnavailable: the system tier does not answer.
    """
    found = await system.connections()
    async with database.transaction() as transaction:
        await store.write(transaction, found, clock.now())
    return found
