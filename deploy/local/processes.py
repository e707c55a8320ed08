"""Starts processes that must not outlive the program that started them, and not die unnoticed.

Every process leads a process group of its own, so that Ctrl-C in the terminal reaches only the
runner, which then stops the others in its own order. What was started is written down with its
start time: after a `kill -9` of the runner the next run finds what is left and ends it, and never
a stranger that was given the same process id since.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

RECORD_SUFFIX = ".running"
BELOW_THE_KERNELS_OWN = range(20_000, 32_000)
STOP_SECONDS = 15.0
TAIL_LINES = 20


class ProcessDied(RuntimeError):
    """A process ended by itself; the message carries its exit code and the end of its log."""


@dataclass(frozen=True)
class Program:
    """What to run.

    :param environment: added to ours; ``None`` as a value removes a variable.
    :param user: system user to run as; needs root.
    :param stop_signal: asks for an orderly end.
    :param patience: seconds it has for that before it is killed.
    :param ends: it is to end by itself, with exit code 0.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str | None] = field(default_factory=dict)
    directory: Path | None = None
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    patience: float = STOP_SECONDS
    ends: bool = False


class ManagedProcess:
    """One running program: `start`, `stop` (orderly), `kill` (as a power cut would).

    :param log_path: takes what the program writes; a new start appends.
    :param record_path: where the process is written down while it runs.
    """

    def __init__(self, program: Program, log_path: Path, record_path: Path) -> None:
        self.program = program
        self.log_path = log_path
        self.record_path = record_path
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> Self:
        if self._process is not None:
            return self
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                self.program.command,
                env=merged_environment(self.program.environment),
                cwd=self.program.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=self.program.user,
                group=self.program.user,
                extra_groups=None if self.program.user is None else [],
            )
        write_record(self.record_path, self._process.pid)
        return self

    @property
    def is_done(self) -> bool:
        """Whether a program that is to end has ended well."""
        return self._process is not None and self._process.poll() == 0

    @property
    def has_ended(self) -> bool:
        """Whether it ended by itself; not if it was stopped, killed or never started."""
        return self._process is not None and self._process.poll() is not None

    def check(self) -> None:
        """:raises ProcessDied: it ended though nobody stopped it, or with an error."""
        if self._process is None or (self.program.ends and self.is_done):
            return
        if (code := self._process.poll()) is not None:
            raise ProcessDied(
                f"{self.program.name} ended by itself ({describe_exit(code)}). "
                f"The end of {self.log_path}:\n{self.log_tail()}"
            )

    def stop(self) -> None:
        """Ask it to end; kill it when its patience has run out."""
        self._end(self.program.stop_signal)

    def kill(self) -> None:
        """SIGKILL it and everything that it started."""
        self._end(signal.SIGKILL)

    def restart(self) -> Self:
        self.stop()
        return self.start()

    def log_tail(self, lines: int = TAIL_LINES) -> str:
        if not self.log_path.exists():
            return "(it wrote nothing)"
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        family = descendants(process.pid)
        if how == signal.SIGKILL:
            signal_group(process.pid, how)
        elif process.poll() is None:
            process.send_signal(how)
        try:
            process.wait(self.program.patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        # What it left behind, in its group or (PostgreSQL's children) in groups of their own.
        signal_group(process.pid, signal.SIGKILL)
        end_processes(family)
        self.record_path.unlink(missing_ok=True)


def merged_environment(changes: Mapping[str, str | None]) -> dict[str, str]:
    merged = {**os.environ, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def describe_exit(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def end_processes(processes: Sequence[psutil.Process], patience: float = 2.0) -> None:
    """Wait for processes to end, and kill those that do not."""
    give_up = time.monotonic() + patience
    while alive := [process for process in processes if is_alive(process)]:
        if time.monotonic() > give_up:
            for process in alive:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
        time.sleep(0.02)


def is_alive(process: psutil.Process) -> bool:
    """Whether it still runs; one that ended and that nobody has waited for (a zombie) does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def signal_group(leader: int, how: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, how)


def write_record(path: Path, pid: int) -> None:
    """Write down which process this is: the id alone may belong to another one tomorrow."""
    try:
        started = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return  # it ended at once; `check` tells so
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps({"pid": pid, "started": started}), encoding="utf-8")
    partial.rename(path)


def end_recorded(directory: Path) -> list[str]:
    """End what an earlier run left running anywhere below; answers the names, for the report."""
    ended = []
    for path in sorted(directory.rglob(f"*{RECORD_SUFFIX}")):
        record = json.loads(path.read_text(encoding="utf-8"))
        members = recorded_processes(int(record["pid"]), float(record["started"]))
        if members:
            signal_group(int(record["pid"]), signal.SIGKILL)
            end_processes(members, patience=0.5)
            ended.append(path.stem)
        path.unlink()
    return ended


def recorded_processes(leader: int, started: float) -> list[psutil.Process]:
    """The recorded process, its group and its descendants; nothing if the id was given away.

    A group outlives its leader, and the kernel gives its number to nobody while it does.
    """
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
            if process.pid == leader and abs(process.create_time() - started) > 0.01:
                return []
            if os.getpgid(process.pid) == leader:
                found.append(process)
    return [*descendants(leader), *found] if found else []


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, all different.

    They are drawn from below the range from which the kernel takes ports for outgoing
    connections, so that nobody happens to get one of them before it is used.
    """
    drawn = random.SystemRandom().sample(BELOW_THE_KERNELS_OWN, len(BELOW_THE_KERNELS_OWN))
    return list(itertools.islice(filter(is_free, drawn), count))


def is_free(port: int) -> bool:
    """Whether a server could listen there now (connections that just ended do not matter)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
