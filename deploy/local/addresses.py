"""Where the services of one run listen."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from deploy.local.processes import free_ports, is_free


@dataclass(frozen=True)
class Addresses:
    """Ports on 127.0.0.1."""

    system: int
    process: int
    experience: int
    identity: int
    tryton: int
    clockify: int
    timetagger: int

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{getattr(self, service)}"


# The ports of the documentation; a person who runs something there already gets others.
USUAL = Addresses(
    system=8100,
    process=8200,
    experience=8300,
    identity=8400,
    tryton=8000,
    clockify=8431,
    timetagger=8432,
)


@contextlib.contextmanager
def choose_addresses() -> Iterator[Addresses]:
    """The usual ports where they are free, and others where not.

    A second run on this machine, from another directory, gets others altogether: the first may
    have chosen the usual ones without listening there yet. They are its own until the block ends.
    """
    with (Path(tempfile.gettempdir()) / f"timepost-ports-{os.getuid()}").open("w") as claim:
        spare = iter(free_ports(len(vars(USUAL))))
        usual = may_take(claim)
        yield Addresses(
            **{
                name: port if usual and is_free(port) else next(spare)
                for name, port in vars(USUAL).items()
            }
        )


def free_addresses() -> Addresses:
    """None of the usual ports: for runs beside others."""
    return Addresses(**dict(zip(vars(USUAL), free_ports(len(vars(USUAL))), strict=True)))


def may_take(claim: IO[str]) -> bool:
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
