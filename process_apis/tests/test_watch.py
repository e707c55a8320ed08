"""What should have come and has not is noticed, told once, and forgotten when it comes."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from process_apis import schedule
from process_apis.doorbell import Stage
from process_apis.processes.intake import store as inbox
from process_apis.processes.intake.store import Arrival
from process_apis.processes.intake.tables import EventKind
from process_apis.processes.master_data import steps as master_data
from process_apis.tests.conftest import Tier
from process_apis.tests.system_stand_in import TRACKER
from process_apis.tests.test_pushed_entries import push, pushed

ZONE = ZoneInfo("America/New_York")
# The clocks there went back on the first of November.
NINE = datetime(2026, 11, 18, 9, 0, tzinfo=ZONE)
HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)


@pytest.fixture
async def tier(tier: Tier) -> Tier:
    """The firm works in New York."""
    tier.system.timezone = ZONE.key
    await master_data.learn_connections(tier.runtime.librarian)
    return tier


async def arrive(tier: Tier, at: datetime, total: int, origin: str = "webhook") -> None:
    """What the inbox took in at some time."""
    arrivals = [
        Arrival(TRACKER, EventKind.ENTRY, f"e{n}", f"{origin}-{at}-{n}", origin)
        for n in range(total)
    ]
    async with tier.runtime.database.transaction() as transaction:
        await inbox.commit_arrivals(transaction, arrivals, at)


async def arrive_every_week(tier: Tier, weeks: int, origin: str = "webhook") -> None:
    """At nine by the clocks there, whatever that is in UTC."""
    for back in range(1, weeks + 1):
        await arrive(tier, NINE - back * WEEK + timedelta(minutes=20), 12, origin)


async def look(tier: Tier, at: datetime) -> list[str]:
    """Have the watch look at some time; returns the codes of open cases about connections."""
    tier.clock.ahead = at - datetime.now(UTC)
    await tier.worker.work(Stage.WATCH, "")
    return [case["code"] for case in await tier.cases() if case["time_entry_id"] is None]


async def test_nothing_in_a_busy_hour_is_one_case_until_something_comes(tier: Tier) -> None:
    await arrive_every_week(tier, 5)

    assert await look(tier, NINE + 0.9 * HOUR) == []
    assert await look(tier, NINE + 1.1 * HOUR) == ["IO_SILENT"]
    case = await tier.case()
    assert case["owner"] == "integration.operator"
    assert case["connection"] == TRACKER
    assert "12, 12, 12, 12, 12 webhooks" in case["sentence"]
    assert "since 2026-11-18 14:00 UTC" in case["sentence"]

    assert await look(tier, NINE + 5 * HOUR) == ["IO_SILENT"]
    assert await tier.case() == case

    await arrive(tier, NINE + 5.2 * HOUR, 1)
    assert await look(tier, NINE + 5.3 * HOUR) == []
    (resolved,) = await tier.cases(open_only="false")
    assert resolved["resolution"] == "auto: something arrived at 2026-11-18 19:12 UTC"


async def test_a_busy_hour_in_which_something_came_is_none(tier: Tier) -> None:
    await arrive_every_week(tier, 5)
    await arrive(tier, NINE + 0.5 * HOUR, 1)
    assert await look(tier, NINE + 1.1 * HOUR) == []


async def test_too_short_a_history_says_nothing(tier: Tier) -> None:
    await arrive_every_week(tier, 3)
    assert await look(tier, NINE + 1.1 * HOUR) == []


async def test_hours_are_those_of_the_clocks_there(tier: Tier) -> None:
    """The busy hour was 13:00 UTC before the clocks went back, and is 14:00 UTC since."""
    await arrive_every_week(tier, 6)
    assert await look(tier, NINE + 0.1 * HOUR) == []
    assert await look(tier, NINE + 1.1 * HOUR) == ["IO_SILENT"]


async def test_sweeps_do_not_hide_that_webhooks_have_died(tier: Tier) -> None:
    await arrive_every_week(tier, 5)
    await arrive(tier, NINE + 0.5 * HOUR, 20, "sweep")
    assert await look(tier, NINE + 1.1 * HOUR) == ["IO_SILENT"]

    await arrive(tier, NINE + 1.2 * HOUR, 20, "sweep")
    assert await look(tier, NINE + 1.3 * HOUR) == ["IO_SILENT"]


async def test_of_a_tracker_that_only_sweeps_read_sweeps_are_missed(tier: Tier) -> None:
    await arrive_every_week(tier, 5, "sweep")
    assert await look(tier, NINE + 1.1 * HOUR) == ["IO_SILENT"]

    await arrive(tier, NINE + 1.2 * HOUR, 1, "sweep")
    assert await look(tier, NINE + 1.3 * HOUR) == []


async def test_a_webhook_ends_it(tier: Tier) -> None:
    await arrive_every_week(tier, 5)
    assert await look(tier, NINE + 1.1 * HOUR) == ["IO_SILENT"]

    await tier.hint("e1")
    assert await look(tier, NINE + 1.2 * HOUR) == []


async def test_a_connection_that_is_gone_is_not_waited_for(tier: Tier) -> None:
    await arrive_every_week(tier, 5)
    assert await look(tier, NINE + 1.1 * HOUR) == ["IO_SILENT"]

    tier.system.trackers = {}
    await master_data.learn_connections(tier.runtime.librarian)
    assert await look(tier, NINE + 1.2 * HOUR) == []


async def test_however_many_look_there_is_one_case_and_one_look_a_minute(tier: Tier) -> None:
    await arrive_every_week(tier, 5)
    tier.clock.ahead = NINE + 1.1 * HOUR - datetime.now(UTC)
    assert (Stage.WATCH, "") in await schedule.due(tier.runtime)

    await asyncio.gather(*(tier.worker.work(Stage.WATCH, "") for _ in range(4)))
    assert [case["code"] for case in await tier.cases()] == ["IO_SILENT"]
    assert (Stage.WATCH, "") not in await schedule.due(tier.runtime)
    tier.clock.move(61)
    assert (Stage.WATCH, "") in await schedule.due(tier.runtime)


async def test_hours_that_nobody_counted_while_no_worker_ran_are_counted_later(
    tier: Tier,
) -> None:
    await arrive_every_week(tier, 5)
    assert await look(tier, NINE - 3 * WEEK + 30 * HOUR) == []
    assert await look(tier, NINE + 1.1 * HOUR) == ["IO_SILENT"]


async def test_versions_that_do_not_arrive_are_a_case_until_they_do(tier: Tier) -> None:
    await push(tier, "d1", pushed(tier, 100, at=0, revision=1))
    await push(tier, "d4", pushed(tier, 400, at=1, revision=4))
    await tier.settle()
    now = tier.clock.now()
    assert await look(tier, now + timedelta(minutes=10)) == []

    assert await look(tier, now + timedelta(minutes=16)) == ["IO_GAP"]
    case = await tier.case()
    assert (case["owner"], case["connection"]) == ("integration.operator", TRACKER)
    assert "2 of 1 entries" in case["sentence"]

    await push(tier, "d2", pushed(tier, 200, at=2, revision=2))
    await tier.settle()
    assert await look(tier, now + timedelta(minutes=17)) == ["IO_GAP"]
    assert "1 of 1 entries" in (await tier.case())["sentence"]
    await push(tier, "d3", pushed(tier, 300, at=2, revision=3))
    await tier.settle()
    assert await look(tier, now + timedelta(minutes=18)) == []


async def test_versions_that_nobody_sends_are_forgotten_in_the_end(tier: Tier) -> None:
    await push(tier, "d1", pushed(tier, 100, at=0, revision=1))
    await push(tier, "d3", pushed(tier, 300, at=1, revision=3))
    await tier.settle()
    now = tier.clock.now()
    assert await look(tier, now + HOUR) == ["IO_GAP"]
    assert await look(tier, now + timedelta(days=3, minutes=1)) == []
