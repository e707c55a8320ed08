"""Deliveries that arrive twice at the same time, over several connections of the pool."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from deploy.local.postgres import PostgresServer
from deploy.local.pytest_plugin import fresh_database
from process_apis.database import Database
from process_apis.migrate import migrate
from process_apis.processes.intake.store import Arrival, commit_arrivals
from process_apis.processes.intake.tables import EventKind

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
AT_ONCE = 6
ROUNDS = 10


@pytest.fixture
async def database(postgres: PostgresServer) -> AsyncIterator[Database]:
    with fresh_database(postgres) as url:
        await asyncio.to_thread(migrate, SecretStr(url))
        opened = Database(SecretStr(url), AT_ONCE)
        yield opened
        await opened.close()


def arrivals(round_number: int) -> list[Arrival]:
    return [
        Arrival("tracker", EventKind.ENTRY, f"e{n}", f"{round_number}-{n}", "webhook")
        for n in range(200)
    ]


async def test_the_same_batch_in_opposite_orders_is_committed_once(database: Database) -> None:
    """Without one order of all writers this deadlocks, and a tracker is told to come again."""

    async def commit(batch: list[Arrival]) -> int:
        async with database.transaction() as transaction:
            return await commit_arrivals(transaction, batch, NOW)

    for round_number in range(ROUNDS):
        batch = arrivals(round_number)
        orders = [batch if n % 2 else batch[::-1] for n in range(AT_ONCE)]
        new = await asyncio.gather(*(commit(each) for each in orders))
        assert sum(new) == len(batch)
