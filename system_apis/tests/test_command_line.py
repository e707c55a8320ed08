"""The command line: what an operator is told, and the exit code a script sees."""

import re
import socket
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
import typer
from pydantic import BaseModel, Field, SecretStr
from typer.testing import CliRunner

from shared.values import SystemClock
from system_apis.capabilities.connector import Connector
from system_apis.command_line import connections, connectors
from system_apis.connection_checks import CheckResult, check_connections
from system_apis.connections import Connection, read_connections
from system_apis.connections_example import example_of
from system_apis.registry import discover_connectors
from system_apis.tests.connectors.hours import HoursSettings
from system_apis.tests.connectors.ledger import LedgerSettings

PACKAGES = {"TIMEPOST_SYSTEM_CONNECTOR_PACKAGES": '["system_apis.tests.connectors"]'}
runner = CliRunner()
timepost = typer.Typer()
timepost.add_typer(connections)
timepost.add_typer(connectors)


def test_check_tells_what_works_and_what_to_do_about_the_rest(connections_file: Path) -> None:
    result = runner.invoke(
        timepost, ["connections", "check", "--file", str(connections_file)], env=PACKAGES
    )

    assert result.exit_code == 1
    hours, ledger = result.stdout.splitlines()[-2:]
    assert re.fullmatch(r"hours-de +FAILED +hours-de could not be reached.* -> .+", hours)
    assert re.fullmatch(r"ledger-de +works +signed in; 1 company found", ledger)


def test_check_of_connections_that_work_succeeds(connections_file: Path) -> None:
    arguments = ["connections", "check", "ledger-de", "--file", str(connections_file)]

    result = runner.invoke(timepost, arguments, env=PACKAGES)

    assert result.exit_code == 0
    assert "hours-de" not in result.stdout


def test_a_refused_credential_is_told_with_its_remedy(connections_file: Path) -> None:
    (connections_file.parent / "ledger-key").write_text("bad-key")
    arguments = ["connections", "check", "ledger-de"]
    environment = {**PACKAGES, "TIMEPOST_SYSTEM_CONNECTIONS_FILE": str(connections_file)}

    result = runner.invoke(timepost, arguments, env=environment)

    assert result.exit_code == 1
    assert "Ledger refuses the key. -> Issue a new key in Ledger." in result.stdout
    assert "bad-key" not in result.output


def test_an_unknown_name_is_answered_by_the_known_ones(connections_file: Path) -> None:
    arguments = ["connections", "check", "ledger-fr", "--file", str(connections_file)]

    result = runner.invoke(timepost, arguments, env=PACKAGES)

    assert result.exit_code == 1
    assert "There is no connection ledger-fr." in result.stderr
    assert "hours-de, ledger-de" in result.stderr


@pytest.mark.parametrize("command", ["check", "list"])
def test_a_wrong_file_is_told_without_a_traceback(connections_file: Path, command: str) -> None:
    connections_file.write_text(connections_file.read_text().replace("ledger-de", "Ledger DE"))

    result = runner.invoke(
        timepost, ["connections", command, "--file", str(connections_file)], env=PACKAGES
    )

    assert result.exit_code == 1
    assert "connections[1].name" in result.stderr
    assert "Traceback" not in result.output


def test_a_missing_file_setting_is_told_by_its_variable() -> None:
    result = runner.invoke(
        timepost,
        ["connections", "list"],
        env={**PACKAGES, "TIMEPOST_SYSTEM_CONNECTIONS_FILE": None},
    )

    assert result.exit_code == 1
    assert "TIMEPOST_SYSTEM_CONNECTIONS_FILE" in result.stderr


def test_lists_name_connections_and_connectors(connections_file: Path) -> None:
    listed = runner.invoke(
        timepost, ["connections", "list", "-f", str(connections_file)], env=PACKAGES
    )
    known = runner.invoke(timepost, ["connectors", "list"], env=PACKAGES)

    assert listed.stdout.splitlines() == [
        "hours-de: Hours (time_tracking), HRC-DE",
        "ledger-de: Ledger (erp), HRC-DE, HRC-AT",
    ]
    assert known.stdout.splitlines() == [
        "deals: Deals (crm)",
        "hours: Hours (time_tracking)",
        "ledger: Ledger (erp)",
        "staff: Staff (hcm, directory)",
    ]


