"""One run: signed full entries through all tiers into an ERP, and what came of them."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.benchmarks import load
from tests.benchmarks.entries import entry, sign
from tests.benchmarks.erps import Line
from tests.benchmarks.meters import Cost, Meter, Progress, cpu_ms, quantile_ms
from tests.benchmarks.rig import Rig

DRAIN_SECONDS = 300.0


@dataclass(frozen=True)
class Measured:
    """One run of one concurrency."""

    entries_per_s: float
    ack_seconds: list[float]
    lag_seconds: list[float]
    lost: int
    duplicates: int
    retried: int
    cost: Cost


async def measure(rig: Rig, count: int, in_flight: int, run: str) -> Measured:
    """Send ``count`` entries, wait until all stand in the ERP, and hold both against each other."""
    rig.erp.reset()
    firm = rig.erp.firm
    deliveries = [sign(rig.webhook_secret, entry(firm, number, run)) for number in range(count)]
    meter = Meter(rig.pids())
    began = time.time()
    sending = asyncio.create_task(load.send_all(rig.webhooks_url, deliveries, in_flight))
    await drained(rig, meter, count)
    sent = await sending
    cost = meter.cost()
    lines, taken = await asyncio.to_thread(taken_by_entry, rig, run)
    lag = [taken[each] - at for each, at in sent.started_at.items() if each in taken]
    last = max(taken.values(), default=began)
    return Measured(
        entries_per_s=len(taken) / max(last - began, 1e-9),
        ack_seconds=sent.ack_seconds,
        lag_seconds=lag,
        lost=count - len(taken),
        duplicates=len(lines) - len(taken),
        retried=sent.retried,
        cost=cost,
    )


async def drained(rig: Rig, meter: Meter, count: int) -> None:
    """Until the ERP holds everything, or nothing comes any more."""
    progress = Progress("in the ERP", count)
    give_up, seen, moved = time.monotonic() + DRAIN_SECONDS, 0, time.monotonic()
    while seen < count and time.monotonic() < give_up and time.monotonic() - moved < 60:
        await asyncio.sleep(0.25)
        meter.look()
        rig.check()
        now = await asyncio.to_thread(rig.erp.line_count)
        if now != seen:
            seen, moved = now, time.monotonic()
        progress.at(seen)
    await asyncio.sleep(1)  # a line too many would still be on its way


def taken_by_entry(rig: Rig, run: str) -> tuple[Sequence[Line], dict[str, float]]:
    """All lines of the ERP, and when it took each entry of a run first.

    Which line is whose stands in the sub-ledger.
    """
    lines = rig.erp.lines()
    by_key = {line.posting_key: line.taken_at for line in reversed(lines)}
    keys = rig.posting_keys(run)
    return lines, {entry_id: by_key[key] for entry_id, key in keys.items() if key in by_key}


def figures(
    measured: Measured, bare_per_s: float, count: int
) -> dict[str, float | int | dict[str, float]]:
    """The numbers of one concurrency. CPU and memory are those of all our processes together."""
    cost = measured.cost
    ours = [name for name in cost.cpu_seconds if name != "postgres"]
    return {
        "entries_per_s": round(measured.entries_per_s, 1),
        "bare_entries_per_s": round(bare_per_s, 1),
        "ratio": round(measured.entries_per_s / bare_per_s, 3),
        "ack_ms_p50": quantile_ms(measured.ack_seconds, 0.5),
        "ack_ms_p99": quantile_ms(measured.ack_seconds, 0.99),
        "lag_ms_p50": quantile_ms(measured.lag_seconds, 0.5),
        "lag_ms_p99": quantile_ms(measured.lag_seconds, 0.99),
        "lost": measured.lost,
        "duplicates": measured.duplicates,
        "retried": measured.retried,
        "cpu_ms_per_entry": round(1000 * sum(cost.cpu_seconds[name] for name in ours) / count, 2),
        "cpu_ms_per_entry_by_process": cpu_ms(cost, count),
        "peak_rss_mib": round(sum(cost.peak_rss_mib[name] for name in ours), 1),
    }
