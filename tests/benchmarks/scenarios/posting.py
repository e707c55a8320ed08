"""Through all tiers into an ERP stand-in that takes 20 ms a call: single posts, then batches."""

import asyncio
from typing import Any

from tests.benchmarks.entries import Json
from tests.benchmarks.erps.own import OwnErp
from tests.benchmarks.measuring import figures, measure
from tests.benchmarks.rig import Rig, fresh
from tests.benchmarks.scenarios import Asked

WARM_UP = 400


def run(asked: Asked) -> Json:
    """Single posts at 16 and at 64 in flight, then batches of fifty."""
    return asyncio.run(_run(asked))


async def _run(asked: Asked) -> Json:
    count = asked.entries or 2000
    with fresh() as supervisor:
        rig = Rig(supervisor, OwnErp(batched=False), asked.workers)
        rig.start()
        # The first entries bind people and projects and fill caches: they are not measured.
        await measure(rig, WARM_UP, 16, "warm")
        results: dict[int, dict[str, Any]] = {}
        for in_flight in (16, 64):
            rig.erp.reset()
            ceiling = await rig.erp.bare(count, in_flight)
            measured = await measure(rig, count, in_flight, f"single{in_flight}")
            results[in_flight] = figures(measured, ceiling, count)
    with fresh() as supervisor:
        rig = Rig(supervisor, OwnErp(batched=True), asked.workers)
        rig.start()
        await measure(rig, WARM_UP, 16, "warm")
        rig.erp.reset()
        ceiling = await rig.erp.bare_batched(count, 16)
        batched = await measure(rig, count, 64, "batch")
    return {
        "entries": count,
        "workers": asked.workers,
        **results[16],
        "at_64": results[64],
        "batch_entries_per_s": round(batched.entries_per_s, 1),
        "batch_bare_entries_per_s": round(ceiling, 1),
        "batch_lost": batched.lost,
        "batch_duplicates": batched.duplicates,
    }
