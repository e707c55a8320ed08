"""Shows whether anything goes through the connections of a running Timepost, and switches them.

The other commands of `timepost connections` read the connections file; these call the process tier.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from deploy.operator_settings import read_settings
from deploy.process_calls import ProcessCalls, connected, told_plainly

Json = dict[str, Any]

Name = Annotated[str, typer.Argument(help="Name of the connection.")]
Reason = Annotated[str, typer.Option(help="Why; it stands in the connection's history.")]


def add_to(connections: typer.Typer) -> None:
    """Put the commands beside those that read the connections file."""
    for command in (state, pause, drain, resume):
        connections.command(command.__name__)(command)


def state() -> None:
    """Print each connection's switch and circuit; exit code 1 if one does not simply run.

    Example: `timepost connections state`
    """

    async def read(calls: ProcessCalls) -> Json:
        listed = await calls.call("GET", "/v1/connections")
        status = await calls.call("GET", "/v1/status")
        return {"connections": listed["connections"], "waiting": status["connections"]}

    with told_plainly():
        found = asyncio.run(_with(read))
    width = max((len(each["name"]) for each in found["connections"]), default=0)
    for each in found["connections"]:
        waiting = found["waiting"].get(each["name"], {}).get("waiting", 0)
        typer.echo(f"{each['name']:<{width}}  {_words(each['flow'], waiting)}")
    if not all(_runs(each["flow"]) for each in found["connections"]):
        raise typer.Exit(1)


def pause(name: Name, *, reason: Reason) -> None:
    """Send nothing more to a connection and read nothing from it; webhooks are still committed.

    Example: `timepost connections pause tryton-main --reason "ERP upgrade"`
    """
    _switch(name, "pause", reason)


def drain(name: Name, *, reason: Reason) -> None:
    """Begin nothing new, wait until what is on its way has come through, then pause.

    Ctrl-C ends the waiting, not the drain.

    Example: `timepost connections drain tryton-main --reason "ERP upgrade"`
    """
    _switch(name, "drain", reason)


def resume(name: Name, *, reason: Reason) -> None:
    """Let everything go on; a connection that does not work is tried at once.

    Example: `timepost connections resume tryton-main --reason "upgrade done"`
    """
    _switch(name, "resume", reason)


def _switch(name: str, verb: str, reason: str) -> None:
    async def switch(calls: ProcessCalls) -> Json:
        path = f"/v1/connections/{name}"
        switched = await calls.call("POST", f"{path}/{verb}", {"reason": reason})
        while verb == "drain" and switched["flow"]["mode"] == "DRAINING":
            await asyncio.sleep(1)
            switched = (await calls.call("GET", path))["connection"]
        return switched

    with told_plainly():
        switched = asyncio.run(_with(switch))
    typer.echo(f"{name}: {_words(switched['flow'], 0)}")


async def _with(work: Callable[[ProcessCalls], Awaitable[Json]]) -> Json:
    async with connected(read_settings()) as calls:
        return await work(calls)


def _runs(flow: Json) -> bool:
    return bool(flow["mode"] == "RUNNING" and flow["circuit"] == "CLOSED")


def _words(flow: Json, waiting: int) -> str:
    words: str = flow["mode"].lower()
    if flow["mode"] != "RUNNING":
        words += f" since {flow['mode_since']} by {flow['mode_by']}: {flow['mode_reason']}"
    if flow["circuit"] != "CLOSED":
        words += f"; does not work since {flow['failing_since']}: {flow['said']}"
    if waiting:
        words += f"; {waiting} posting{'' if waiting == 1 else 's'} ready to be sent"
    return words
