"""The whole product beside a bare loop in the same run: singly at 16 and 64, then in batches."""

import asyncio
from collections.abc import Callable
from typing import Any

from tests.benchmarks.entries import Json
from tests.benchmarks.erps import Erp
from tests.benchmarks.measuring import Measured, figures, measure
from tests.benchmarks.rig import Rig, fresh
from tests.benchmarks.scenarios import Asked

ENTRIES, WARM_UP = 2000, 400

MakeErp = Callable[[], Erp]


def beside_a_bare_loop(asked: Asked, single: MakeErp, batched: MakeErp) -> Json:
    """The JSON object of the scenarios that compare.

    :param single: an ERP, not started yet; the loop beside it posts line by line.
    :param batched: the same for the loop that posts fifty in a call.
    """
    return asyncio.run(_compare(asked, single, batched))


async def _compare(asked: Asked, single: MakeErp, batched: MakeErp) -> Json:
    count = asked.entries or ENTRIES
    results: dict[int, dict[str, Any]] = {}
    with fresh() as supervisor:
        rig = await _warm(Rig(supervisor, single(), asked.workers))
        for in_flight in (16, 64):
            rig.erp.reset()
            ceiling = await rig.erp.bare(count, in_flight)
            measured = await measure(rig, count, in_flight, f"single{in_flight}")
            results[in_flight] = figures(measured, ceiling, count)
    with fresh() as supervisor:
        rig = await _warm(Rig(supervisor, batched(), asked.workers))
        rig.erp.reset()
        ceiling = await rig.erp.bare_batched(count, 16)
        in_batches = await measure(rig, count, 64, "batch")
    shared = {"entries": count, "workers": asked.workers}
    return {**shared, **results[16], "at_64": results[64], **_of_batches(in_batches, ceiling)}


async def _warm(rig: Rig) -> Rig:
    """Started, and past the first entries, which bind people and projects and fill caches."""
    rig.start()
    await measure(rig, WARM_UP, 16, "warm")
    return rig


def _of_batches(measured: Measured, ceiling: float) -> Json:
    return {
        "batch_entries_per_s": round(measured.entries_per_s, 1),
        "batch_bare_entries_per_s": round(ceiling, 1),
        "batch_lost": measured.lost,
        "batch_duplicates": measured.duplicates,
    }
