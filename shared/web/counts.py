"""Counts of requests in this process's memory, in windows of fixed length."""

import time

from limits.storage import Storage

_SWEEP_SECONDS = 60.0


class ProcessCounts(Storage):
    """What `memory://` means.

    The one that comes with `limits` starts a thread every ten milliseconds to forget windows that
    are over. Here that is done in passing, once a minute.
    """

    STORAGE_SCHEME = ["process"]  # noqa: RUF012  the parent declares it so

    def __init__(
        self, uri: str | None = None, wrap_exceptions: bool = False, **_: float | str | bool
    ) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        self._windows: dict[str, tuple[float, int]] = {}
        self._sweep_at = 0.0

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        now = time.time()
        end, count = self._windows.get(key, (0.0, 0))
        if end <= now:
            end, count = now + expiry, 0
            self._forget_what_is_over(now)
        self._windows[key] = (end, count + amount)
        return count + amount

    def get(self, key: str) -> int:
        end, count = self._windows.get(key, (0.0, 0))
        return count if end > time.time() else 0

    def get_expiry(self, key: str) -> float:
        end, _ = self._windows.get(key, (0.0, 0))
        return max(end, time.time())

    def check(self) -> bool:
        return True

    def reset(self) -> int:
        forgotten = len(self._windows)
        self._windows.clear()
        return forgotten

    def clear(self, key: str) -> None:
        self._windows.pop(key, None)

    def _forget_what_is_over(self, now: float) -> None:
        if now < self._sweep_at:
            return
        self._sweep_at = now + _SWEEP_SECONDS
        self._windows = {key: each for key, each in self._windows.items() if each[0] > now}
