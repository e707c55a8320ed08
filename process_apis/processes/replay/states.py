"""States of a replay, and what becomes of each of its lines."""

from enum import StrEnum

from process_apis.processes.posting.states import PostingState

# What a replay takes up. Anything else stands in the ERP, is on its way there, or needs nobody.
REPLAYABLE = (PostingState.BLOCKED, PostingState.DEAD_LETTER, PostingState.PARKED)


class JobState(StrEnum):
    """`PENDING` waits for a worker; `FAILED` was given up after too many workers died at it."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    STOPPED = "STOPPED"
    DONE = "DONE"
    FAILED = "FAILED"


class LineOutcome(StrEnum):
    """What became of one line.

    `SENT_ON`: nothing is wrong with it, it is READY to be sent. `STILL_FAILS`: it was judged, and
    the same is wrong as in the dry run. `WAITS`: nothing is wrong with it, and another posting of
    its entry comes first, or what stands is right already. `CHANGED`: it is no longer what the dry
    run showed, so it was left alone. `GONE`: it is no longer one to replay, because something else
    moved it.
    """

    PENDING = "PENDING"
    SENT_ON = "SENT_ON"
    STILL_FAILS = "STILL_FAILS"
    WAITS = "WAITS"
    CHANGED = "CHANGED"
    GONE = "GONE"
