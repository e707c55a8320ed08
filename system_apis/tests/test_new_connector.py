"""A generated connector lacks only what its author alone can know, and says what that is."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from system_apis.command_line import connections, connectors

ROOT = Path(__file__).parents[2]
PACKAGE = "firm_of_tests.connectors"
# Ruff resolves the patterns of an extended configuration from that one's own folder.
RUFF = f"""
extend = "{ROOT / "pyproject.toml"}"
[lint.extend-per-file-ignores]
"**/tests/**" = ["S101", "S105", "S106", "ARG"]
"""
PYTEST = ("pytest", "-c", "pyproject.toml", "-p", "no:cacheprovider", "-q")

timepost = typer.Typer()
timepost.add_typer(connections)
timepost.add_typer(connectors)


@pytest.fixture
def firm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A firm's own connector package, importable here and in other processes."""
    package = tmp_path / "firm_of_tests" / "connectors"
    package.mkdir(parents=True)
    for folder in (package.parent, package):
        (folder / "__init__.py").touch()
    (tmp_path / "ruff.toml").write_text(RUFF)
    monkeypatch.syspath_prepend(tmp_path)
    yield package
    for name in [name for name in sys.modules if name.split(".")[0] == "firm_of_tests"]:
        del sys.modules[name]


def begin(name: str, capability: str, *options: str) -> tuple[int, str]:
    result = CliRunner().invoke(
        timepost,
        ["connectors", "new", name, "-c", capability, "--package", PACKAGE, *options],
    )
    return result.exit_code, result.output


def run(firm: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    own = '["firm_of_tests.connectors"]'
    where = dict.fromkeys(("PYTHONPATH", "MYPYPATH"), str(firm.parents[1]))
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env={**os.environ, **where, "TIMEPOST_SYSTEM_CONNECTOR_PACKAGES": own},
        capture_output=True,
        text=True,
        check=False,
    )


CASES = [
    ("abacus", "time_tracking", ["its mapping.py has no to_time_entry yet: Turn an Entry into"]),
    ("zeta_time_and_materials", "time_tracking", ["its client.py has no changed_entries yet"]),
    ("abacus", "erp", ["its mapping.py has no to_line yet", "its client.py has no create_line"]),
    ("zeta_time_and_materials", "erp", ["its client.py has no lines_with_key yet: Say how"]),
]


@pytest.mark.parametrize(("name", "capability", "missing"), CASES)
def test_only_what_its_author_knows_is_missing(
    firm: Path, name: str, capability: str, missing: list[str]
) -> None:
    assert begin(name, capability)[0] == 0
    folder = str(firm / name)

    for arguments in (("ruff", "check", folder), ("ruff", "format", "--check", folder)):
        checked = run(firm, *arguments)
        assert checked.returncode == 0, checked.stdout
    typed = run(firm, "mypy", "-p", f"firm_of_tests.connectors.{name}")
    assert typed.returncode == 0, typed.stdout

    judged = run(firm, *PYTEST, "tests/conformance", "-k", name)
    assert "1 failed, 1 passed" in judged.stdout, judged.stdout
    for fault in [*missing, "its README.md is not written yet: "]:
        assert fault in judged.stdout, judged.stdout
    for fault in ("raises", "it has no", "imports", "sounds like a secret"):
        assert f"'its {fault}" not in judged.stdout
    assert "Nameless" not in "".join(p.read_text() for p in (firm / name).rglob("*.py"))


@pytest.mark.parametrize("capability", ["time_tracking", "erp"])
def test_its_own_tests_say_what_to_write(firm: Path, capability: str) -> None:
    begin("abacus", capability)

    tested = run(firm, *PYTEST, str(firm / "abacus"))

    assert "Put an answer of the API into RECORDED." in tested.stdout
    assert "NotImplementedError: Say how" in tested.stdout or "Write the body" in tested.stdout
    assert "1 passed" in tested.stdout
    assert "error" not in tested.stdout.splitlines()[-1]


def test_it_is_at_once_a_product_that_connections_know(firm: Path) -> None:
    begin("jira_tempo", "time_tracking", "--title", "Tempo for Jira")

    listed = run(firm, "deploy.command_line", "connectors", "list")

    assert listed.stdout.strip() == "jira_tempo: Tempo for Jira (time_tracking)"


@pytest.mark.parametrize(
    ("name", "capability", "reason"),
    [
        ("Abacus", "erp", "cannot be a connector's name"),
        ("class", "erp", "cannot be a connector's name"),
        ("a" * 25, "erp", "cannot be a connector's name"),
        ("", "erp", "cannot be a connector's name"),
        ("../abacus", "erp", "cannot be a connector's name"),
        ("abacus", "crm", "there for erp, time_tracking"),
    ],
)
def test_what_will_not_do_is_told_and_nothing_is_written(
    firm: Path, name: str, capability: str, reason: str
) -> None:
    code, told = begin(name, capability)

    assert code == 1
    assert reason in told
    assert [path.name for path in firm.iterdir()] == ["__init__.py"]


@pytest.mark.parametrize("title", ['a"b', "a\\b", "{a}", "-", "a" * 25])
def test_a_title_cannot_break_out_of_its_place(firm: Path, title: str) -> None:
    assert begin("abacus", "erp", f"--title={title}")[0] == 1


def test_a_connector_that_is_there_is_left_alone(firm: Path) -> None:
    begin("abacus", "erp")
    (firm / "abacus" / "mapping.py").write_text("# mine")

    code, told = begin("abacus", "time_tracking")

    assert code == 1
    assert "already" in told
    assert (firm / "abacus" / "mapping.py").read_text() == "# mine"


def test_a_package_that_is_not_there_is_told(firm: Path) -> None:
    code, told = begin("abacus", "erp", "--package", "firm_of_tests.elsewhere")

    assert code == 1
    assert "firm_of_tests.elsewhere cannot be imported" in told
