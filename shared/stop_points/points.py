"""The steps at which a process can be told to die, and the switch that tells it so."""

import os
import signal
from dataclasses import dataclass
from enum import StrEnum


class StopPoint(StrEnum):
    """Steps after which another process, the database or the network comes: named once, here.

    Whatever dies at one of them must lose nothing and double nothing (`make chaos`).
    """

    # System tier
    HANDING_UP = "handing_up"
    HANDED_UP = "handed_up"
    ERP_ASKED = "erp_asked"
    ERP_REPLIED = "erp_replied"
    ERP_ANSWERED = "erp_answered"
    ERP_LOOKED_UP = "erp_looked_up"
    # Process tier: the API
    INBOX_COMMITTED = "inbox_committed"
    MAPPING_PUBLISHED = "mapping_published"
    # Process tier: workers
    HINTS_CLAIMED = "hints_claimed"
    VERSIONS_COMMITTED = "versions_committed"
    ENTRIES_RECEIVED = "entries_received"
    POSTINGS_JUDGED = "postings_judged"
    INTENT_COMMITTED = "intent_committed"
    OUTCOMES_KNOWN = "outcomes_known"
    OUTCOMES_COMMITTED = "outcomes_committed"
    REVERSAL_CLAIMED = "reversal_claimed"
    REVERSAL_DECIDED = "reversal_decided"
    REVERSAL_POSTED = "reversal_posted"
    LOOK_UP_CLAIMED = "look_up_claimed"
    LOOK_UP_ANSWERED = "look_up_answered"
    FEEDBACK_CLAIMED = "feedback_claimed"
    FEEDBACK_TOLD = "feedback_told"
    REPLAY_CLAIMED = "replay_claimed"
    REPLAY_BATCH_COMMITTED = "replay_batch_committed"
    PROBE_TAKEN = "probe_taken"
    SWEEP_LEFT_HINTS = "sweep_left_hints"
    WEEKS_COMPARED = "weeks_compared"
    MASTERS_READ = "masters_read"
    MASTERS_COMPARED = "masters_compared"
    MASTERS_BATCH_TAKEN = "masters_batch_taken"
    PUSH_CLAIMED = "push_claimed"
    PUSH_ANSWERED = "push_answered"
    REPAIR_CLAIMED = "repair_claimed"
    REPAIR_ANSWERED = "repair_answered"
    OWNERSHIP_DECIDED = "ownership_decided"


@dataclass
class _Armed:
    point: StopPoint
    left: int


# One process stops at one point, whatever applications run in it.
_armed: _Armed | None = None


def parse_stop(text: str) -> tuple[StopPoint, int]:
    """`name`, or `name:3` for the third time that it is reached.

    :raises ValueError: there is no such point, or the number is not above 0.
    """
    name, _, nth = text.partition(":")
    if name not in set(StopPoint):
        raise ValueError(f"is none of {', '.join(StopPoint)}")
    if nth and (not nth.isdecimal() or int(nth) < 1):
        raise ValueError("after the colon comes how many times it has to be reached")
    return StopPoint(name), int(nth or 1)


def arm(text: str | None) -> None:
    """Have this process kill itself at a point; nothing if no point is given."""
    global _armed  # noqa: PLW0603 - a process dies as a whole
    _armed = _Armed(*parse_stop(text)) if text else None


def reached(point: StopPoint) -> None:
    """Say that a step is done. Kills the process if it was armed for that, as a power cut would."""
    if _armed is None or _armed.point is not point:
        return
    _armed.left -= 1
    if _armed.left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
