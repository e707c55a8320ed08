"""Scenario `posting`: signed full entries through all tiers into an ERP that takes 20 ms a call."""

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any

from tests.benchmarks import load
from tests.benchmarks.entries import entry, sign
from tests.benchmarks.meters import Cost, Meter, Progress, quantile_ms
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
    rig.reset_erp()
    deliveries = [sign(rig.webhook_secret, entry(number, run)) for number in range(count)]
    meter = Meter(rig.pids())
    began = time.time()
    sending = asyncio.create_task(load.send_all(rig.webhooks_url, deliveries, in_flight))
    await _drained(rig, meter, count)
    sent = await sending
    cost = meter.cost()
    lines = rig.erp_lines()
    taken = await asyncio.to_thread(_taken_by_entry, rig, lines, run)
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


async def _drained(rig: Rig, meter: Meter, count: int) -> None:
    """Until the ERP holds everything, or nothing comes any more."""
    progress = Progress("in the ERP", count)
    give_up, seen, moved = time.monotonic() + DRAIN_SECONDS, 0, time.monotonic()
    while seen < count and time.monotonic() < give_up and time.monotonic() - moved < 60:
        await asyncio.sleep(0.25)
        meter.look()
        rig.check()
        now = (await asyncio.to_thread(rig.erp_summary))["lines"]
        if now != seen:
            seen, moved = now, time.monotonic()
        progress.at(seen)
    await asyncio.sleep(1)  # a line too many would still be on its way


def _taken_by_entry(rig: Rig, lines: list[dict[str, Any]], run: str) -> dict[str, float]:
    """When the ERP took each entry first; which line is whose stands in the sub-ledger."""
    by_key = {line["reference"]: float(line["taken_at"]) for line in reversed(lines)}
    return {
        entry_id: by_key[key] for entry_id, key in rig.posting_keys(run).items() if key in by_key
    }


def figures(
    measured: Measured, bare_per_s: float, count: int
) -> dict[str, float | int | dict[str, float]]:
    """The numbers of one concurrency."""
    ours = {name: used for name, used in measured.cost.cpu_seconds.items() if name != "postgres"}
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
        "cpu_ms_per_entry": round(1000 * sum(ours.values()) / count, 2),
        "cpu_ms_per_entry_by_process": {
            name: round(1000 * used / count, 2) for name, used in measured.cost.cpu_seconds.items()
        },
        "peak_rss_mib": round(max(measured.cost.peak_rss_mib.values()), 1),
    }


def line_of(number: int) -> dict[str, Any]:
    """What the bare loop posts: the same line that the connector sends."""
    said = entry(number, "bare")
    return {
        "reference": f"bare-{number}",
        "company": "1",
        "employee": f"E{number % 200}",
        "project": f"P{number % 20}",
        "task": f"T{number % 20}",
        "date": said["work_date"],
        "period": said["work_date"],
        "minutes": said["minutes"],
        "hours": 0.25,
        "text": said["narrative"],
    }


async def bare_single(rig: Rig, count: int, in_flight: int) -> float:
    """The ceiling of single posts."""
    rig.reset_erp()
    return await load.bare(f"{rig.erp_url}/hours", [line_of(n) for n in range(count)], in_flight)


async def bare_batched(rig: Rig, count: int, in_flight: int) -> float:
    """The ceiling of batches of fifty."""
    rig.reset_erp()
    lines = [line_of(number) for number in range(count)]
    batches = [{"lines": lines[at : at + 50]} for at in range(0, count, 50)]
    return await load.bare(f"{rig.erp_url}/hours/batch", batches, in_flight)


def told(result: dict[str, Any]) -> str:
    """The last line."""
    return json.dumps(result)
