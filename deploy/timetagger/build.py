"""Builds an environment with the real TimeTagger, once; it is kept in the cache directory."""

from __future__ import annotations

import sys
from pathlib import Path

from deploy.cached_builds import (
    Report,
    ensure_built,
    fingerprint_of,
    install_locked,
    print_progress,
)

HERE = Path(__file__).resolve().parent
LOCK = HERE / "requirements.lock"


def ensure_environment(cache: Path | None = None, report: Report = print_progress) -> Path:
    """Directory of a virtual environment that holds TimeTagger as locked.

    :raises deploy.cached_builds.BuildError: it cannot be installed (no network, say).
    """

    def build(directory: Path) -> None:
        report("TimeTagger: installing it into its own environment (about 15 s)")
        install_locked(directory / "venv", LOCK)

    fingerprint = fingerprint_of([LOCK], HERE.parent)
    return ensure_built("timetagger", fingerprint, build, cache, report) / "venv"


if __name__ == "__main__":
    sys.stdout.write(f"{ensure_environment()}\n")
