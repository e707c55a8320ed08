"""``python -m tests.benchmarks``: runs a scenario; its last line is one JSON object."""

import json
from typing import Annotated

import typer

from tests.benchmarks import scenarios


def main(
    scenario: Annotated[
        str, typer.Option(help=f"Which: {', '.join(scenarios.names())}.")
    ] = "posting",
    entries: Annotated[
        int | None, typer.Option(help="How many entries each run sends; else 2,000 or so.", min=1)
    ] = None,
    workers: Annotated[int, typer.Option(help="Worker processes.", min=1)] = 2,
) -> None:
    """Measure, tell progress, and end with one JSON object."""
    try:
        run = scenarios.scenario(scenario)
    except LookupError:
        known = ", ".join(scenarios.names())
        raise typer.BadParameter(f"the scenarios are: {known}", param_hint="--scenario") from None
    result = run(scenarios.Asked(entries, workers))
    print(json.dumps({"scenario": scenario, **result}), flush=True)


if __name__ == "__main__":
    typer.run(main)
