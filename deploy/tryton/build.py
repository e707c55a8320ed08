"""Builds the demo ERP once: an environment with Tryton and one database file per variant.

The result is cached (`deploy/cached_builds.py`), keyed by everything it depends on, and copied for
each server. Building takes about two minutes; finding it built takes milliseconds.
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
# Which people, projects and companies: those of the tests, or those of the demo.
FirmSize = Literal["small", "demo"]

HERE = Path(__file__).resolve().parent
FIRM = HERE.parent / "local" / "firm.toml"
FIRMS: dict[FirmSize, Path] = {
    "small": FIRM,
    "demo": HERE.parent / "local" / "halden_ridge.toml",
}
LOCK = HERE / "requirements.lock"
BOOTSTRAP = HERE / "bootstrap.py"
REFERENCE_MODULE = HERE / "timepost_reference"
DATABASE = "halden"
TRYTON_MODULES = ["project_invoice", "timesheet_cost"]  # their dependencies bring the rest


@dataclass(frozen=True)
class Template:
    """A finished build: `python` runs Tryton, `database(variant, firm)` is the file to copy."""

    directory: Path

    @property
    def python(self) -> Path:
        return self.directory / "venv" / "bin" / "python"

    def database(self, variant: Variant, firm: FirmSize = "small") -> Path:
        return self.directory / f"{firm}-{variant}.sqlite"

    def manifest(self, firm: FirmSize = "small") -> dict[str, Any]:
        """What the bootstrap created, with ids and credentials (see README.md for the shape)."""
        text = (self.directory / f"{firm}.json").read_text(encoding="utf-8")
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
    return fingerprint_of(
        [LOCK, BOOTSTRAP, *FIRMS.values(), Path(__file__), *module_files], HERE.parent
    )


class Build:
    """The steps of one build, in the order they run, all inside one directory."""

    def __init__(self, directory: Path, report: Report) -> None:
        self.directory = directory
        self.report = report
        self.started = time.monotonic()
        self.template = Template(directory)
        self.passwords = {"admin": secrets.token_urlsafe(12), "user": secrets.token_urlsafe(12)}

    def run(self) -> None:
        self.say("1/4 installing Tryton 8.2 into its own environment (about 20 s)")
        self.install()
        self.say("2/4 creating an empty database (about 35 s)")
        self.initialise(self.working)
        self.fold(self.working)
        shutil.copyfile(self.working, self.directory / "empty.sqlite")
        self.say("3/4 creating the small firm of the tests (about 25 s)")
        self.create("small")
        self.say("4/4 creating the demo's firm of twelve companies (about 60 s)")
        shutil.copyfile(self.directory / "empty.sqlite", self.working)
        self.create("demo")
        self.working.unlink()
        (self.directory / "empty.sqlite").unlink()
        self.say("ready")

    @property
    def working(self) -> Path:
        """The database that is worked on."""
        return self.directory / f"{DATABASE}.sqlite"

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

    def create(self, firm: FirmSize) -> None:
        """One firm, in both variants: as Tryton comes, and with our module."""
        described = self.directory / "described.json"
        config = self.directory / "trytond.conf"
        self.python(str(BOOTSTRAP), str(config), DATABASE, str(FIRMS[firm]), str(described))
        manifest = {
            "database": DATABASE,
            "user": "admin",
            "password": self.passwords["admin"],
            "integration_user": {"login": "timepost", "password": self.passwords["user"]},
            **json.loads(described.read_text(encoding="utf-8")),
        }
        described.unlink()
        path = self.directory / f"{firm}.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        self.finish_variant("stock", firm)
        self.administrate("-u", "timepost_reference", "--activate-dependencies")
        self.finish_variant("with_reference", firm)

    def finish_variant(self, variant: Variant, firm: FirmSize) -> None:
        """Copy the database as it stands."""
        self.fold(self.working)
        shutil.copyfile(self.working, self.template.database(variant, firm))

    def fold(self, database: Path) -> None:
        """Fold SQLite's write-ahead log in, so that the file is all there is."""
        connection = sqlite3.connect(database)
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.close()

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
    for firm in FIRMS:
        for variant in get_args(Variant):
            sys.stdout.write(f"{firm}, {variant}: {template.database(variant, firm)}\n")


if __name__ == "__main__":
    main()
