"""Asks the system tier which connections there are."""

from process_apis.database import Database
from process_apis.processes.connections import store
from process_apis.upstream.connections import Connection
from process_apis.upstream.system_tier import SystemTier
from shared.values import Clock


async def learn(
    database: Database, system: SystemTier, clock: Clock
) -> tuple[list[Connection], list[str]]:
    """Read them and remember them; returns them, and what is different, in words.

    :raises UpstreamUnavailable: the system tier does not answer.
    """
    found = await system.connections()
    async with database.transaction() as transaction:
        known = {each.name: each for each in await store.known(transaction)}
        await store.write(transaction, found, clock.now())
    return found, [_in_words(each) for each in found if known.get(each.name) != each]


def _in_words(connection: Connection) -> str:
    return f"connection {connection.name} serves {', '.join(connection.legal_entities)}"
