"""What a run costs: CPU time and memory of our processes, read from the operating system."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Cost:
    """CPU seconds that were used, and the largest resident set seen, by name."""

    cpu_seconds: dict[str, float]
    peak_rss_mib: dict[str, float]


class Meter:
    """Reads processes by name.

    :param pids: of the processes to watch; children count with their parents.
    """

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        self._before = {name: cpu_seconds(each) for name, each in self._processes.items()}
        self._peak: dict[str, float] = {}

    def look(self) -> None:
        """Note how much memory each uses right now."""
        for name, process in self._processes.items():
            size = process.memory_info().rss / 2**20
            self._peak[name] = max(size, self._peak.get(name, 0.0))

    def cost(self) -> Cost:
        """What was used since the meter was made."""
        self.look()
        used = {
            name: cpu_seconds(process) - self._before[name]
            for name, process in self._processes.items()
        }
        return Cost(used, dict(self._peak))


def cpu_seconds(process: psutil.Process) -> float:
    """User and system time of a process and its living and finished children."""
    times = process.cpu_times()
    own = times.user + times.system + times.children_user + times.children_system
    living = sum(sum(child.cpu_times()[:2]) for child in process.children(recursive=True))
    return float(own + living)


def cpu_ms(cost: Cost, entries: int) -> dict[str, float]:
    """CPU milliseconds an entry, by process."""
    return {name: round(1000 * used / entries, 2) for name, used in cost.cpu_seconds.items()}


def quantile_ms(seconds: list[float], share: float) -> float:
    """A quantile in milliseconds, by the nearest rank."""
    ordered = sorted(seconds)
    index = min(len(ordered) - 1, max(0, round(share * len(ordered)) - 1))
    return round(ordered[index] * 1000, 1)


class Progress:
    """A line now and then, so that whoever waits sees that it goes on."""

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total, self._last = what, total, time.monotonic()

    def at(self, done: int) -> None:
        """Tell how far it is, at most every two seconds."""
        if time.monotonic() - self._last >= 2 or done == self._total:
            self._last = time.monotonic()
            print(f"{self._what}: {done} of {self._total}", flush=True)
