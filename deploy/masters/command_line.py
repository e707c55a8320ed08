"""`timepost masters …`: have masters read, see what that changes, let it through."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from deploy.masters import ownership
from deploy.masters.following import followed, listed, states
from deploy.masters.repairing import repair
from deploy.operator_settings import read_settings
from deploy.process_calls import ProcessCalls, connected, told_plainly

masters = typer.Typer(
    name="masters",
    no_args_is_help=True,
    help="Read masters, see what that changes and where systems disagree.",
)

ownership.add_to(masters)
masters.command("repair")(repair)

Json = dict[str, Any]
_RUNS = "/v1/master-data/runs"
_PAGE = 500

RunId = Annotated[str, typer.Argument(help="Id of the run.")]


@masters.command("sync")
def sync(
    connection: Annotated[str, typer.Argument(help="Name of a connection that has masters.")],
    *,
    dry_run: Annotated[bool, typer.Option(help="Only tell what would change.")] = False,
) -> None:
    """Read all masters of a connection now, and follow it; exit code 1 if it failed or was stopped.

    Ctrl-C ends the following, not the reading.

    Example: `timepost masters sync tryton-main --dry-run`
    """

    async def start_and_follow(calls: ProcessCalls) -> Json:
        path = f"/v1/master-data/{connection}/refresh"
        started = await calls.call("POST", path, {"dry_run": dry_run})
        typer.echo(f"run {started['id']}")
        return await _followed(calls, started)

    with told_plainly():
        _tell(asyncio.run(_with(start_and_follow)))


@masters.command("confirm")
def confirm(
    run_id: RunId,
    *,
    reason: Annotated[str, typer.Option(help="Why what would vanish may; kept with the run.")],
) -> None:
    """Let through what a run stopped at, and follow it. It needs a steward's or operator's role.

    Example: `timepost masters confirm 0b6f9d8e-9f0e-4f5c-8d56-0a4b7a1d4c01 --reason "archived"`
    """

    async def confirm_and_follow(calls: ProcessCalls) -> Json:
        confirmed = await calls.call("POST", f"{_RUNS}/{run_id}/confirm", {"reason": reason})
        return await _followed(calls, confirmed)

    with told_plainly():
        _tell(asyncio.run(_with(confirm_and_follow)))


@masters.command("diff")
def diff(
    run_id: RunId,
    *,
    kind: Annotated[str | None, typer.Option(help="Only these, such as project.")] = None,
    change: Annotated[
        str | None, typer.Option(help="Only created, changed, vanished or refused.")
    ] = None,
    lines: Annotated[int, typer.Option(help="Lines to print.", min=1)] = 100,
) -> None:
    """Print what a run changes: per record and attribute, before and after.

    Example: `timepost masters diff 0b6f9d8e-9f0e-4f5c-8d56-0a4b7a1d4c01 --change vanished`
    """

    async def print_changes(calls: ProcessCalls) -> Json:
        run = await calls.call("GET", f"{_RUNS}/{run_id}")
        printed = 0
        async for each in _changes(calls, run_id, kind, change):
            if printed == lines:
                typer.echo("... and more")
                break
            typer.echo(_line(each))
            printed += 1
        return run

    with told_plainly():
        run = asyncio.run(_with(print_changes))
    typer.echo(_counts(run))


@masters.command("report")
def report(
    *,
    connection: Annotated[str | None, typer.Option(help="Of this one alone.")] = None,
    runs: Annotated[int, typer.Option(help="Runs to print.", min=1, max=200)] = 10,
) -> None:
    """Print the latest runs, and those that wait to be confirmed; exit code 1 if any does.

    Example: `timepost masters report --connection tryton-main`
    """

    async def read(calls: ProcessCalls) -> Json:
        asked = {"connection": connection, "limit": runs}
        listed = await calls.call("GET", _RUNS, query=asked)
        waiting = await calls.call("GET", _RUNS, query={**asked, "status": "STOPPED"})
        return {"latest": listed["runs"], "waiting": waiting["runs"]}

    with told_plainly():
        found = asyncio.run(_with(read))
    for each in found["latest"]:
        dry = " (dry run)" if each["dry_run"] else ""
        typer.echo(f"{each['started_at']}  {each['connection']}  {each['id']}{dry}")
        typer.echo(f"    {_counts(each)}")
    for each in found["waiting"]:
        typer.echo(f"{each['connection']} waits: {each['stopped_because']} (run {each['id']})")
    if found["waiting"]:
        raise typer.Exit(1)


@masters.command("push")
def push(
    tracker: Annotated[str, typer.Argument(help="Name of a tracker that is given masters.")],
    *,
    dry_run: Annotated[bool, typer.Option(help="Only tell what it would be given.")] = False,
    retry: Annotated[bool, typer.Option(help="Try again what it refused.")] = False,
) -> None:
    """Give a tracker what is new in its ERP's masters, and follow it; exit code 1 if any fails.

    Example: `timepost masters push clockify-us --dry-run`
    """

    async def begin_and_follow(calls: ProcessCalls) -> Json:
        path = f"/v1/pushes/{tracker}"
        begun = await calls.call("POST", path, {"dry_run": dry_run})
        typer.echo(f"{begun['changed']} new or changed in {begun['erp']}")
        if dry_run:
            return {"states": begun["states"], "pushes": []}
        if retry:
            for each in await listed(calls, path, "REFUSED"):
                await calls.call("POST", f"/v1/pushes/{each['id']}/retry")
        page = await followed(calls, path, "giving")
        return {**page, "pushes": await listed(calls, path, "REFUSED")}

    with told_plainly():
        found = asyncio.run(_with(begin_and_follow))
    for each in found["pushes"]:
        typer.echo(f"refused: {each['kind']} {each['name']}: {each['message']}")
    typer.echo(states(found))
    if found["pushes"]:
        raise typer.Exit(1)


@masters.command("drift")
def drift(
    *,
    connection: Annotated[str | None, typer.Option(help="Only copies that it has.")] = None,
    lines: Annotated[int, typer.Option(help="Lines to print.", min=1, max=1000)] = 100,
) -> None:
    """Print where a copy says something else than the system that owns it; exit code 1 if any does.

    Example: `timepost masters drift --connection tryton-main`
    """

    async def read(calls: ProcessCalls) -> Json:
        asked = {"connection": connection, "limit": lines}
        return await calls.call("GET", "/v1/master-data/drift", query=asked)

    with told_plainly():
        found = asyncio.run(_with(read))
    for each in found["drift"]:
        typer.echo(
            f"{each['copy_connection']}  {each['kind']} {each['copy_external_id']}  {each['name']}"
            f"\n    {each['attribute']}: {_value(each['copy_value'])}, "
            f"but {each['owner_value']} in {each['owner_connection']}"
        )
    if found["next_after"]:
        typer.echo("... and more")
    if found["drift"]:
        raise typer.Exit(1)


@masters.command("unbound")
def unbound(
    *,
    connection: Annotated[str | None, typer.Option(help="Only of this tracker.")] = None,
    lines: Annotated[int, typer.Option(help="References to print.", min=1, max=1000)] = 50,
) -> None:
    """Print what waiting entries refer to and nothing is bound to, with the best suggestion.

    Example: `timepost masters unbound --connection clockify-main`
    """

    async def read(calls: ProcessCalls) -> Json:
        asked = {"connection": connection, "limit": lines}
        return await calls.call("GET", "/v1/unbound", query=asked)

    with told_plainly():
        found = asyncio.run(_with(read))
    for each in found["unbound"]:
        hours = each["minutes"] / 60
        typer.echo(
            f"{each['connection']}  {each['kind']} {each['external_id']}  {_value(each['name'])}: "
            f"{each['entries']} entries, {hours:.2f} h"
        )
        for best in each["suggestions"][:1]:
            typer.echo(f"    {best['name']}? ({best['reason']}, {best['score']:.2f})")


async def _with(work: Callable[[ProcessCalls], Awaitable[Json]]) -> Json:
    async with connected(read_settings()) as calls:
        return await work(calls)


async def _followed(calls: ProcessCalls, run: Json, every: float = 1.0) -> Json:
    """The run when it is over; on a terminal, a line that moves tells how far it is."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(_how_far(run), total=None)
        while run["status"] == "RUNNING":
            await asyncio.sleep(every)
            run = await calls.call("GET", f"{_RUNS}/{run['id']}")
            progress.update(task, description=_how_far(run))
    return run


