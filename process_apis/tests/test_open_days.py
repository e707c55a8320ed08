"""Days whose charges are made up again after one of their entries was taken back."""

from decimal import Decimal

import pytest
from sqlalchemy import text

from process_apis import schedule
from process_apis.doorbell import Stage
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.corrections import change, finish, sums
from process_apis.tests.test_charges import CARD, Call, agreed, call, priced, usage, work

__all__ = ["call"]

# 200 an hour, and the hours of each day are rounded up to whole ones.
WHOLE_HOURS = {"rounding": {"direction": "up", "per": "day", "step": 60}}
BY_THE_DAY = [{**CARD["lines"][0], "amount": "1000", "unit": "day"}]


async def delete(tier: Tier, name: str) -> None:
    """In the tracker; and let everything follow."""
    del tier.system.entries[name]
    await tier.see(name)
    await finish(tier)
    await finish(tier)


async def billed(call: Call) -> Decimal:
    return Decimal((await usage(call))["billed"])


@pytest.mark.parametrize("takes_charges", [False, True])
async def test_hours_that_were_covered_by_a_deleted_entry_are_billed_themselves(
    tier: Tier, call: Call, takes_charges: bool
) -> None:
    tier.system.takes_charges = takes_charges
    await priced(call)
    await agreed(call, **WHOLE_HOURS)
    await work(tier, "e1", 35)
    await work(tier, "e2", 20)
    assert await billed(call) == 200, "55 minutes are an hour, and the first entry has all of it"

    await delete(tier, "e1")

    assert await billed(call) == 200, "20 minutes are an hour as well"
    assert sums(tier) == {("11", "31", "2026-06-02"): 20}
    if takes_charges:
        amounts = [Decimal(line["bill_amount"]) for line in tier.system.lines]
        assert sum(amounts) == 200
    else:
        assert len(tier.system.lines) == 3, "two entries, and one taken back: e2 stands as it was"
        steps = [each["what"] for each in await tier.lineage("e2")]
        assert "charged anew" in steps
    assert await tier.cases() == []


async def test_a_day_at_a_daily_rate_is_a_day_until_too_little_of_it_is_left(
    tier: Tier, call: Call
) -> None:
    await priced(call, lines=BY_THE_DAY)
    await agreed(call)
    await work(tier, "e1", 300)
    await work(tier, "e2", 100)
    await work(tier, "e3", 60)
    assert await billed(call) == 1000
    await delete(tier, "e1")
    assert await billed(call) == 500, "160 minutes are half a day"
    await delete(tier, "e3")
    assert await billed(call) == 500
    await delete(tier, "e2")
    assert await billed(call) == 0
    assert sums(tier) == {}


async def test_a_correction_makes_the_day_up_by_itself(tier: Tier, call: Call) -> None:
    await priced(call)
    await agreed(call, **WHOLE_HOURS)
    await work(tier, "e1", 35)
    await work(tier, "e2", 20)
    await change(tier, minutes=70)
    assert await billed(call) == 400, "90 minutes are two hours"
    assert sums(tier) == {("11", "31", "2026-06-02"): 90}
    lines = len(tier.system.lines)
    await finish(tier)
    assert len(tier.system.lines) == lines == 4


async def test_a_day_that_nobody_made_up_is_found_and_changes_nothing_twice(
    tier: Tier, call: Call
) -> None:
    """Whoever died before that left the day open in the transaction that took the entry back."""
    await priced(call)
    await agreed(call, **WHOLE_HOURS)
    await work(tier, "e1", 35)
    await work(tier, "e2", 20)
    await delete(tier, "e1")
    async with tier.runtime.database.transaction() as transaction:
        await transaction.execute(_OPEN_AGAIN)
    assert (Stage.VALIDATE, "") in await schedule.due(tier.runtime)
    await finish(tier)
    assert (Stage.VALIDATE, "") not in await schedule.due(tier.runtime)
    assert await billed(call) == 200
    steps = [each["what"] for each in await tier.lineage("e2")]
    assert steps.count("charged anew") == 1


async def test_hours_that_nobody_is_billed_for_do_not_keep_a_day_open(
    tier: Tier, call: Call
) -> None:
    await priced(call)
    await agreed(call, **WHOLE_HOURS)
    await work(tier, "e1", 35)
    firm.enter(tier.system, "e2", minutes=20)
    tier.system.entries["e2"]["billable"] = False
    await tier.approve("e2", approval="a-e2")
    await delete(tier, "e1")
    assert (Stage.VALIDATE, "") not in await schedule.due(tier.runtime)
    assert await billed(call) == 0
    assert sums(tier) == {("11", "31", "2026-06-02"): 20}


async def test_other_days_people_and_contracts_stay_as_they_are(tier: Tier, call: Call) -> None:
    await priced(call)
    await agreed(call, **WHOLE_HOURS)
    await work(tier, "e1", 35)
    firm.enter(tier.system, "e2", minutes=20, work_date="2026-06-03")
    await tier.approve("e2", approval="a-e2")
    assert await billed(call) == 400
    await delete(tier, "e1")
    assert await billed(call) == 200
    assert "charged anew" not in [each["what"] for each in await tier.lineage("e2")]


_OPEN_AGAIN = text("UPDATE posting SET day_open = true WHERE state = 'REVERSED'")
