"""Pages that list what the code has, have all of it and nothing else."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from deploy.settings_guide import settings_guide
from process_apis.processes.exceptions.catalogue import CATALOGUE
from process_apis.processes.posting.states import PostingState
from process_apis.processes.time_entries.transitions import TRANSITIONS
from shared.identity import ScopeRule, scope_rule_of
from tests.documentation.pages import table_rows, text_of

_HIDDEN = {"HEAD"}

Row = tuple[str, ...]


def test_every_setting_is_on_its_page() -> None:
    assert text_of("docs/configuration.md") == settings_guide(), (
        "timepost settings > docs/configuration.md"
    )


def test_the_catalogue_is_the_one_that_is_used() -> None:
    expected = [
        (
            f"`{each.code}`",
            str(each.severity),
            str(each.owner),
            each.sentence,
            each.action,
            "yes" if each.tell_consultant else "",
        )
        for each in CATALOGUE.values()
    ]
    rows = table_rows(text_of("docs/exceptions.md"), "The catalogue")
    assert rows == expected, _lacking(expected, rows)


def test_every_state_of_a_posting_is_explained() -> None:
    rows = table_rows(text_of("docs/architecture.md"), "States of a posting")
    assert {row[0] for row in rows} == set(PostingState)


def test_every_move_of_a_time_entry_is_explained() -> None:
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for each in TRANSITIONS:
        row = (str(each.event), each.target, ", ".join(sorted(each.actors)))
        grouped.setdefault(row, []).append(each.source or "(unknown)")
    expected = [
        (", ".join(sources), event, target, actors)
        for (event, target, actors), sources in grouped.items()
    ]
    rows = table_rows(text_of("docs/architecture.md"), "States of a time entry")
    assert rows == expected, _lacking(expected, rows)


@pytest.mark.parametrize("tier", ["system", "process", "experience"])
@pytest.mark.usefixtures("configured")
def test_every_operation_is_listed_with_its_scope_and_roles(tier: str) -> None:
    app: FastAPI = import_module(f"{tier}_apis.app").create_app()
    rows = table_rows(text_of("docs/identity.md"), f"Operations of the {tier} tier")
    expected = sorted(_operations(app))
    assert sorted(rows) == expected, _lacking(expected, rows)


def _lacking(expected: Sequence[Row], rows: Sequence[Row]) -> str:
    """The rows to add, ready to be pasted; whatever else stands there is to be taken out."""
    return "the page lacks:\n" + "\n".join(
        f"| {' | '.join(row)} |" for row in expected if row not in rows
    )


def _operations(app: FastAPI) -> list[Row]:
    return [
        (f"`{method} {context.path}`", _named(rule.scopes), _named(rule.roles))
        for context in iter_route_contexts(app.routes)
        if isinstance(rule := scope_rule_of(context), ScopeRule)
        for method in (context.methods or set()) - _HIDDEN
    ]


def _named(names: frozenset[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the README calls needed is enough to build each tier."""
    values = {
        "CONNECTIONS_FILE": str(tmp_path / "connections.toml"),
        "DATABASE_URL": "postgresql://nobody@db.example.com/none",
        "SYSTEM_URL": "http://system.example.com",
        "PROCESS_URL": "http://process.example.com",
        "IDENTITY__ISSUER": "https://login.example.com",
        "IDENTITY__CLIENT_SECRET": "made-up",
    }
    (tmp_path / "connections.toml").write_text("connections = []\n", encoding="utf-8")
    readme = text_of("README.md")
    for tier in ("SYSTEM", "PROCESS", "EXPERIENCE"):
        for name, value in values.items():
            if f"`TIMEPOST_{tier}_{name}`" in readme:
                monkeypatch.setenv(f"TIMEPOST_{tier}_{name}", value)
