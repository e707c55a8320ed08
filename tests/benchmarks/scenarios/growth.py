"""What an entry costs when two hundred thousand old postings lie in the tables."""

import asyncio
from dataclasses import dataclass

import psycopg

from tests.benchmarks import load
from tests.benchmarks.entries import Json, entry, sign
from tests.benchmarks.erps.own import OwnErp
from tests.benchmarks.history import add_history
from tests.benchmarks.measuring import drained, measure, taken_by_entry
from tests.benchmarks.meters import Cost, Meter, cpu_ms
from tests.benchmarks.rig import Rig, fresh
from tests.benchmarks.scenarios import Asked

FEW, MANY, IN_FLIGHT = 2000, 200_000, 16


def run(asked: Asked) -> Json:
    """The same load twice; `growth_ratio` compares its CPU an entry, PostgreSQL's included."""
    return asyncio.run(_run(asked))


async def _run(asked: Asked) -> Json:
    count = asked.entries or 2000
    with fresh() as supervisor:
        rig = Rig(supervisor, OwnErp(batched=False), asked.workers)
        rig.start()
        await measure(rig, FEW, 64, "warm")
        few = await _measure(rig, count, "few")
        with psycopg.connect(rig.database, autocommit=True) as database:
            print(f"adding {MANY} old postings ...", flush=True)
            add_history(database, MANY)
        # What has just been written is not in PostgreSQL's memory as that of a running system is.
        await measure(rig, FEW, 64, "again")
        many = await _measure(rig, count, "many")
    cost_few, cost_many = _cost(few, count), _cost(many, count)
    return {
        "entries": count,
        "workers": asked.workers,
        "old_postings": [FEW, MANY],
        "cpu_ms_per_entry": [cost_few, cost_many],
        "growth_ratio": round(cost_many / cost_few, 3),
        "cpu_ms_per_entry_by_process": [cpu_ms(each.cost, count) for each in (few, many)],
        "lost": few.lost + many.lost,
        "duplicates": few.duplicates + many.duplicates,
    }


@dataclass(frozen=True)
class _Measured:
    """One run: what it cost, and what went wrong."""

    cost: Cost
    lost: int
    duplicates: int


async def _measure(rig: Rig, count: int, run: str) -> _Measured:
    """Workers are held until all entries are committed: so both runs work in batches of one size.

    How many entries make a batch depends on the rate, and the rate on what else the machine does.
    """
    rig.erp.reset()
    firm = rig.erp.firm
    deliveries = [sign(rig.webhook_secret, entry(firm, number, run)) for number in range(count)]
    meter = Meter(rig.pids())
    with rig.workers_held():
        await load.send_all(rig.webhooks_url, deliveries, IN_FLIGHT)
    await drained(rig, meter, count)
    cost = meter.cost()
    lines, taken = await asyncio.to_thread(taken_by_entry, rig, run)
    return _Measured(cost, count - len(taken), len(lines) - len(taken))


def _cost(measured: _Measured, count: int) -> float:
    return round(1000 * sum(measured.cost.cpu_seconds.values()) / count, 2)
