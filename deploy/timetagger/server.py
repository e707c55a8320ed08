"""Serves the real TimeTagger on this machine, with several people.

    with TimeTaggerServer(Path(".local/tracker"), ["ada@haldenridge.example"]) as tracker:
        ...  # tracker.base_url, tracker.api_token(name), tracker.person(name)

Records live in the state directory and survive `stop`, `kill` and a new TimeTaggerServer over the
same directory. The server binds to 127.0.0.1 only.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2

from deploy.cached_builds import inherited_variables, run
from deploy.local.processes import free_ports
from deploy.timetagger.build import ensure_environment
from deploy.timetagger.person import Person

START_SECONDS = 60.0
STOP_SECONDS = 10.0

# bcrypt is TimeTagger's dependency, not ours: its own environment makes the hashes. A low cost is
# enough for passwords that are made at random and protect a server on 127.0.0.1.
_HASH = """
import bcrypt, json, os
passwords = json.loads(os.environ["TIMEPOST_PASSWORDS"])
hashed = {name: bcrypt.hashpw(each.encode(), bcrypt.gensalt(4)).decode()
          for name, each in passwords.items()}
print(json.dumps(hashed))
"""


class TimeTaggerStartError(RuntimeError):
    """TimeTagger did not come up; the message carries the end of its log."""


class TimeTaggerServer:
    """One TimeTagger, started and stopped with a `with` block or by `start` and `stop`.

    :param people: names of the accounts; each has a store of its own. Accounts can be added by
        a new TimeTaggerServer over the same state directory.
    """

    def __init__(self, state_dir: Path, people: Sequence[str], port: int = 0) -> None:
        self.state_dir = state_dir
        self.port = port or free_ports(1)[0]
        self.log_path = state_dir / "timetagger.log"
        self._environment = ensure_environment()
        self._passwords = self._known_or_new_passwords(people)
        self._process: subprocess.Popen[bytes] | None = None
        self._open = ExitStack()

    @property
    def base_url(self) -> str:
        """Where the application is, as a browser opens it; the API is at `/api/v2` below."""
        return f"http://127.0.0.1:{self.port}/timetagger"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def person(self, name: str) -> Person:
        """The account's user, signed in; closed when the server stops."""
        person = Person(f"{self.base_url}/api/v2", name, self._passwords[name])
        return self._open.enter_context(person)

    def api_token(self, name: str) -> str:
        """Long-lived token of the account, as its user copies it from the settings."""
        with Person(f"{self.base_url}/api/v2", name, self._passwords[name]) as person:
            return person.api_token()

    def start(self) -> Self:
        if self._process is not None:
            return self
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [self._environment / "bin" / "python", "-m", "timetagger"],
                env={**inherited_variables("TIMETAGGER"), **self._variables()},
                cwd=self.state_dir,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.kill()
            raise
        return self

    def stop(self) -> None:
        """End it gently."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL: what a power cut looks like to a caller."""
        self._end(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _known_or_new_passwords(self, people: Sequence[str]) -> dict[str, str]:
        self.state_dir.mkdir(parents=True, exist_ok=True)
        path = self.state_dir / "passwords.json"
        known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        passwords = {name: secrets.token_urlsafe(12) for name in people} | known
        partial = path.with_suffix(".partial")
        partial.touch(mode=0o600)
        partial.write_text(json.dumps(passwords, indent=2))
        partial.rename(path)
        return passwords

    def _variables(self) -> dict[str, str]:
        """Its settings; as variables, because other users of the machine can read arguments."""
        given = {"TIMEPOST_PASSWORDS": json.dumps(self._passwords)}
        hashes = json.loads(run(self._environment, "-c", _HASH, variables=given))
        return {
            "TIMETAGGER_BIND": f"127.0.0.1:{self.port}",
            "TIMETAGGER_DATADIR": str(self.state_dir.resolve()),
            "TIMETAGGER_LOG_LEVEL": "warning",
            "TIMETAGGER_CREDENTIALS": ",".join(f"{name}:{each}" for name, each in hashes.items()),
        }

    def _wait_until_it_answers(self) -> None:
        give_up = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up:
            if self._process is None or self._process.poll() is not None:
                raise TimeTaggerStartError(f"TimeTagger ended while starting:\n{self._log_tail()}")
            try:
                httpx2.get(f"{self.base_url}/status", timeout=5).raise_for_status()
            except (httpx2.HTTPError, OSError):
                time.sleep(0.1)
            else:
                return
        raise TimeTaggerStartError(f"no answer after {START_SECONDS:.0f} s:\n{self._log_tail()}")

    def _log_tail(self) -> str:
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-20:])

    def _end(self, how: signal.Signals) -> None:
        self._open.close()
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
