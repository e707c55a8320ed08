"""Keeps the services of one run together: started in order, watched, stopped in reverse order."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Protocol, Self

from deploy.local.processes import (
    RECORD_SUFFIX,
    ManagedProcess,
    Program,
    end_recorded,
    write_record,
)

LOCK = "lock"
PROMPT_LOOK = 0.1
ENDING_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


class AlreadyRunning(RuntimeError):
    """Another run holds the state directory."""


class NotHealthy(RuntimeError):
    """A service runs but did not become ready in time; the message carries its log's end."""


class Service(Protocol):
    """Something that runs: a `ManagedProcess`, or a server class of its own."""

    def check(self) -> None:
        """Raise when it ended by itself."""
        ...

    def stop(self) -> None: ...


class Supervisor:
    """The services of one run. Inside its `with` block SIGTERM and SIGHUP act like Ctrl-C.

    :param directory: state of the run: `logs/`, `lock`, and a record of each process that runs.
    :param say: takes a line for the user.
    :raises AlreadyRunning: on entering, when another run holds the directory.
    """

    def __init__(self, directory: Path, say: Callable[[str], None]) -> None:
        self.directory = directory
        self.logs = directory / "logs"
        self._say = say
        self._services: list[tuple[str, Service]] = []
        self._lock: IO[str] | None = None
        self._former_handlers: dict[signal.Signals, object] = {}

    def start(self, program: Program) -> ManagedProcess:
        """Start a program; its log is `logs/<name>.log`. It may not be ready yet."""
        process = ManagedProcess(
            program,
            log_path=self.logs / f"{program.name}.log",
            record_path=self._record(program.name),
        )
        process.start()
        self._services.append((program.name, process))
        return process

    def adopt(self, name: str, service: Service, pid: int | None = None) -> None:
        """Watch and stop a service that was started elsewhere."""
        self._services.append((name, service))
        if pid is not None:
            write_record(self._record(name), pid)

    def process(self, name: str) -> ManagedProcess:
        """The process of a program that was started here, to stop, kill or start it anew.

        :raises LookupError: none of this name was started.
        """
        for known, service in self._services:
            if known == name and isinstance(service, ManagedProcess):
                return service
        raise LookupError(f"no process {name} was started")

    def check(self) -> None:
        """:raises ProcessDied: a service ended though nobody stopped it."""
        for _, service in self._services:
            service.check()

    def wait_until(self, name: str, is_ready: Callable[[], bool], seconds: float) -> None:
        """Wait for a service, watching all of them.

        :raises ProcessDied: one ended meanwhile.
        :raises NotHealthy: it was not ready in time.
        """
        give_up = time.monotonic() + seconds
        while not is_ready():
            self.check()
            if time.monotonic() > give_up:
                raise NotHealthy(f"{name} is not ready after {seconds:.0f} s.{self._tail(name)}")
            time.sleep(PROMPT_LOOK)
        self.check()  # somebody else may have answered in its place

    def __enter__(self) -> Self:
        self._take_lock()
        for name in end_recorded(self.directory):
            self._say(f"Ended {name}, left running by an earlier run that was killed.")
        for number in ENDING_SIGNALS:
            self._former_handlers[number] = signal.signal(number, interrupt)
        # A shell that starts it in the background has SIGINT ignored; our own way of ending, which
        # goes through it, must work there, too.
        interrupted = signal.signal(signal.SIGINT, signal.default_int_handler)
        self._former_handlers[signal.SIGINT] = interrupted
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # A second Ctrl-C must not leave half of the services running; each stop is bounded.
        for number in self._former_handlers:
            signal.signal(number, signal.SIG_IGN)
        try:
            self._stop_all()
        finally:
            for number, handler in self._former_handlers.items():
                signal.signal(number, handler)  # type: ignore[arg-type]
            if self._lock is not None:
                self._lock.close()

    def _stop_all(self) -> None:
        problems = []
        while self._services:
            name, service = self._services.pop()
            try:
                service.stop()
            except Exception as problem:  # noqa: BLE001  (the others must still be stopped)
                problems.append(problem)
            self._record(name).unlink(missing_ok=True)
        if problems:
            raise ExceptionGroup("stopping failed", problems)

    def _take_lock(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self._lock = (self.directory / LOCK).open("a+", encoding="utf-8")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.seek(0)
            holder = self._lock.read().strip() or "unknown"
            self._lock.close()
            raise AlreadyRunning(
                f"{self.directory} is in use by a run with process id {holder}. "
                "End that one first (Ctrl-C in its terminal)."
            ) from None
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()

    def _record(self, name: str) -> Path:
        return self.directory / f"{name}{RECORD_SUFFIX}"

    def _tail(self, name: str) -> str:
        for known, service in self._services:
            if known == name and isinstance(service, ManagedProcess):
                return f" The end of {service.log_path}:\n{service.log_tail()}"
        return ""


def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  (signal handler)
    """Take the way of Ctrl-C, which asyncio and context managers know how to unwind."""
    signal.raise_signal(signal.SIGINT)
