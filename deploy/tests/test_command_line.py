"""The command line as a person at a terminal meets it."""

import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from deploy.command_line import FACTORIES, app

runner = CliRunner()


def test_without_arguments_it_shows_where_to_start() -> None:
    shown = runner.invoke(app, [])
    assert "timepost demo" in shown.output
    for command in ("serve", "worker", "migrate", "connections", "contracts", "demo"):
        assert command in shown.output


@pytest.mark.parametrize("command", ["serve", "worker", "migrate", "contracts", "demo"])
def test_each_command_explains_itself(command: str) -> None:
    shown = runner.invoke(app, [command, "--help"])
    assert shown.exit_code == 0
    assert "timepost" in shown.output.lower()


@pytest.mark.parametrize("tier", sorted(FACTORIES))
def test_a_tier_without_settings_says_which_it_needs(tier: str) -> None:
    ended = run(["serve", tier])
    assert ended.returncode == 1
    needed = "IDENTITY_SERVER_ISSUER" if tier == "identity" else f"{tier.upper()}_IDENTITY"
    assert f"TIMEPOST_{needed}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_migrating_needs_the_database_and_nothing_else() -> None:
    ended = run(["migrate"])
    assert ended.returncode == 1
    assert "TIMEPOST_PROCESS_DATABASE_URL" in ended.stderr
    assert "TIMEPOST_PROCESS_IDENTITY" not in ended.stderr
    assert "Traceback" not in ended.stderr


def run(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TIMEPOST_")}
    return subprocess.run(
        [sys.executable, "-m", "deploy.command_line", *arguments],
        env=clean,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_missing_extra_is_named() -> None:
    code = (
        "import sys; sys.modules['psycopg'] = None; "
        "from deploy.command_line import main; sys.argv = ['timepost', 'demo']; main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert "pip install 'timepost[process,local]'" in ended.stderr
    assert "Traceback" not in ended.stderr
