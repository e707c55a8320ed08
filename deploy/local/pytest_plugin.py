"""Real PostgreSQL for tests: one server a session, a fresh database wherever one is asked for."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from deploy.local.postgres import PostgresServer
from deploy.local.processes import end_recorded

_numbers = itertools.count(1)


@contextlib.contextmanager
def fresh_database(server: PostgresServer, template: str | None = None) -> Iterator[str]:
    """URL of a database that exists inside the block: empty, or a copy of the template.

    Copying a migrated template takes about 50 ms, migrating anew takes seconds.
    """
    name = f"test_{next(_numbers)}"
    yield server.create_database(name, template)
    server.drop_database(name)


@contextlib.contextmanager
def session_directory() -> Iterator[Path]:
    """A directory for servers of this test session.

    Not one of pytest's: PostgreSQL's account must pass through the folders above it.
    """
    root = Path(tempfile.gettempdir()) / "timepost-tests"
    root.mkdir(exist_ok=True)
    remove_what_killed_sessions_left(root)
    directory = Path(tempfile.mkdtemp(prefix=f"{psutil.Process().pid}-", dir=root))
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL of this test session's own (one for each xdist worker)."""
    with session_directory() as directory, PostgresServer(directory, durable=False) as server:
        yield server


@pytest.fixture
def database_url(postgres: PostgresServer) -> Iterator[str]:
    """URL of an empty database of this test's own."""
    with fresh_database(postgres) as url:
        yield url


def remove_what_killed_sessions_left(root: Path) -> None:
    """End servers whose test session is gone, so that they do not gather on the machine.

    Several sessions begin at once, and may come upon the same: what one has removed is gone for
    the other, too.
    """
    for directory in list(root.iterdir()):
        owner = directory.name.partition("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            with contextlib.suppress(FileNotFoundError):
                end_recorded(directory)
            shutil.rmtree(directory, ignore_errors=True)
