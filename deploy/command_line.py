"""The `timepost` command: where the parts are put together and started.

Each command imports only what it needs, so that an image which holds one tier's dependencies can
run that tier.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn
from uvicorn.loops.auto import auto_loop_factory

from deploy.garbage import leave_alone_what_is_loaded
from deploy.masters.command_line import masters
from deploy.replays.command_line import replay
from deploy.switches import command_line as switches
from shared.contracts import check as check_contracts
from shared.contracts import lint
from shared.contracts import write as write_contracts
from shared.problems import ConfigurationError
from system_apis.command_line import connections, connectors

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="""Timepost brings approved hours from time trackers into the ERP, each exactly once.

    Start here: **timepost demo** runs everything on this machine, with a real ERP.
    """,
)
switches.add_to(connections)
app.add_typer(connections)
app.add_typer(connectors)
app.add_typer(replay)
app.add_typer(masters)

OURS = ("deploy", "experience_apis", "process_apis", "shared", "system_apis")
OPENAPI = Path(__file__).parents[1] / "openapi"


class Tier(StrEnum):
    """What can be served; each is a deployable of its own."""

    SYSTEM = "system"
    PROCESS = "process"
    EXPERIENCE = "experience"
    IDENTITY = "identity"


FACTORIES = {
    Tier.SYSTEM: "system_apis.app:create_app",
    Tier.PROCESS: "process_apis.app:create_app",
    Tier.EXPERIENCE: "experience_apis.app:create_app",
    Tier.IDENTITY: "deploy.identity.app:create_app",
}


@app.command()
def serve(
    tier: Annotated[Tier, typer.Argument(help="Which tier, or the development identity server.")],
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 is all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
) -> None:
    """Serve the API of one tier until it is told to end (SIGTERM or Ctrl-C).

    Settings come from the environment: `TIMEPOST_SYSTEM_*`, `TIMEPOST_PROCESS_*`,
    `TIMEPOST_EXPERIENCE_*`, `TIMEPOST_IDENTITY_SERVER_*`.

    Example: `timepost serve process --host 0.0.0.0 --port 8200`
    """
    with told_plainly():
        module, _, factory = FACTORIES[tier].partition(":")
        api = getattr(import_module(module), factory)()
        leave_alone_what_is_loaded()
        uvicorn.run(
            api,
            host=host,
            port=port,
            log_config=None,  # the tiers set up their own logs
            access_log=False,  # the tiers' own access log leaves query strings out
            server_header=False,
            timeout_graceful_shutdown=10,
        )


@app.command()
def worker() -> None:
    """Work on what is due until it is told to end: read, validate, post, tell the trackers.

    Run as many as you like, on any number of hosts; they share the process tier's settings
    (`TIMEPOST_PROCESS_*`) and its database.

    Example: `timepost worker`
    """
    with told_plainly():
        from process_apis.settings import (  # noqa: PLC0415  needs the extra `process`
            ProcessSettings,
            read_settings,
        )
        from process_apis.worker import run  # noqa: PLC0415  needs the extra `process`

        settings = read_settings(ProcessSettings)
        leave_alone_what_is_loaded()
        with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
            runner.run(run(settings))


@app.command()
def migrate() -> None:
    """Bring the process tier's database to the schema that this version expects.

    Safe to run several times and from several places at once; run it before the new version is
    started. The database is `TIMEPOST_PROCESS_DATABASE_URL`.
    """
    with told_plainly():
        from process_apis.migrate import migrate as bring_up_to_date  # noqa: PLC0415  ditto
        from process_apis.settings import DatabaseSettings, read_settings  # noqa: PLC0415  ditto

        database = read_settings(DatabaseSettings)
    bring_up_to_date(database.database_url)


@app.command()
def settings() -> None:
    """Print every setting of every tier with its default and meaning, as Markdown.

    Example: `timepost settings > docs/configuration.md`
    """
    from deploy.settings_guide import settings_guide  # noqa: PLC0415  imports every tier's settings

    typer.echo(settings_guide(), nl=False)


@app.command()
def contracts(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit code 1 if a file is out of date.")
    ] = False,
) -> None:
    """Write the OpenAPI documents of all tiers to `openapi/`, or check those that are there.

    Examples: `timepost contracts`, `timepost contracts --check`
    """
    documents: dict[str, dict[str, Any]] = {}
    for tier in ("system_apis", "process_apis", "experience_apis"):
        documents |= import_module(f"{tier}.contracts").documents()
    broken = [f"{name}: {rule}" for name, each in documents.items() for rule in lint(each)]
    outdated = check_contracts(OPENAPI, documents) if check else []
    changed = [] if check else write_contracts(OPENAPI, documents)
    for path in changed:
        typer.echo(f"written: {path.relative_to(OPENAPI.parent)}")
    for fault in [*broken, *outdated]:
        typer.echo(fault, err=True)
    if outdated:
        typer.echo("If the change is meant, `timepost contracts` writes them anew.", err=True)
    if broken or outdated:
        raise typer.Exit(1)
    typer.echo(f"{len(documents)} contracts, {len(changed)} changed")


@app.command()
def demo(
    *,
    once: Annotated[
        bool, typer.Option("--once", help="End after the table; exit code 1 if it is wrong.")
    ] = False,
    stock: Annotated[
        bool, typer.Option("--stock", help="An ERP without the module timepost_reference.")
    ] = False,
) -> None:
    """Run the whole product on this machine, with a real ERP and four weeks of work.

    The first run builds the ERP, which takes about two minutes. Everything is written to `.local/`
    and to the cache directory (`TIMEPOST_CACHE`, else `~/.cache/timepost`).

    Examples: `timepost demo`, `timepost demo --once`, `timepost demo --stock`
    """
    with told_plainly():
        from deploy.local.demo import run_demo  # noqa: PLC0415  needs the extra `local`

    raise typer.Exit(run_demo(once=once, variant="stock" if stock else "with_reference"))


@contextmanager
def told_plainly() -> Iterator[None]:
    """Answer an operator's mistake with what to correct, not with a traceback."""
    try:
        yield
    except ModuleNotFoundError as missing:
        if str(missing.name).startswith(OURS):
            raise
        typer.echo(
            f"The package {missing.name} is not installed, which this command needs.\n"
            "Install Timepost with its extras: pip install 'timepost[process,local]'.",
            err=True,
        )
        raise typer.Exit(1) from None
    except ConfigurationError as problem:
        typer.echo(f"{problem.detail}\n{problem.action}", err=True)
        raise typer.Exit(1) from None


def main() -> None:
    app()


if __name__ == "__main__":
    main()
