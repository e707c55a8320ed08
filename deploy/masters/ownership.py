"""`timepost masters conflicts`, `pins`, `proposals`: what waits, and what stewards decided.

Only lists: deciding takes a steward, whom the operator's client is not.
"""

import asyncio
from typing import Annotated, Any

import typer

from deploy.operator_settings import read_settings
from deploy.process_calls import connected, told_plainly

Json = dict[str, Any]

Connection = Annotated[str | None, typer.Option(help="Only about records of this ERP.")]
Everything = Annotated[bool, typer.Option("--all", help="Also what waits for nobody any more.")]
Lines = Annotated[int, typer.Option(help="Lines to print.", min=1, max=200)]


def add_to(masters: typer.Typer) -> None:
    """Add the commands to those of masters."""
    for command in (conflicts, pins, proposals):
        masters.command(command.__name__)(command)


def conflicts(
    *, connection: Connection = None, everything: Everything = False, lines: Lines = 50
) -> None:
    """Print attributes that two owners changed to different values; exit code 1 if any waits.

    Example: `timepost masters conflicts --connection tryton-main`
    """
    asked = {"connection": connection, "limit": lines, "open": None if everything else True}
    found = _read("conflicts", asked)
    for each in found:
        typer.echo(f"{each['opened_at']}  {_what(each)}  {each['id']}")
        for claim in each["claims"]:
            typer.echo(f"    {_value(claim['value'])} in {claim['connection']}")
        if each["resolution"]:
            typer.echo(f"    {each['resolution']}")
        else:
            typer.echo(f"    {_value(each['agreed'])} counts meanwhile")
    _end(any(each["resolved_at"] is None for each in found))


def pins(
    *, connection: Connection = None, everything: Everything = False, lines: Lines = 50
) -> None:
    """Print values that stewards pinned, and until when.

    Example: `timepost masters pins --all`
    """
    asked = {"connection": connection, "limit": lines, "in_force": None if everything else True}
    for each in _read("pins", asked):
        typer.echo(f"{_what(each)}: {each['value']} until {each['until']}  {each['id']}")
        typer.echo(f"    {each['pinned_by']}, {each['pinned_at']}: {each['reason']}")
        if each["released_by"]:
            typer.echo(
                f"    released by {each['released_by']}, {each['released_at']}: "
                f"{each['release_reason']}"
            )


def proposals(
    *, connection: Connection = None, everything: Everything = False, lines: Lines = 50
) -> None:
    """Print changes by systems that do not own the attribute; exit code 1 if any waits.

    Example: `timepost masters proposals --all`
    """
    asked = {"connection": connection, "limit": lines, "status": None if everything else "OPEN"}
    found = _read("proposals", asked)
    for each in found:
        typer.echo(
            f"{each['status']}  {_what(each)}: {_value(each['value'])} in "
            f"{each['source_connection']} instead of {_value(each['instead_of'])}  {each['id']}"
        )
        if each["decided_by"]:
            typer.echo(f"    {each['decided_by']}, {each['decided_at']}: {each['reason']}")
    _end(any(each["status"] == "OPEN" for each in found))


def _read(what: str, asked: Json) -> list[Json]:
    async def read() -> Json:
        async with connected(read_settings()) as calls:
            return await calls.call("GET", f"/v1/master-data/{what}", query=asked)

    with told_plainly():
        page = asyncio.run(read())
    found: list[Json] = page[what]
    if page["next_cursor"]:
        typer.echo("... and more: the latest come first", err=True)
    return found


def _what(each: Json) -> str:
    return (
        f"{each['connection']}  {each['kind']} {each['external_id']}  {each['name']}  "
        f"{each['attribute']}"
    )


def _value(value: str | None) -> str:
    return "(none)" if value is None else value


def _end(waits: bool) -> None:
    if waits:
        raise typer.Exit(1)
