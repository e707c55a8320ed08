"""The `timepost` command: where the parts are put together and started.

Each command imports only what it needs, so that an image which holds one tier's dependencies can
run that tier.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, NoReturn

import typer
import uvicorn
from rich.console import Console

from shared.problems import ConfigurationError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="""Timepost brings approved hours from time trackers into the ERP, each exactly once.

    Start here: **timepost demo** runs everything on this machine, with a real ERP.
    """,
)
errors = Console(stderr=True, soft_wrap=True)


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
    try:
        uvicorn.run(
            FACTORIES[tier],
            factory=True,
            host=host,
            port=port,
            log_config=None,  # the tiers set up their own logs
            access_log=False,  # the tiers' own access log leaves query strings out
            server_header=False,
            timeout_graceful_shutdown=10,
        )
    except ConfigurationError as problem:
        refuse(problem)


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

    The first run builds the ERP, which takes about two minutes. Nothing outside of `.local/` and
    the cache directory is touched.

    Examples: `timepost demo`, `timepost demo --once`, `timepost demo --stock`
    """
    from deploy.local.demo import run_demo  # noqa: PLC0415  needs the extra `local`

    raise typer.Exit(run_demo(once=once, variant="stock" if stock else "with_reference"))


def refuse(problem: ConfigurationError) -> NoReturn:
    """Tell a person what to correct, without a traceback."""
    errors.print(problem.detail, markup=False, highlight=False)
    if problem.action:
        errors.print(problem.action, markup=False, highlight=False)
    raise typer.Exit(1)


def main() -> None:
    app()


if __name__ == "__main__":
    main()
