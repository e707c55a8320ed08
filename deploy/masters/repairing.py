"""`timepost masters repair`: bring copies in line with their owners, and let through what waits."""

import asyncio
from typing import Annotated, Any

import typer

from deploy.masters.following import followed, listed, states
from deploy.operator_settings import read_settings
from deploy.process_calls import ProcessCalls, connected, told_plainly

Json = dict[str, Any]

_WAITING = ("REFUSED", "HELD", "CONTESTED")


def repair(
    connection: Annotated[str, typer.Argument(help="Name of a connection under [[repairs]].")],
    *,
    dry_run: Annotated[bool, typer.Option(help="Only tell what would be written.")] = False,
    release: Annotated[bool, typer.Option(help="Let through what waits; needs --reason.")] = False,
    reason: Annotated[str, typer.Option(help="Why it may; kept with the repairs.")] = "",
) -> None:
    """Bring a connection's copies in line with their owners; exit code 1 if anything waits.

    Example: `timepost masters repair crm-us --dry-run`
    """
    if release and not reason:
        raise typer.BadParameter("--release needs a --reason.")
    path = f"/v1/repairs/{connection}"

    async def begin_and_follow(calls: ProcessCalls) -> tuple[Json, list[Json]]:
        begun = await calls.call("POST", path, {"dry_run": dry_run})
        typer.echo(f"{begun['changed']} new or changed")
        for each in begun["lacking"]:
            typer.echo(f"it cannot write {each}")
        if dry_run:
            return begun, []
        if release and any(begun["states"].get(state) for state in _WAITING):
            let = await calls.call("POST", f"{path}/release", {"reason": reason})
            typer.echo(f"{let['released']} let through")
        page = await followed(calls, path, "writing")
        waiting = [await listed(calls, path, state) for state in _WAITING]
        return page, [each for some in waiting for each in some]

    async def run() -> tuple[Json, list[Json]]:
        async with connected(read_settings()) as calls:
            return await begin_and_follow(calls)

    with told_plainly():
        page, waiting = asyncio.run(run())
    for each in waiting:
        why = f": {each['message']}" if each["message"] else ""
        what = f"{each['attribute']} of {each['kind']} {each['name']}"
        typer.echo(f"{each['state'].lower()}: {what}{why}  {each['id']}")
    typer.echo(states(page))
    if waiting:
        raise typer.Exit(1)
