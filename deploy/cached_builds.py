"""Builds that take long are made once, kept in the cache directory, and found by their inputs.

Two processes may ask at once: the second waits for the first. A build that is killed leaves only
a directory named `*.partial-*`, which the next build removes: the finished one appears by one
rename. Python in a built environment is always started as `bin/python -m ...`, because the
scripts beside it carry the path they were installed at.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

Report = Callable[[str], None]

_FORBIDDEN_VARIABLES = ("PYTHON",)  # an inherited PYTHONPATH would mix two environments


class BuildError(RuntimeError):
    """A build step failed; the message carries the end of that step's output."""


def cache_root() -> Path:
    """Where expensive builds are kept: TIMEPOST_CACHE, or the user's cache directory."""
    if configured := os.environ.get("TIMEPOST_CACHE"):
        return Path(configured)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "timepost"


def print_progress(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def fingerprint_of(files: Iterable[Path], base: Path) -> str:
    """Hash of the files' names and contents, and of the Python that an environment will have.

    :param base: the folder that the names start from.
    """
    digest = hashlib.sha256(f"{sys.version_info[:3]} {sys.platform}".encode())
    for path in [*files, Path(__file__)]:
        content = path.read_bytes()
        name = path.relative_to(base) if path.is_relative_to(base) else path.name
        digest.update(f"{name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def ensure_built(
    name: str, fingerprint: str, build: Callable[[Path], None], cache: Path | None, report: Report
) -> Path:
    """The finished directory of this fingerprint; ``build`` fills it when there is none.

    :param cache: where builds are kept; None is :func:`cache_root`.
    :raises BuildError: a step failed (no network for the first installation, say).
    """
    root = cache or cache_root()
    directory = root / f"{name}-{fingerprint}"
    if directory.exists():
        return directory
    root.mkdir(parents=True, exist_ok=True)
    with build_lock(root / f"{name}.lock", report):
        if not directory.exists():
            remove_abandoned_builds(root, name)
            _build_into(directory, build)
    return directory


@contextlib.contextmanager
def build_lock(path: Path, report: Report) -> Iterator[None]:
    """One build at a time; the lock belongs to the open file and dies with its process."""
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report(f"{path.stem}: another process is building it; waiting")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def remove_abandoned_builds(root: Path, name: str) -> None:
    """What killed builds left; call it under the lock only."""
    for leftover in root.glob(f"{name}-*.partial-*"):
        shutil.rmtree(leftover, ignore_errors=True)


def install_locked(environment: Path, lock: Path) -> None:
    """Make a virtual environment with exactly the wheels of a lock file, checked by hash."""
    venv.create(environment, with_pip=True, symlinks=True)
    run(environment, *PIP_INSTALL, "--require-hashes", "--only-binary", ":all:", "-r", str(lock))


PIP_INSTALL = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps")


def run(
    environment: Path,
    *arguments: str,
    variables: Mapping[str, str] | None = None,
    without: Sequence[str] = (),
) -> str:
    """What the environment's Python prints.

    :param variables: are set in addition to the inherited ones.
    :param without: beginnings of the names of variables that are not inherited.
    :raises BuildError: it ended with another code than 0.
    """
    finished = subprocess.run(
        [environment / "bin" / "python", *arguments],
        env={**inherited_variables(*without), **(variables or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if finished.returncode:
        tail = "\n".join(finished.stdout.splitlines()[-25:])
        raise BuildError(f"{' '.join(arguments[:3])} failed:\n{tail}")
    return finished.stdout


def inherited_variables(*without: str) -> dict[str, str]:
    """This process's variables but those that would reach into another Python environment.

    :param without: further beginnings of names to leave out.
    """
    left_out = (*_FORBIDDEN_VARIABLES, *without)
    return {name: value for name, value in os.environ.items() if not name.startswith(left_out)}


def _build_into(directory: Path, build: Callable[[Path], None]) -> None:
    partial = Path(tempfile.mkdtemp(prefix=f"{directory.name}.partial-", dir=directory.parent))
    try:
        build(partial)
        partial.rename(directory)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
