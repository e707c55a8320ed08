"""Modes and circuits of connections."""

from enum import StrEnum


class Mode(StrEnum):
    """What an operator wants of a connection.

    `DRAINING`: begin nothing new, finish what is on its way, then be `PAUSED`.
    """

    RUNNING = "RUNNING"
    DRAINING = "DRAINING"
    PAUSED = "PAUSED"


class Circuit(StrEnum):
    """What Timepost found out about a connection.

    `OPEN`: nothing is sent, because what was sent lately reached nobody. `HALF_OPEN`: one worker
    tries a few postings, and the others wait for what comes of it.
    """

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


class FailureKind(StrEnum):
    """Why a whole call, and not a line of it, came to nothing."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    THROTTLED = "throttled"


class CallKind(StrEnum):
    """What is tried on a connection."""

    SEND = "send"
    LOOK_UP = "look-up"