class _Nested(BaseModel):
    tokens: list[SecretStr]
    by_event: Mapping[str, SecretStr] = {}


class _Account(BaseModel):
    email: str
    token: SecretStr


class _Rule(BaseModel):
    word: str
    weight: int = 1


class _Settings(BaseModel):
    base_url: str = Field(description="Where it is.", examples=["https://x.example.com"])
    workspace: str
    pages: int = 50
    zone: str | None = None
    pattern: re.Pattern[str] = re.compile(r"\d+")
    key: SecretStr = Field(description='Of the "integration" user.')
    webhooks: _Nested = Field(description="Deliveries.")
    accounts: list[_Account] = Field(description="Who is read.")
    rules: list[_Rule] = Field(default_factory=list, description="What words mean.")
    by_word: dict[str, _Rule] = Field(description="Words.", examples=["travel"])
    others: dict[str, _Rule] = Field(default_factory=dict, description="Other words.")


def test_an_example_is_read_back_by_the_reader_of_the_file(tmp_path: Path) -> None:
    connector = Connector("made_up", "Made up", "erp", _Settings, print)  # type: ignore[arg-type]
    text = example_of([connector])
    (tmp_path / "c.toml").write_text(text)
    secrets = {
        "TIMEPOST_MADE_UP_KEY": "k",
        "TIMEPOST_MADE_UP_WEBHOOKS_TOKENS": "t",
        "TIMEPOST_MADE_UP_ACCOUNTS_TOKEN": "a",
    }

    (read,) = read_connections(tmp_path / "c.toml", {"made_up": connector}, secrets)

    assert read.name == "made-up-de"
    assert isinstance(read.settings, _Settings)
    assert read.settings.base_url == "https://x.example.com"
    assert read.settings.webhooks.tokens[0].get_secret_value() == "t"
    assert read.settings.accounts[0].token.get_secret_value() == "a"
    assert read.settings.rules == []
    assert read.settings.by_word == {"travel": _Rule(word="...")}
    assert read.settings.others == {}
    for line in (
        "# Where it is.",
        "# [[connections.options.rules]]",
        "# [connections.options.others.NAME]",
        '# word = "..."',
        "# weight = 1",
        "# pages = 50",
        '# zone = "..."',
        r'# pattern = "\\d+"',
        '# by_event = { NAME = { env = "TIMEPOST_MADE_UP_WEBHOOKS_BY_EVENT" } }',
    ):
        assert line in text.splitlines()


def test_the_example_of_the_built_in_connectors_names_each_of_them() -> None:
    result = runner.invoke(timepost, ["connections", "example"])

    tables = tomllib.loads(result.stdout)["connections"]
    assert [table["connector"] for table in tables] == list(discover_connectors())


async def test_what_hangs_or_breaks_leaves_the_others_their_results(
    connections_file: Path,
) -> None:
    known = discover_connectors(["system_apis.tests.connectors"])
    good = read_connections(connections_file, known)[1]
    told: list[CheckResult] = []

    with socket.create_server(("127.0.0.1", 0)) as silent:
        hanging = connection_to(silent.getsockname()[1], known["hours"])
        results = await check_connections(
            [hanging, broken_connection(), good], SystemClock(), told.append, patience_seconds=0.5
        )

    assert [(result.connection, result.works) for result in results] == [
        ("hanging", False),
        ("broken", False),
        ("ledger-de", True),
    ]
    assert results[0].found == "No answer within 0.5 seconds."
    assert "raised ValueError" in results[1].found
    assert "s3cret-value" not in results[1].found
    assert {result.connection for result in told} == {"hanging", "broken", "ledger-de"}


def connection_to(port: int, connector: Connector) -> Connection:
    settings = HoursSettings(base_url=f"http://127.0.0.1:{port}", webhook_secret=SecretStr("s"))
    return Connection("hanging", connector, "time_tracking", ("DE",), settings)


def broken_connection() -> Connection:
    def fail(settings: object, context: object) -> object:
        raise ValueError("s3cret-value")

    connector = Connector("broken", "Broken", "erp", BaseModel, fail)  # type: ignore[arg-type]
    return Connection("broken", connector, "erp", ("DE",), LedgerSettings(api_key=SecretStr("k")))
