"""Builds the demo ERP once: an environment with Tryton and one database file per variant.

The result is cached (`deploy/cached_builds.py`), keyed by everything it depends on, and copied for
each server. Building takes about a minute; finding it built takes milliseconds.
"""

from __future__ import annotations

import json
import secrets
import shutil
import sqlite3
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from deploy.cached_builds import (
    PIP_INSTALL,
    Report,
    ensure_built,
    fingerprint_of,
    install_locked,
    print_progress,
    run,
)

Variant = Literal["stock", "with_reference"]

HERE = Path(__file__).resolve().parent
FIRM = HERE.parent / "local" / "firm.toml"
LOCK = HERE / "requirements.lock"
BOOTSTRAP = HERE / "bootstrap.py"
REFERENCE_MODULE = HERE / "timepost_reference"
DATABASE = "halden"
TRYTON_MODULES = ["project_invoice", "timesheet_cost"]  # their dependencies bring the rest


@dataclass(frozen=True)
class Template:
    """A finished build: `python` runs Tryton, `database(variant)` is the file to copy."""

    directory: Path

    @property
    def python(self) -> Path:
        return self.directory / "venv" / "bin" / "python"

    def database(self, variant: Variant) -> Path:
        return self.directory / f"{variant}.sqlite"

    def manifest(self) -> dict[str, Any]:
        """What the bootstrap created, with ids and credentials (see README.md for the shape)."""
        text = (self.directory / "manifest.json").read_text(encoding="utf-8")
        manifest: dict[str, Any] = json.loads(text)
        return manifest


def ensure_template(cache: Path | None = None, report: Report = print_progress) -> Template:
    """Answer the cached template for the present sources, building it first when there is none.

    :raises deploy.cached_builds.BuildError: a step failed (no network for the first
        installation, say).
    """

    def build(directory: Path) -> None:
        Build(directory, report).run()

    return Template(ensure_built("tryton", fingerprint(), build, cache, report))


def fingerprint() -> str:
    """Hash of every input of the build."""
    module_files = sorted(
        path
        for path in REFERENCE_MODULE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )
    return fingerprint_of([LOCK, BOOTSTRAP, FIRM, Path(__file__), *module_files], HERE.parent)


class Build:
    """The steps of one build, in the order they run, all inside one directory."""

    def __init__(self, directory: Path, report: Report) -> None:
        self.directory = directory
        self.report = report
        self.started = time.monotonic()
        self.template = Template(directory)
        self.passwords = {"admin": secrets.token_urlsafe(12), "user": secrets.token_urlsafe(12)}

    def run(self) -> None:
        self.say("1/5 installing Tryton 8.2 into its own environment (about 20 s)")
        self.install()
        self.say("2/5 creating an empty database (about 35 s)")
        self.initialise(self.directory / f"{DATABASE}.sqlite")
        self.say("3/5 creating the demo firm (about 15 s)")
        self.create_firm()
        self.say("4/5 keeping a copy as the stock variant")
        self.finish_variant("stock")
        self.say("5/5 activating timepost_reference in the other variant")
        self.administrate("-u", "timepost_reference", "--activate-dependencies")
        self.finish_variant("with_reference")
        (self.directory / f"{DATABASE}.sqlite").unlink()
        self.say("ready")

    def say(self, line: str) -> None:
        self.report(f"Tryton: {line} [{time.monotonic() - self.started:.0f} s]")

    def install(self) -> None:
        install_locked(self.directory / "venv", LOCK)
        with tempfile.TemporaryDirectory(dir=self.directory) as scratch:
            source = Path(scratch) / "module"  # setuptools writes beside what it builds
            shutil.copytree(REFERENCE_MODULE, source)
            self.python(*PIP_INSTALL, "--no-build-isolation", str(source))

    def initialise(self, database: Path) -> None:
        """Create Tryton's tables. trytond-admin refuses a SQLite file that does not exist."""
        database.touch()
        write_config(self.directory / "trytond.conf", self.directory)
        (self.directory / "password").write_text(self.passwords["admin"] + "\n", encoding="utf-8")
        email = "admin@haldenridge.example"
        self.administrate("--email", email, "-u", *TRYTON_MODULES, "--activate-dependencies")
        (self.directory / "password").unlink()

    def create_firm(self) -> None:
        described = self.directory / "firm.json"
        config = self.directory / "trytond.conf"
        self.python(str(BOOTSTRAP), str(config), DATABASE, str(FIRM), str(described))
        manifest = {
            "database": DATABASE,
            "user": "admin",
            "password": self.passwords["admin"],
            "integration_user": {"login": "timepost", "password": self.passwords["user"]},
            **json.loads(described.read_text(encoding="utf-8")),
        }
        described.unlink()
        path = self.directory / "manifest.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")

    def finish_variant(self, variant: Variant) -> None:
        """Copy the database as it stands, with SQLite's write-ahead log folded in."""
        source = self.directory / f"{DATABASE}.sqlite"
        connection = sqlite3.connect(source)
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.close()
        shutil.copyfile(source, self.template.database(variant))

    def administrate(self, *arguments: str) -> None:
        config = str(self.directory / "trytond.conf")
        self.python("-m", "trytond.cli.admin", "-c", config, "-d", DATABASE, *arguments)

    def python(self, *arguments: str) -> None:
        variables = {
            "TRYTONPASSFILE": str(self.directory / "password"),
            "TIMEPOST_ADMIN_PASSWORD": self.passwords["admin"],
            "TIMEPOST_USER_PASSWORD": self.passwords["user"],
        }
        run(self.directory / "venv", *arguments, variables=variables, without=["TRYTON"])


def write_config(path: Path, databases: Path) -> None:
    """Write a trytond configuration that serves the SQLite files of one directory."""
    path.write_text(f"[database]\nuri = sqlite://\npath = {databases}\n", encoding="utf-8")


def main() -> None:
    template = ensure_template()
    sys.stdout.write(f"{template.directory}\n")
    for variant in get_args(Variant):
        sys.stdout.write(f"{variant}: {template.database(variant)}\n")


if __name__ == "__main__":
    main()
