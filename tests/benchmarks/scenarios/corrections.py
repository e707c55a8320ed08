"""Posted entries that change: reversal and replacement of each, through all tiers to the ERP."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence

import httpx2
import psycopg

from tests.benchmarks import load
from tests.benchmarks.entries import Json, entry, sign
from tests.benchmarks.erps.own import OwnErp
from tests.benchmarks.measuring import drained, measure
from tests.benchmarks.meters import Meter, cpu_ms
from tests.benchmarks.rig import Rig, fresh
from tests.benchmarks.scenarios import Asked

WARM_UP, IN_FLIGHT = 400, 64
MINUTES_AFTER = 10
# Of each corrected entry: what was posted, what takes it back, and what takes its place.
LINES = 3


def run(asked: Asked) -> Json:
    """Post first, then send a new approved version of each; only the latter is measured."""
    return asyncio.run(_run(asked))


async def _run(asked: Asked) -> Json:
    count = asked.entries or 2000
    erp = OwnErp(batched=False)
    with fresh() as supervisor:
        rig = Rig(supervisor, erp, asked.workers)
        rig.start()
        await measure(rig, WARM_UP, 16, "warm")
        posted = await measure(rig, count, IN_FLIGHT, "fix")
        changed = [
            entry(erp.firm, number, "fix") | {"minutes": MINUTES_AFTER} for number in range(count)
        ]
        meter, began = Meter(rig.pids()), time.time()
        deliveries = [sign(rig.webhook_secret, each) for each in changed]
        sent = await load.send_all(rig.webhooks_url, deliveries, IN_FLIGHT)
        await drained(rig, meter, LINES * count)
        cost = meter.cost()
        lines = httpx2.get(f"{erp.url}/_sandbox/lines", timeout=60).json()
        minutes = _minutes_by_entry(rig, lines)
    seconds = max((float(line["taken_at"]) for line in lines), default=began) - began
    return {
        "entries": count,
        "workers": asked.workers,
        "posted_entries_per_s": round(posted.entries_per_s, 1),
        "corrected_entries_per_s": round(count / max(seconds, 1e-9), 1),
        "lines_per_s": round((len(lines) - count) / max(seconds, 1e-9), 1),
        "cpu_ms_per_correction": round(1000 * sum(cost.cpu_seconds.values()) / count, 2),
        "cpu_ms_per_correction_by_process": cpu_ms(cost, count),
        "hours_wrong": sum(minutes.get(each["external_id"]) != MINUTES_AFTER for each in changed),
        "duplicates": len(lines) - len({line["reference"] for line in lines}),
        "lines_missing": LINES * count - len(lines),
        "retried": sent.retried,
        "peak_rss_mib": round(max(cost.peak_rss_mib.values()), 1),
    }


def _minutes_by_entry(rig: Rig, lines: Sequence[Json]) -> dict[str, int]:
    """Net minutes that stand in the ERP; which line is whose stands in the sub-ledger."""
    with psycopg.connect(rig.database) as connection:
        rows = connection.execute(
            "SELECT posting.posting_key, entry.external_id FROM posting"
            " JOIN time_entry AS entry ON entry.id = posting.time_entry_id"
            " WHERE posting.posting_key IS NOT NULL"
        )
        entry_of = {str(key): str(name) for key, name in rows.fetchall()}
    net: dict[str, int] = defaultdict(int)
    for line in lines:
        net[entry_of.get(line["reference"], "nobody's")] += int(line["minutes"])
    return net
