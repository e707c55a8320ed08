"""`timepost connections …` and `timepost connectors …`, for whoever sets Timepost up."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from shared.problems import ConfigurationError
from shared.values import SystemClock
from system_apis.connection_checks import CheckResult, check_connections
from system_apis.connections import Connection, read_connections
from system_apis.connections_example import example_of
from system_apis.new_connector import write_connector
from system_apis.registry import CONNECTOR_PACKAGES, discover_connectors
from system_apis.settings import PREFIX, ConnectionSettings, ConnectorSettings, read_settings

connections = typer.Typer(
    name="connections", help="The systems that Timepost talks to.", no_args_is_help=True
)
connectors = typer.Typer(
    name="connectors", help="The products that Timepost can talk to.", no_args_is_help=True
)

File = Annotated[
    Path | None,
    typer.Option(
        "--file", "-f", help=f"Connections file; else {PREFIX}CONNECTIONS_FILE.", dir_okay=False
    ),
]


@connections.command("check")
def check(
    names: Annotated[list[str] | None, typer.Argument(help="Only these connections.")] = None,
    file: File = None,
) -> None:
    """Try every connection; exit code 1 if one does not work."""
    with _told_plainly():
        chosen = _chosen(_configured(file), names or [])
        with typer.progressbar(length=len(chosen), label="Trying connections") as bar:

            def advance(_: CheckResult) -> None:
                bar.update(1)

            results = asyncio.run(check_connections(chosen, SystemClock(), advance))
    width = max((len(result.connection) for result in results), default=0)
    for result in results:
        typer.echo(_line(result, width))
    if not all(result.works for result in results):
        raise typer.Exit(1)


@connections.command("list")
def list_connections(file: File = None) -> None:
    """The configured connections."""
    with _told_plainly():
        configured = _configured(file)
    for each in configured:
        entities = ", ".join(each.legal_entities)
        typer.echo(f"{each.name}: {each.connector.title} ({each.capability}), {entities}")


@connections.command("example")
def example() -> None:
    """Print a commented connections file to start from."""
    with _told_plainly():
        known = discover_connectors(read_settings(ConnectorSettings).connector_packages)
    typer.echo(example_of(known.values()), nl=False)


@connectors.command("list")
def list_connectors() -> None:
    """The products that connections can be made to."""
    with _told_plainly():
        known = discover_connectors(read_settings(ConnectorSettings).connector_packages)
    for each in known.values():
        typer.echo(f"{each.name}: {each.title} ({', '.join(each.openers)})")


@connectors.command("new")
def new_connector(
    name: Annotated[str, typer.Argument(help="The product, as a Python package: redmine.")],
    capability: Annotated[
        str, typer.Option("--capability", "-c", help="time_tracking or erp.", show_default=False)
    ],
    title: Annotated[str, typer.Option(help="The product's name; else made from NAME.")] = "",
    package: Annotated[
        str, typer.Option(help="Connector package to put it into, such as your firm's own.")
    ] = CONNECTOR_PACKAGES[0],
) -> None:
    """Begin a connector: write a folder in which only what you alone can know is missing.

    docs/connectors.md leads from there to a finished connector.
    """
    with _told_plainly():
        folder = write_connector(name, capability, package, title)
    typer.echo(f"written: {folder}")
    typer.echo(f"what is missing: pytest tests/conformance -k {name}")


def _configured(file: Path | None) -> list[Connection]:
    given = {} if file is None else {"connections_file": file}
    settings = read_settings(ConnectionSettings, **given)
    known = discover_connectors(settings.connector_packages)
    return read_connections(settings.connections_file, known)


def _chosen(configured: list[Connection], names: list[str]) -> list[Connection]:
    known = [each.name for each in configured]
    if unknown := [name for name in names if name not in known]:
        raise ConfigurationError(
            f"There is no connection {', '.join(unknown)}.",
            action=f"Known are {', '.join(known) or 'none at all'}.",
        )
    return [each for each in configured if not names or each.name in names]


def _line(result: CheckResult, width: int) -> str:
    verdict = "works " if result.works else "FAILED"
    advice = f" -> {result.action}" if result.action else ""
    return f"{result.connection:<{width}}  {verdict}  {result.found}{advice}"


@contextmanager
def _told_plainly() -> Iterator[None]:
    """An operator's mistake is answered by a sentence, not by a traceback."""
    try:
        yield
    except ConfigurationError as error:
        typer.echo(f"{error.detail}\n{error.action}", err=True)
        raise typer.Exit(1) from None
