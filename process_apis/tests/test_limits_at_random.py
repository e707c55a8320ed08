"""Entries of a contract with a limit that come, change and go at random: the limit always holds.

Whatever happens, no more than the limit is billed, nothing is held while there is room, and the
parts of each posting add up to what its hours are worth.
"""

import random
from typing import Any

import pytest

from deploy.identity.in_thread import RunningIdentityServer
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.corrections import finish
from process_apis.tests.test_charges import Call, agreed, call, limited, priced, usage

__all__ = ["RunningIdentityServer", "call"]

Json = dict[str, Any]
RATE, HOURS = 200, (1, 2, 4, 8)
STEPS = 12


class History:
    """What people have entered and what is approved of it, in hours."""

    def __init__(self, tier: Tier, dice: random.Random) -> None:
        self.tier, self.dice = tier, dice
        self.approved: dict[str, int] = {}

    async def enter(self) -> None:
        name = f"e{len(self.approved) + 1}"
        await self._approve(name, self.dice.choice(HOURS))

    async def change(self) -> None:
        if self.approved:
            await self._approve(self.dice.choice(sorted(self.approved)), self.dice.choice(HOURS))

    async def reject(self) -> None:
        standing = sorted(name for name, hours in self.approved.items() if hours)
        if standing:
            name = self.dice.choice(standing)
            self.approved[name] = 0
            await self.tier.approve(name, approval=f"a-{name}", status="REJECTED")

    async def _approve(self, name: str, hours: int) -> None:
        day = f"2026-06-{int(name[1:]) % 28 + 1:02}"
        firm.enter(self.tier.system, name, work_date=day, minutes=hours * 60)
        self.approved[name] = hours
        await self.tier.approve(name, approval=f"a-{name}")


async def standing(tier: Tier) -> list[Json]:
    """The charges of all that is posted."""
    return [each["charge"] for each in await tier.postings(state="POSTED") if each["charge"]]


def worth(charge: Json, *billing: str) -> float:
    parts = charge["parts"]
    return sum(float(each["amount"]) for each in parts if each["billing"] in billing)


@pytest.mark.parametrize("in_erp", [False, True])
@pytest.mark.parametrize("seed", range(4))
async def test_the_limit_holds_whatever_happens(
    tier: Tier, call: Call, seed: int, in_erp: bool
) -> None:
    dice = random.Random(seed)  # noqa: S311  (repeatable on purpose)
    tier.system.takes_charges = in_erp
    size = dice.choice([1500, 2600, 4100])
    await priced(call)
    await agreed(call, **limited(str(size)))
    history, highest = History(tier, dice), size
    for _ in range(STEPS):
        step = dice.choice([history.enter, history.enter, history.change, history.reject])
        await step()
        await finish(tier)
        if dice.random() < 0.15:
            size += dice.choice([-300, 700])
            highest = max(highest, size)
            await agreed(call, **limited(str(size)))
            await finish(tier)
    for _ in range(3):
        await finish(tier)

    charges = await standing(tier)
    hours = sum(history.approved.values())
    assert sum(worth(each, "BILLED", "HELD") for each in charges) == hours * RATE
    billed = sum(worth(each, "BILLED") for each in charges)
    held = sum(worth(each, "HELD") for each in charges)
    # What is posted stays billed when a limit is lowered afterwards.
    assert billed <= highest
    found = await usage(call)
    assert (float(found["billed"]), float(found["held"])) == (billed, held)
    (limit,) = found["limits"] or [{"room": "0", "consumed": "0"}]
    assert float(limit["consumed"]) == billed
    if held:
        assert float(limit["room"]) == 0, "nothing is held while there is room"
    codes = [each["code"] for each in await tier.cases(code="CT_NTE_EXCEEDED")]
    assert codes == ["CT_NTE_EXCEEDED"] * sum(worth(each, "HELD") > 0 for each in charges)
    if in_erp:
        told = sum(float(line["bill_amount"]) for line in tier.system.lines)
        assert told == billed, "the ERP bills what the sub-ledger says"
    assert sum(line["minutes"] for line in tier.system.lines) == hours * 60
