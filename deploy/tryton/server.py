"""Serves a private copy of the demo ERP on this machine: real Tryton under gunicorn.

    with TrytonServer(Path(".local/erp")) as erp:
        ...  # erp.base_url, erp.database, erp.user, erp.password, erp.manifest

The database lives in the state directory and survives `stop`, `kill` and a new TrytonServer over
the same directory; a new directory is a new ERP. The server binds to 127.0.0.1 only.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2

from deploy.cached_builds import inherited_variables
from deploy.tryton.build import DATABASE, FirmSize, Template, Variant, ensure_template, write_config
from deploy.tryton.reader import TrytonReader

# SQLite admits one writer. Tryton waits 5 s for the write lock and then repeats a call up to five
# times, so two processes with four threads each queue instead of failing (tests/test_server.py
# holds four concurrent writers to that). More threads would only lengthen the queue.
WORKERS = 2
THREADS = 4
START_SECONDS = 60.0
STOP_SECONDS = 10.0


class TrytonStartError(RuntimeError):
    """Tryton did not come up; the message carries the end of its log."""


class TrytonServer:
    """One Tryton, started and stopped with a `with` block or by `start` and `stop`."""

    def __init__(
        self,
        state_dir: Path,
        variant: Variant = "stock",
        port: int = 0,
        template: Template | None = None,
        firm: FirmSize = "small",
    ) -> None:
        self.firm = firm
        self.state_dir = state_dir
        self.variant = variant
        self.port = port or free_port()
        self.log_path = state_dir / "tryton.log"
        self._template = template or ensure_template()
        self._process: subprocess.Popen[bytes] | None = None
        self.manifest = self._prepare_state()
        self.database = DATABASE
        self.user: str = self.manifest["user"]
        self.password: str = self.manifest["password"]

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """Process id of gunicorn's master, which also names the process group."""
        return self._process.pid if self._process else None

    def reader(self) -> TrytonReader:
        """A fresh session of the administrator; close it, or use it as a context manager."""
        return TrytonReader(self.base_url, self.database, self.user, self.password)

    def start(self) -> Self:
        if self._process is not None:
            return self
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(),
                env=self._environment(),
                cwd=self.state_dir,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait_until_login_works()
        except BaseException:
            self.kill()
            raise
        return self

    def stop(self) -> None:
        """End it gently; requests in flight are finished."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL the whole process group: what a power cut looks like to a caller."""
        self._end(signal.SIGKILL)

    def restart(self) -> Self:
        """Stop if running, and serve the same database on the same port again."""
        self.stop()
        return self.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _prepare_state(self) -> dict[str, Any]:
        self.state_dir.mkdir(parents=True, exist_ok=True)
        manifest_path = self.state_dir / "manifest.json"
        if not manifest_path.exists():
            database = self.state_dir / f"{DATABASE}.sqlite"
            shutil.copyfile(self._template.database(self.variant, self.firm), database)
            write_config(self.state_dir / "trytond.conf", self.state_dir.resolve())
            partial = self.state_dir / "manifest.json.partial"
            partial.touch(mode=0o600)
            partial.write_text(
                json.dumps(
                    {**self._template.manifest(self.firm), "variant": self.variant}, indent=2
                )
            )
            partial.rename(manifest_path)
        manifest: dict[str, Any] = json.loads(manifest_path.read_text(encoding="utf-8"))
        if manifest["variant"] != self.variant:
            raise ValueError(f"{self.state_dir} holds the {manifest['variant']} variant")
        return manifest

    def _command(self) -> list[str]:
        options = ["--preload", "--worker-class", "gthread", "--graceful-timeout", "5"]
        options += ["--no-control-socket"]  # it would be made in the home directory
        options += ["--workers", str(WORKERS), "--threads", str(THREADS)]
        options += ["--bind", f"127.0.0.1:{self.port}"]
        python = str(self._template.python)
        return [python, "-m", "gunicorn", *options, "trytond.application:app"]

    def _environment(self) -> dict[str, str]:
        return {
            **inherited_variables("TRYTON"),
            "TRYTOND_CONFIG": str((self.state_dir / "trytond.conf").resolve()),
            "TRYTOND_DATABASE_NAMES": DATABASE,
            "TRYTOND_LOGGING_LEVEL": "30",  # warnings; below that Tryton logs line texts
        }

    def _wait_until_login_works(self) -> None:
        give_up = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up:
            if self._process is None or self._process.poll() is not None:
                raise TrytonStartError(f"Tryton ended while starting:\n{self._log_tail()}")
            try:
                self.reader().close()
            except (httpx2.HTTPError, OSError):
                time.sleep(0.1)
            else:
                return
        raise TrytonStartError(f"no login after {START_SECONDS:.0f} s:\n{self._log_tail()}")

    def _log_tail(self) -> str:
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-20:])

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        if process.poll() is None:
            os.killpg(process.pid, how)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
