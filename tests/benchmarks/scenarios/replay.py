"""Entries that an ERP refused until somebody mended it: a dry run, and a replay of them all."""

import asyncio
import time
from typing import Any
from uuid import uuid4

import httpx2

from tests.benchmarks import load
from tests.benchmarks.entries import Json, entry, sign
from tests.benchmarks.erps.own import OwnErp
from tests.benchmarks.measuring import DRAIN_SECONDS, drained, measure, taken_by_entry
from tests.benchmarks.meters import Meter, Progress, cpu_ms
from tests.benchmarks.rig import Rig, fresh
from tests.benchmarks.scenarios import Asked

WARM_UP, IN_FLIGHT = 400, 64
SELECTION = {"scope": {"kind": "connection", "connection": OwnErp.name}, "states": ["BLOCKED"]}


def run(asked: Asked) -> Json:
    """Have all of them refused, then replay them as an operator does, over the API."""
    return asyncio.run(_run(asked))


async def _run(asked: Asked) -> Json:
    count = asked.entries or 2000
    erp = OwnErp(batched=False)
    with fresh() as supervisor:
        rig = Rig(supervisor, erp, asked.workers)
        rig.start()
        await measure(rig, WARM_UP, 16, "warm")
        erp.reset()
        erp.refuse_everybody()
        deliveries = [sign(rig.webhook_secret, entry(erp.firm, n, "again")) for n in range(count)]
        await load.send_all(rig.webhooks_url, deliveries, IN_FLIGHT)
        await _refused(rig, count)
        erp.know_everybody()
        meter = Meter(rig.pids())
        shown, dry_run_seconds = _dry_run(rig)
        began = time.time()
        job = _call(rig, "", SELECTION | {"hash": shown["hash"]}).headers["location"]
        await drained(rig, meter, count)
        cost = meter.cost()
        lines, taken = await asyncio.to_thread(taken_by_entry, rig, "again")
        done = _read(rig, job)
    seconds = max(taken.values(), default=began) - began
    return {
        "entries": count,
        "workers": asked.workers,
        "dry_run_seconds": round(dry_run_seconds, 2),
        "dry_run_lines": shown["would_send"]["lines"],
        "replayed_entries_per_s": round(len(taken) / max(seconds, 1e-9), 1),
        "sent_on": done["sent_on"],
        "lost": count - len(taken),
        "duplicates": len(lines) - len(taken),
        "cpu_ms_per_entry": round(1000 * sum(cost.cpu_seconds.values()) / count, 2),
        "cpu_ms_per_entry_by_process": cpu_ms(cost, count),
        "peak_rss_mib": round(max(cost.peak_rss_mib.values()), 1),
    }


async def _refused(rig: Rig, count: int) -> None:
    """Until the ERP has refused all of them."""
    progress, give_up = Progress("refused", count), time.monotonic() + DRAIN_SECONDS
    refused = 0
    while refused < count and time.monotonic() < give_up:
        await asyncio.sleep(0.5)
        rig.check()
        status = await asyncio.to_thread(rig.status, _token(rig))
        refused = status["postings"].get("BLOCKED", 0)
        progress.at(refused)


def _dry_run(rig: Rig) -> tuple[Json, float]:
    began = time.perf_counter()
    shown = _call(rig, "/dry-run", SELECTION).json()
    return shown, time.perf_counter() - began


def _call(rig: Rig, path: str, body: Json) -> Any:
    url = f"{rig.addresses.url('process')}/v1/replays{path}"
    headers = {"Authorization": f"Bearer {_token(rig)}", "Idempotency-Key": str(uuid4())}
    return httpx2.post(url, json=body, headers=headers, timeout=300).raise_for_status()


def _read(rig: Rig, job: str) -> Json:
    url = f"{rig.addresses.url('process')}{job}"
    headers = {"Authorization": f"Bearer {_token(rig)}"}
    return dict(httpx2.get(url, headers=headers, timeout=60).raise_for_status().json())


def _token(rig: Rig) -> str:
    return rig.token("timepost-operator", "timepost-process")
