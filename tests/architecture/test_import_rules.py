"""The import rules in `.importlinter` hold, and each of them bites.

A rule that matches nothing is kept for ever. So every rule is shown a violation: the real packages
are copied, one import is planted, and exactly that rule has to break.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_BOUND = ("system_apis", "process_apis", "experience_apis", "shared")
_PACKAGES = (*_BOUND, "deploy")
_REVISIONS = _ROOT / "process_apis" / "migrations" / "versions"
_VERDICT = re.compile(r"^(?P<name>\S.*) (?P<verdict>KEPT|BROKEN)\b", re.MULTILINE)

_TIERS = "Tiers are independent of one another"
_SHARED = "Shared packages know no tier"
_DEPLOY = "Nothing imports deploy"
_LAYERS = "Processes form layers without circles"
_PURE = "Mappings, rules and shapings do no input or output"
_CONNECTORS = "Connectors are independent of one another"
_CAPABILITIES = "Capabilities know no connector"
_OWN_CAPABILITY = "Connectors know their capability, not their tier"


@dataclass(frozen=True)
class Planted:
    """One violation: ``line`` in ``module``, after the modules in ``beside`` were made."""

    breaks: str
    module: str
    line: str
    beside: tuple[tuple[str, str], ...] = ()


_VIOLATIONS = [
    Planted(_TIERS, "experience_apis.planted", "import process_apis.processes"),
    Planted(_TIERS, "process_apis.planted", "from system_apis import capabilities"),
    Planted(_TIERS, "system_apis.planted", "from experience_apis import app"),
    Planted(_TIERS, "experience_apis.tests.planted", "import process_apis"),
    Planted(_SHARED, "shared.values.planted", "import system_apis"),
    Planted(_SHARED, "shared.values.planted", "import process_apis"),
    Planted(_SHARED, "shared.values.planted", "import experience_apis"),
    Planted(_DEPLOY, "system_apis.planted", "import deploy.identity"),
    Planted(_DEPLOY, "process_apis.planted", "import deploy.identity"),
    Planted(_DEPLOY, "experience_apis.planted", "import deploy.identity"),
    Planted(_DEPLOY, "shared.values.planted", "import deploy.identity"),
    Planted(
        _LAYERS,
        "process_apis.processes.lineage.planted",
        "import process_apis.processes.time_entries",
    ),
    Planted(_LAYERS, "process_apis.processes.posting.planted", "from .. import exceptions"),
    Planted(_LAYERS, "process_apis.processes.unlisted", "import datetime"),
    Planted(_PURE, "system_apis.connectors.planted.mapping", "import httpx2"),
    Planted(_PURE, "process_apis.processes.posting.rules", "from sqlmodel import select"),
    Planted(_PURE, "experience_apis.exception_workbench.shaping", "from fastapi import Request"),
    Planted(
        _PURE,
        "system_apis.connectors.planted.mapping",
        "from system_apis.connectors.planted import client",
        beside=(("system_apis.connectors.planted.client", "import shared.http_client"),),
    ),
    Planted(
        _CONNECTORS,
        "system_apis.connectors.planted.client",
        "from system_apis.connectors import neighbour",
        beside=(("system_apis.connectors.neighbour", "import datetime"),),
    ),
    Planted(
        _CAPABILITIES,
        "system_apis.capabilities.erp.planted",
        "import system_apis.connectors.planted",
        beside=(("system_apis.connectors.planted", "import datetime"),),
    ),
    Planted(_OWN_CAPABILITY, "system_apis.connectors.planted.client", "import system_apis.app"),
    Planted(
        _OWN_CAPABILITY,
        "system_apis.connectors.planted.client",
        "from system_apis.capabilities.erp import routes",
    ),
]


@pytest.fixture(scope="module")
def copied_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages' Python files and the rules, for planting."""
    copy = tmp_path_factory.mktemp("packages")
    for package in _PACKAGES:
        shutil.copytree(_ROOT / package, copy / package, ignore=_all_but_python)
    shutil.copy(_ROOT / ".importlinter", copy)
    return copy


def test_the_real_packages_keep_every_rule() -> None:
    assert _broken(_ROOT) == frozenset()


def test_every_rule_is_shown_a_violation() -> None:
    assert {planted.breaks for planted in _VIOLATIONS} == set(_verdicts(_ROOT))


@pytest.mark.parametrize("planted", _VIOLATIONS, ids=lambda each: f"{each.module}: {each.line}")
def test_a_planted_violation_breaks_exactly_its_rule(
    planted: Planted, copied_packages: Path, tmp_path: Path
) -> None:
    shutil.copytree(copied_packages, tmp_path, dirs_exist_ok=True)
    for module, line in (*planted.beside, (planted.module, planted.line)):
        _plant(tmp_path, module, line)

    assert _broken(tmp_path) - _broken(copied_packages) == {planted.breaks}


def test_no_module_hides_from_the_rules() -> None:
    """A folder without `__init__.py` is not read by the linter, so it could import anything.

    `deploy` may do that anyway, and nobody can import alembic's revisions by name.
    """
    folders = {file.parent for package in _BOUND for file in (_ROOT / package).rglob("*.py")}
    hidden = [
        str(folder.relative_to(_ROOT))
        for folder in sorted(folders)
        if not (folder / "__init__.py").exists() and folder != _REVISIONS
    ]
    assert hidden == []


def _plant(tree: Path, module: str, line: str) -> None:
    """Append ``line`` to ``module``; made, with its packages, where there is none."""
    *parents, name = module.split(".")
    folder = tree.joinpath(*parents)
    folder.mkdir(parents=True, exist_ok=True)
    for package in (folder, *folder.parents):
        if package == tree:
            break
        (package / "__init__.py").touch()
    file = folder / name / "__init__.py" if (folder / name).is_dir() else folder / f"{name}.py"
    with file.open("a", encoding="utf-8") as text:
        text.write(f"\n{line}\n")


@cache
def _broken(tree: Path) -> frozenset[str]:
    return frozenset(name for name, verdict in _verdicts(tree).items() if verdict == "BROKEN")


def _verdicts(tree: Path) -> dict[str, str]:
    """KEPT or BROKEN by rule, as `lint-imports` says for the packages in ``tree``."""
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    verdicts = {match["name"]: match["verdict"] for match in _VERDICT.finditer(run.stdout)}
    assert verdicts, run.stdout + run.stderr
    return verdicts


def _all_but_python(folder: str, names: list[str]) -> set[str]:
    return {
        name
        for name in names
        if name == "__pycache__" or not (name.endswith(".py") or (Path(folder) / name).is_dir())
    }
