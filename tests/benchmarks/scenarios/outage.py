"""An ERP that is away while entries go on coming: how fast the backlog drains afterwards."""

import asyncio
import time

from tests.benchmarks import load
from tests.benchmarks.entries import Json, entry, sign
from tests.benchmarks.erps.own import OwnErp
from tests.benchmarks.measuring import drained, measure, taken_by_entry
from tests.benchmarks.meters import Meter, cpu_ms
from tests.benchmarks.rig import Rig, fresh
from tests.benchmarks.scenarios import Asked

WARM_UP, NORMAL, BACKLOG, IN_FLIGHT = 400, 2000, 20_000, 64


def run(asked: Asked) -> Json:
    """The normal rate first, then the outage; `drain_ratio` is the one over the other."""
    return asyncio.run(_run(asked))


async def _run(asked: Asked) -> Json:
    count, erp = asked.entries or BACKLOG, OwnErp(batched=False)
    with fresh() as supervisor:
        rig = Rig(supervisor, erp, asked.workers)
        rig.start()
        await measure(rig, WARM_UP, 16, "warm")
        normal = await measure(rig, min(NORMAL, count), IN_FLIGHT, "normal")
        erp.reset()
        erp.go_away()
        during = Meter(rig.pids())
        deliveries = [sign(rig.webhook_secret, entry(erp.firm, n, "backlog")) for n in range(count)]
        sent = await load.send_all(rig.webhooks_url, deliveries, IN_FLIGHT)
        cost_during = during.cost()
        after = Meter(rig.pids())
        erp.come_back()
        back = time.time()
        await drained(rig, after, count)
        cost_after = after.cost()
        lines, taken = await asyncio.to_thread(taken_by_entry, rig, "backlog")
    drain_per_s = len(taken) / max(max(taken.values(), default=back) - back, 1e-9)
    return {
        "entries": count,
        "workers": asked.workers,
        "normal_entries_per_s": round(normal.entries_per_s, 1),
        "drain_entries_per_s": round(drain_per_s, 1),
        "drain_ratio": round(drain_per_s / normal.entries_per_s, 3),
        "first_after_s": round(min(taken.values(), default=back) - back, 1),
        "lost": count - len(taken),
        "duplicates": len(lines) - len(taken),
        "retried": sent.retried,
        "cpu_ms_per_entry_while_away": cpu_ms(cost_during, count),
        "cpu_ms_per_entry_draining": cpu_ms(cost_after, count),
        "peak_rss_mib": round(max(cost_after.peak_rss_mib.values()), 1),
    }
