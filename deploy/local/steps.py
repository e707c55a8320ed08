"""Tells the person at the terminal what is going on, several things at a time.

On a terminal each step is a line that moves; in a log file news are lines, but not too many.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

SECONDS_BETWEEN_LINES = 5.0


class Steps:
    """Steps that are under way or done."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.fields[name]:<14}"),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._printed_at: dict[str, float] = {}

    def tell(self, name: str, news: str) -> None:
        """Say what a step does now; a new name begins a step."""
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(news, total=1, name=name)
        self._progress.update(self._tasks[name], description=news)
        if time.monotonic() - self._printed_at.get(name, -1e9) > SECONDS_BETWEEN_LINES:
            self._print(name, news)

    def done(self, name: str, result: str) -> None:
        """Say what came of a step."""
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(result, total=1, name=name)
        self._progress.update(self._tasks[name], description=result, completed=1)
        self._print(name, result)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def _print(self, name: str, news: str) -> None:
        if not self.console.is_terminal:
            self._printed_at[name] = time.monotonic()
            self.console.print(f"{name}: {news}", highlight=False)
