"""``python -m tests.benchmarks``: runs a scenario; its last line is one JSON object."""

import asyncio
import shutil
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.local.supervisor import Supervisor
from tests.benchmarks import posting
from tests.benchmarks.rig import Rig

STATE = Path(".local") / "bench"


def main(
    scenario: Annotated[str, typer.Option(help="Which: posting.")] = "posting",
    entries: Annotated[int, typer.Option(help="How many entries each run sends.")] = 2000,
    workers: Annotated[int, typer.Option(help="Worker processes.")] = 2,
) -> None:
    """Measure, tell progress, and end with one JSON object."""
    if scenario != "posting":
        raise typer.BadParameter("the scenarios are: posting", param_hint="--scenario")
    print(posting.told(asyncio.run(run_posting(entries, workers))), flush=True)


async def run_posting(count: int, workers: int) -> dict[str, Any]:
    """Single posts at 16 and at 64 in flight, then batches of fifty."""
    with fresh(STATE) as supervisor:
        rig = Rig(supervisor, workers, batched=False)
        rig.start()
        # The first entries bind people and projects and fill caches: they are not measured.
        await posting.measure(rig, 400, 16, "warm")
        results = {}
        for in_flight in (16, 64):
            ceiling = await posting.bare_single(rig, count, in_flight)
            measured = await posting.measure(rig, count, in_flight, f"single{in_flight}")
            results[in_flight] = posting.figures(measured, ceiling, count)
    with fresh(STATE) as supervisor:
        rig = Rig(supervisor, workers, batched=True)
        rig.start()
        await posting.measure(rig, 400, 16, "warm")
        ceiling = await posting.bare_batched(rig, count, 16)
        batched = await posting.measure(rig, count, 64, "batch")
    return {
        "scenario": "posting",
        "entries": count,
        "workers": workers,
        **results[16],
        "at_64": results[64],
        "batch_entries_per_s": round(batched.entries_per_s, 1),
        "batch_bare_entries_per_s": round(ceiling, 1),
        "batch_lost": batched.lost,
        "batch_duplicates": batched.duplicates,
    }


def fresh(directory: Path) -> Supervisor:
    """A supervisor over an empty directory."""
    for _ in range(50):
        shutil.rmtree(directory, ignore_errors=True)
        if not directory.exists():
            break
        time.sleep(0.1)
    return Supervisor(directory, print)


if __name__ == "__main__":
    typer.run(main)
