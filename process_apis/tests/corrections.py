"""What the tests of corrections have in common: entries that change after they were posted."""

from typing import Any

from process_apis.tests import firm
from process_apis.tests.conftest import Tier


async def finish(tier: Tier) -> None:
    """Let a correction go all its way: reversal, then replacement."""
    for _ in range(3):
        await tier.settle()


async def posted(tier: Tier, minutes: int = 480, **more: Any) -> None:
    """An entry that stands in the ERP."""
    firm.enter(tier.system, "e1", minutes=minutes, **more)
    await tier.approve("e1")


async def change(tier: Tier, **more: Any) -> None:
    """Change the entry in the tracker, have it approved again, and let everything follow."""
    firm.enter(tier.system, "e1", **more)
    await tier.approve("e1")
    await finish(tier)


def sums(tier: Tier) -> dict[tuple[str, str, str], int]:
    """Minutes in the ERP by worker, project and day, without those that are nought."""
    found: dict[tuple[str, str, str], int] = {}
    for line in tier.system.lines:
        key = (line["worker_id"], line["project_id"], line["work_date"])
        found[key] = found.get(key, 0) + line["minutes"]
    return {key: minutes for key, minutes in found.items() if minutes}


async def states(tier: Tier) -> list[tuple[str, int, str]]:
    """Kind, version and state of every posting."""
    rows = await tier.postings()
    return sorted((each["kind"], each["version"], each["state"]) for each in rows)
