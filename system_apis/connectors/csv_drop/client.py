"""The folder: what lies in it, and how something gets from one place of it to another.

A file is in one place at a time, and a name appears only when its content is complete. Whoever puts
files into `incoming` is asked to do the same: write NAME.tmp, then rename it.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shared.problems import UpstreamRefused, UpstreamUnavailable

INCOMING, ACCEPTED, REFUSED = "incoming", "accepted", "refused"
RESUBMIT, ACKNOWLEDGED, STATES = "resubmit", "acknowledged", "state"

_SIDECAR = ".sha256"
_NOTE = ".reason.txt"
_LOCK = ".lock"


@dataclass(frozen=True)
class Arrived:
    """A file in `incoming`."""

    path: Path
    size: int

    @property
    def name(self) -> str:
        return self.path.name


@dataclass(frozen=True)
class Note:
    """Why a file was refused."""

    file: str
    at: datetime
    reason: str


class Folder:
    """One connection's folder. Blocking: it is called from a thread."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def arrived(self) -> list[Arrived]:
        """Complete files, in the order of their names.

        :raises UpstreamUnavailable: the folder is not there, such as before it is mounted.
        """
        try:
            found = sorted((self._root / INCOMING).glob("*.csv"))
            return [Arrived(each, each.stat().st_size) for each in found if each.is_file()]
        except OSError as error:
            raise self._out_of_reach(error) from None

    def must_be_there(self) -> None:
        """
        :raises UpstreamUnavailable: the folder is not there, or has no `incoming`.
        """
        if not (self._root / INCOMING).is_dir():
            raise UpstreamUnavailable(
                f"There is no folder {self._root / INCOMING}.",
                action="Make it, or mount it; it is where the files are put.",
                code="csv_folder_missing",
            )

    def read(self, file: Arrived) -> tuple[bytes, bytes | None]:
        """Content and sidecar.

        :raises UpstreamUnavailable: it cannot be read at the moment.
        """
        sidecar = file.path.with_name(file.name + _SIDECAR)
        try:
            return file.path.read_bytes(), sidecar.read_bytes() if sidecar.is_file() else None
        except OSError as error:
            raise self._out_of_reach(error) from None

    def state_file(self, list_name: str) -> Path:
        return self._root / STATES / f"{list_name}.jsonl"

    def accepted_checksums(self, stem: str) -> set[str]:
        """Of the files that were taken under a list and a sequence."""
        files = (self._root / ACCEPTED).glob(f"{stem}.*.csv")
        return {hashlib.sha256(each.read_bytes()).hexdigest() for each in files}

    def refused_notes(self) -> list[Note]:
        """On files that were refused and still lie there; one that makes no sense is none."""
        found: list[Note] = []
        for each in sorted((self._root / REFUSED).glob(f"*{_NOTE}")):
            try:
                at, _, reason = each.read_text(encoding="utf-8").strip().partition(" ")
                moment = datetime.fromisoformat(at)
            except (OSError, ValueError):
                continue
            found.append(Note(each.name.removesuffix(_NOTE), moment, reason))
        return found

    def note(self, file: Arrived, at: datetime, reason: str) -> None:
        """Why a file is refused, to lie beside it."""
        content = f"{at.isoformat()} {reason}\n".encode()
        self.write(REFUSED, f"{file.name}{_NOTE}", content)

    def write(self, place: str, name: str, content: bytes | Iterable[str]) -> None:
        """Complete or not at all, also if the machine stops meanwhile.

        :raises UpstreamRefused: the folder cannot be written to.
        """
        target = self._root / place / name
        unfinished = target.with_name(f".{name}.unfinished")
        try:
            target.parent.mkdir(exist_ok=True)
            with unfinished.open("wb") as out:
                if isinstance(content, bytes):
                    out.write(content)
                else:
                    out.writelines(f"{line}\n".encode() for line in content)
                out.flush()
                os.fsync(out.fileno())
            unfinished.replace(target)
        except OSError as error:
            raise self._not_writable(error) from None

    def put_away(self, file: Arrived, place: str, name: str) -> None:
        """Out of `incoming`, with its sidecar.

        :raises UpstreamRefused: the folder cannot be written to.
        """
        sidecar = file.path.with_name(file.name + _SIDECAR)
        try:
            (self._root / place).mkdir(exist_ok=True)
            if sidecar.is_file():
                sidecar.replace(self._root / place / f"{name}{_SIDECAR}")
            file.path.replace(self._root / place / name)
        except OSError as error:
            raise self._not_writable(error) from None

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether nobody else takes files from it at the same time: several processes may serve
        one connection."""
        try:
            lock = (self._root / _LOCK).open("w")
        except OSError as error:
            raise self._not_writable(error) from None
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def _out_of_reach(self, error: OSError) -> UpstreamUnavailable:
        return UpstreamUnavailable(
            f"The folder {self._root} cannot be read ({type(error).__name__}).",
            action="Check that it is mounted, and that the system tier may read it.",
            code="csv_folder_unreadable",
        )

    def _not_writable(self, error: OSError) -> UpstreamRefused:
        return UpstreamRefused(
            f"The folder {self._root} cannot be written to ({type(error).__name__}).",
            action="Let the system tier write there: it moves files and answers them.",
            code="csv_folder_not_writable",
        )
