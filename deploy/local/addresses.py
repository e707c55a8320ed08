"""Where the services of one run listen."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from deploy.local.processes import free_ports


@dataclass(frozen=True)
class Addresses:
    """Ports on 127.0.0.1."""

    system: int
    process: int
    experience: int
    identity: int
    tryton: int
    clockify: int

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{getattr(self, service)}"


# The ports of the documentation; a person who runs something there already gets others.
USUAL = Addresses(
    system=8100, process=8200, experience=8300, identity=8400, tryton=8000, clockify=8431
)


def choose_addresses() -> Addresses:
    """The usual ports where they are free, and others where not."""
    spare = iter(free_ports(len(vars(USUAL))))
    return Addresses(
        **{name: port if is_free(port) else next(spare) for name, port in vars(USUAL).items()}
    )


def free_addresses() -> Addresses:
    """None of the usual ports: for runs beside others."""
    return Addresses(**dict(zip(vars(USUAL), free_ports(len(vars(USUAL))), strict=True)))


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
