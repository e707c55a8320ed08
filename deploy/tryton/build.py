"""Builds the demo ERP once: an environment with Tryton and one database file per variant.

The result is cached, keyed by everything it depends on, and copied for each server. Building takes
about a minute; finding it built takes milliseconds.

Two processes may ask at once: the second waits for the first. A build that is killed leaves only
a directory named `*.partial-*`, which the next build removes: the finished template appears by one
rename. Python is always started as `bin/python -m ...`, because the scripts beside it carry the
path they were installed at.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

Variant = Literal["stock", "with_reference"]
Report = Callable[[str], None]

HERE = Path(__file__).resolve().parent
FIRM = HERE.parent / "local" / "firm.toml"
LOCK = HERE / "requirements.lock"
BOOTSTRAP = HERE / "bootstrap.py"
REFERENCE_MODULE = HERE / "timepost_reference"
DATABASE = "halden"
TRYTON_MODULES = ["project_invoice", "timesheet_cost"]  # their dependencies bring the rest


class TemplateBuildError(RuntimeError):
    """A build step failed; the message carries the end of that step's output."""


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


def cache_root() -> Path:
    """Where expensive builds are kept: TIMEPOST_CACHE, or the user's cache directory."""
    if configured := os.environ.get("TIMEPOST_CACHE"):
        return Path(configured)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "timepost"


def print_progress(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def ensure_template(cache: Path | None = None, report: Report = print_progress) -> Template:
    """Answer the cached template for the present sources, building it first when there is none.

    Raises TemplateBuildError when a step fails (no network for the first installation, say).
    """
    root = cache or cache_root()
    directory = root / f"tryton-{fingerprint()}"
    if directory.exists():
        return Template(directory)
    root.mkdir(parents=True, exist_ok=True)
    with build_lock(root / "tryton.lock", report):
        if not directory.exists():
            remove_abandoned_builds(root)
            build_into(directory, report)
    return Template(directory)


def fingerprint() -> str:
    """Hash of every input of the build, with the Python version the environment will have."""
    digest = hashlib.sha256(f"{sys.version_info[:3]} {sys.platform}".encode())
    module_files = sorted(p for p in REFERENCE_MODULE.rglob("*") if p.is_file())
    for path in [LOCK, BOOTSTRAP, FIRM, Path(__file__), *module_files]:
        if "__pycache__" in path.parts:
            continue
        content = path.read_bytes()
        digest.update(f"{path.relative_to(HERE.parent)} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


@contextlib.contextmanager
def build_lock(path: Path, report: Report) -> Iterator[None]:
    """One build at a time; the lock belongs to the open file and dies with its process."""
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("Tryton: another process is building the demo ERP; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def remove_abandoned_builds(root: Path) -> None:
    for leftover in root.glob("tryton-*.partial-*"):
        shutil.rmtree(leftover, ignore_errors=True)


def build_into(directory: Path, report: Report) -> None:
    partial = Path(tempfile.mkdtemp(prefix=f"{directory.name}.partial-", dir=directory.parent))
    try:
        Build(partial, report).run()
        partial.rename(directory)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


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
        venv.create(self.directory / "venv", with_pip=True, symlinks=True)
        pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        self.python(*pip, "--require-hashes", "--only-binary", ":all:", "-r", str(LOCK))
        with tempfile.TemporaryDirectory(dir=self.directory) as scratch:
            source = Path(scratch) / "module"  # setuptools writes beside what it builds
            shutil.copytree(REFERENCE_MODULE, source)
            self.python(*pip, "--no-build-isolation", str(source))

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
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "TRYTON"))}
        environment = {
            **inherited,
            "TRYTONPASSFILE": str(self.directory / "password"),
            "TIMEPOST_ADMIN_PASSWORD": self.passwords["admin"],
            "TIMEPOST_USER_PASSWORD": self.passwords["user"],
        }
        finished = subprocess.run(
            [self.template.python, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if finished.returncode:
            tail = "\n".join(finished.stdout.splitlines()[-25:])
            raise TemplateBuildError(f"{' '.join(arguments[:3])} failed:\n{tail}")


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
