"""``python -m tests.chaos``: plays scenarios; its last line is one JSON object."""

import asyncio
import json
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Annotated, get_args

import typer

from deploy.tryton.build import Variant
from shared.stop_points import StopPoint
from tests.chaos.ground import running_ground
from tests.chaos.scenario import ELSEWHERE, Played, Scenario, Stage
from tests.chaos.verdict import Verdict

ACTIONS = 24
POINTS = [each for each in StopPoint if each not in ELSEWHERE]


def main(
    scenarios: Annotated[
        int, typer.Option(help="How many; by default each named step is killed at twice.", min=1)
    ] = 2 * len(POINTS),
    seed: Annotated[int | None, typer.Option(help="To play the same again.")] = None,
) -> None:
    """Break everything, put it right, and compare the ERPs' rows with what was approved."""
    seed = secrets.randbelow(2**32) if seed is None else seed
    print(f"{scenarios} scenarios, SEED={seed}", flush=True)
    plan = planned(scenarios, seed)
    variants = get_args(Variant)
    total, entries = Verdict(), 0
    for number, variant in enumerate(variants):
        share = plan[number :: len(variants)]
        if share:
            verdict, count = asyncio.run(played(variant, share))
            total, entries = total + verdict, entries + count
    print(json.dumps({"scenarios": scenarios, "entries": entries, **asdict(total)}), flush=True)
    raise typer.Exit(0 if total.is_clean else 1)


def planned(count: int, seed: int) -> list[Scenario]:
    """Each named step once, in an order of chance; then again, as often as asked for."""
    random = Random(seed)  # noqa: S311 - to be played again, not to be secret
    points: list[StopPoint] = []
    while len(points) < count:
        points += random.sample(POINTS, len(POINTS))
    return [Scenario.drawn(random.randrange(2**32), each, ACTIONS) for each in points[:count]]


async def played(variant: Variant, scenarios: list[Scenario]) -> tuple[Verdict, int]:
    """What is wrong at the end of all of them, on one ground; and how many entries there were."""
    with state_directory() as directory, running_ground(directory, variant) as ground:
        stage = Stage(ground)
        await stage.aftermath.read_masters()
        verdict = Verdict()
        for number, scenario in enumerate(scenarios, start=1):
            began = time.monotonic()
            result = await stage.play(scenario)
            verdict = result.verdict  # over everything so far
            tell(f"{variant} {number}/{len(scenarios)}", scenario, result, began)
            if not verdict.is_clean:
                print(f"  what is left to look at: {directory}", flush=True)
        return verdict, len(stage.entries)


def tell(what: str, scenario: Scenario, result: Played, began: float) -> None:
    """A line for a scenario, and what happened in it if something is wrong."""
    point, _ = scenario.stop
    state = "ok" if result.verdict.is_clean else f"WRONG {asdict(result.verdict)}"
    reached = "" if result.reached else " (not reached)"
    took = time.monotonic() - began
    print(f"{what}: {point}{reached}, {result.entries} entries, {took:.0f} s: {state}", flush=True)
    for line in [*result.happened, *result.wrong] if not result.verdict.is_clean else []:
        print(f"    {line}", flush=True)


@contextmanager
def state_directory() -> Iterator[Path]:
    """Kept, with its logs, until the machine forgets its temporary files.

    Not below the checkout: PostgreSQL's account must pass through the folders above it.
    """
    yield Path(tempfile.mkdtemp(prefix="timepost-chaos-"))


if __name__ == "__main__":
    typer.run(main)
