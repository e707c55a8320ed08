"""Workers that die amid corrections: all are completed, nothing is taken back or posted twice."""

import asyncio
import signal
from pathlib import Path

import pytest

from process_apis.settings import ProcessSettings
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.corrections import finish
from process_apis.tests.programs import kill, running, until

NAMES = ("e1", "e2", "e3")


def _enter(tier: Tier, minutes: int) -> None:
    for number, name in enumerate(NAMES):
        firm.enter(tier.system, name, work_date=f"2026-06-{number + 1:02}", minutes=minutes)


async def _settled(tier: Tier) -> None:
    async def corrected() -> bool:
        postings = (await tier.status())["postings"]
        return postings.get("REVERSED") == 3 and set(postings) == {"REVERSED", "POSTED"}

    await until(corrected, "the corrections are complete")


async def _reach(tier: Tier, place: str) -> None:
    async def there() -> bool:
        return place in tier.system.reached

    await until(there, f"a worker came to {place!r}")


@pytest.mark.parametrize("way", ["negative_line", "delete_uninvoiced", "update_in_place"])
async def test_a_worker_killed_at_every_step_of_a_correction(
    tier: Tier, settings: ProcessSettings, tmp_path: Path, way: str
) -> None:
    tier.system.reversal_modes = [way]
    log = tmp_path / "worker.log"
    _enter(tier, 480)
    await tier.approve(*NAMES)
    assert len(tier.system.lines) == 3
    _enter(tier, 360)
    firm.decide(tier.system, "a1", list(NAMES))

    # Before anything is decided, before the ERP has acted, and after it has: twice, because the
    # second call that a worker comes to is the replacement's.
    places = ["read lines", "post", "post after commit", "post after commit"]
    await tier.hint("a1", kind="approval")
    for place in places:
        tier.system.reached.clear()
        tier.system.hold = place
        with running(settings, log, "worker") as worker:
            if way == "update_in_place" and place == places[-1] and await _is_done(tier):
                break
            await _reach(tier, place)
            kill(worker)
        tier.system.hold = ""
    with running(settings, log, "worker") as worker:
        await _settled(tier)
        worker.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(worker.wait) == 0

    await finish(tier)
    assert sum(line["minutes"] for line in tier.system.lines) == 3 * 360
    expected = {"negative_line": (9, 0, 0), "delete_uninvoiced": (3, 3, 0)}
    counts = (len(tier.system.lines), len(tier.system.deleted), len(tier.system.history))
    assert counts == expected.get(way, (3, 0, 3))
    assert await tier.cases() == []
    assert "SECRET-NARRATIVE" not in log.read_text()


async def _is_done(tier: Tier) -> bool:
    """Reversal and replacement were one call, which the ERP has carried out."""
    return len(tier.system.history) == 3
