"""Every command that a page tells people to type exists."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from deploy.command_line import app
from tests.documentation.pages import ROOT, pages, text_of

_PAGES = [page for page in pages() if "`make " in text_of(page) or "timepost " in text_of(page)]
_MAKE = re.compile(r"(?:`|\$ )make ([a-z-]+)")
_TIMEPOST = re.compile(r"(?:`|\$ |\"|\[)timepost ((?:[a-z-]+)(?: [a-z|-]+)*)")


def targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))


def commands() -> set[str]:
    return set(_commands(typer.main.get_command(app), ()))


def _commands(command: object, path: tuple[str, ...]) -> Iterator[str]:
    yield " ".join(path)
    for name, inner in getattr(command, "commands", {}).items():
        yield from _commands(inner, (*path, name))


@pytest.mark.parametrize("page", _PAGES, ids=str)
def test_commands_exist(page: Path) -> None:
    text = " ".join(text_of(page).split())
    assert set(_MAKE.findall(text)) <= targets()
    known = commands()
    # The longest known command that a line begins with; what follows are its arguments.
    for line in _TIMEPOST.findall(text):
        words = line.split()
        assert words[0] in known, f"timepost {line}"
        if words[0] in ("connections", "connectors"):
            assert " ".join(words[:2]) in known, f"timepost {line}"
        if words[0] == "serve":
            assert words[1].split("|") <= ["system", "process", "experience", "identity"]


def test_help_lists_what_the_readme_starts_with() -> None:
    assert {"demo", "test", "setup", "contracts", "check"} <= targets()
    shown = CliRunner().invoke(app, ["--help"]).output
    for command in ("serve", "worker", "migrate", "settings", "connections", "contracts", "demo"):
        assert command in shown