async def _changes(
    calls: ProcessCalls, run_id: str, kind: str | None, change: str | None
) -> AsyncIterator[Json]:
    after: int | None = 0
    while after is not None:
        asked = {"kind": kind, "change": change, "after": after, "limit": _PAGE}
        page = await calls.call("GET", f"{_RUNS}/{run_id}/changes", query=asked)
        for each in page["changes"]:
            yield each
        after = page["next_after"]


def _how_far(run: Json) -> str:
    return f"{run['step']}: {run['read']} read, {run['applied']} taken over"


def _tell(run: Json) -> None:
    typer.echo(_counts(run))
    if run["status"] == "STOPPED":
        typer.echo(
            f"See timepost masters diff {run['id']} --change vanished, and mend the list or "
            f"confirm it: timepost masters confirm {run['id']} --reason ..."
        )
    if run["status"] != "DONE":
        raise typer.Exit(1)


def _counts(run: Json) -> str:
    words = run["error"] or run["stopped_because"]
    return (
        f"{run['status']}: {run['read']} read, {run['created']} created, {run['changed']} changed, "
        f"{run['vanished']} vanished, {run['refused']} refused" + (f"; {words}" if words else "")
    )


def _line(change: Json) -> str:
    what = f"{change['change']:<8} {change['kind']} {change['external_id']}  {change['name']}"
    if change["reason"]:
        return f"{what}\n    row {change['row']}: {change['reason']}"
    return what + "".join(
        f"\n    {name}: {_value(each['before'])} -> {_value(each['after'])}"
        for name, each in change["attributes"].items()
        if each["after"] is not None or change["change"] == "changed"
    )


def _value(value: Any) -> str:
    return "(none)" if value is None else str(value)
