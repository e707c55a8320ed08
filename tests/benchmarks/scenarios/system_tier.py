"""The system tier alone: what a webhook and a posted line cost it, between stand-ins."""

import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import httpx2
import psutil

from deploy.local.processes import Program
from tests.benchmarks import load
from tests.benchmarks.entries import NARRATIVE, Json, entry, sign
from tests.benchmarks.erps.own import FIRM, OwnErp
from tests.benchmarks.meters import cpu_seconds, quantile_ms
from tests.benchmarks.rig import TierRig, answers, fresh
from tests.benchmarks.scenarios import Asked

# What one request of a worker holds, and how many workers ask at once.
BATCH, AT_ONCE = 64, 2
WARM_UP = 300


def run(asked: Asked) -> Json:
    """Webhooks at 16 and at 64 in flight, then posts to the ERP, each with the CPU they cost."""
    return asyncio.run(_run(asked))


async def _run(asked: Asked) -> Json:
    count = asked.entries or 2000
    with fresh() as supervisor:
        rig = SystemRig(supervisor, OwnErp(batched=False))
        rig.start()
        await _webhooks(rig, WARM_UP, 16)
        await _posts(rig, WARM_UP, "warm")
        results = {
            "webhooks": await _webhooks(rig, count, 16),
            "webhooks_at_64": await _webhooks(rig, count, 64),
            "posts": await _posts(rig, count, "posts"),
        }
    return {"entries": count, **results}


class SystemRig(TierRig):
    """The system tier between a process tier that only takes events and the stand-in of an ERP."""

    def start(self) -> None:
        """Start everything, and return when the tier is ready."""
        programs = self.start_ground("")
        command = [sys.executable, "-m", "tests.benchmarks.process_stand_in"]
        command += ["--port", str(self.addresses.process)]
        self.supervisor.start(Program("process", command))
        self.wait("process", lambda: answers(self.addresses.url("process") + "/health"))
        self.start_tier("system", programs)

    def cpu_seconds(self) -> float:
        """What the tier has used up to now."""
        return cpu_seconds(psutil.Process(self.pid("system")))

    def events(self) -> int:
        """Events that were handed up."""
        return int(httpx2.get(self.addresses.url("process") + "/health").json()["events"])


async def _webhooks(rig: SystemRig, count: int, in_flight: int) -> Json:
    run = f"w{in_flight}"
    deliveries = [sign(rig.webhook_secret, entry(FIRM, n, run)) for n in range(count)]
    before, events, began = rig.cpu_seconds(), rig.events(), time.perf_counter()
    sent = await load.send_all(rig.webhooks_url, deliveries, in_flight)
    seconds, used = time.perf_counter() - began, rig.cpu_seconds() - before
    return {
        "per_s": round(count / seconds, 1),
        "cpu_ms_each": round(1000 * used / count, 3),
        "ack_ms_p50": quantile_ms(sent.ack_seconds, 0.5),
        "ack_ms_p99": quantile_ms(sent.ack_seconds, 0.99),
        "lost": count - (rig.events() - events),
    }


async def _posts(rig: SystemRig, count: int, run: str) -> Json:
    rig.erp.reset()
    url = f"{rig.addresses.url('system')}/erp/v1/{rig.erp.name}/postings"
    token = rig.token("timepost-process", "timepost-system")
    headers = {"Authorization": f"Bearer {token}"}
    batches = [
        [_posting(n, run) for n in range(at, min(at + BATCH, count))]
        for at in range(0, count, BATCH)
    ]
    statuses: list[str] = []

    async def post(http: httpx2.AsyncClient, items: list[Json]) -> None:
        deadline = (datetime.now(UTC) + timedelta(seconds=30)).isoformat()
        body = {"items": items, "deadline": deadline}
        answer = await http.post(url, json=body, headers=headers)
        statuses.extend(each["status"] for each in answer.raise_for_status().json()["outcomes"])

    before, began = rig.cpu_seconds(), time.perf_counter()
    await load.in_parallel(batches, AT_ONCE, post)
    seconds, used = time.perf_counter() - began, rig.cpu_seconds() - before
    return {
        "per_s": round(count / seconds, 1),
        "cpu_ms_each": round(1000 * used / count, 3),
        "not_posted": count - statuses.count("posted"),
        "lost": count - rig.erp.line_count(),
    }


def _posting(number: int, run: str) -> Json:
    day = FIRM.day(number).isoformat()
    return {
        "posting_key": sha256(f"{run}-{number}".encode()).hexdigest(),
        "legal_entity_id": "1",
        "worker_id": f"E{number % len(FIRM.people)}",
        "project_id": f"P{number % len(FIRM.works)}",
        "task_id": f"T{number % len(FIRM.works)}",
        "work_date": day,
        "accounting_date": day,
        "minutes": 15,
        "billable": True,
        "narrative": NARRATIVE,
    }
