"""Follows what a system is given or has written, until nothing moves any more."""

import asyncio
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from deploy.process_calls import ProcessCalls

Json = dict[str, Any]


async def followed(
    calls: ProcessCalls, path: str, what: str, every: float = 1.0, patience: int = 10
) -> Json:
    """The first page of a list with `states`, once nothing is pending or has moved for a while.

    :param what: what it is doing, in a word.
    """
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        before, still = None, 0
        while still < patience:
            page = await calls.call("GET", path, query={"limit": 1})
            if not page["states"].get("PENDING"):
                break
            progress.update(task, description=f"{what}: {states(page)}")
            still = still + 1 if page["states"] == before else 0
            before = page["states"]
            await asyncio.sleep(every)
    return page


async def listed(calls: ProcessCalls, path: str, state: str) -> list[Json]:
    """Up to a thousand in one state."""
    page = await calls.call("GET", path, query={"state": state, "limit": 1000})
    return list(page[path.split("/")[2]])


def states(page: Json) -> str:
    """How many are in each, in words."""
    return ", ".join(f"{state.lower()} {n}" for state, n in sorted(page["states"].items()))
