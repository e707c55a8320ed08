"""States, legs, kinds and operations of postings."""

from enum import StrEnum


class PostingState(StrEnum):
    """State of a posting; how it moves stands in `transitions`."""

    RECEIVED = "RECEIVED"
    READY = "READY"
    PARKED = "PARKED"
    BLOCKED = "BLOCKED"
    ON_HOLD = "ON_HOLD"
    SENDING = "SENDING"
    IN_DOUBT = "IN_DOUBT"
    POSTED = "POSTED"
    MISPOSTED = "MISPOSTED"
    REVERSAL_PENDING = "REVERSAL_PENDING"
    REVERSED = "REVERSED"
    DEAD_LETTER = "DEAD_LETTER"
    SUPERSEDED = "SUPERSEDED"
    WAIVED = "WAIVED"


class Leg(StrEnum):
    """Which leg of the ledger. One line of a project timesheet carries cost and billing both."""

    COST = "COST"


class PostingKind(StrEnum):
    """What the posting does to the ledger.

    `REVERSAL` takes back what another posting put there; `REPLACEMENT` puts what is right now in
    its place. No ERP so far needs the difference of the two as one line.
    """

    ORIGINAL = "ORIGINAL"
    REVERSAL = "REVERSAL"
    REPLACEMENT = "REPLACEMENT"


class Operation(StrEnum):
    """How the ERP is to carry a posting out.

    `POST` adds a line, for a reversal one with negative hours; `DELETE` removes the line that is
    reversed; `UPDATE` rewrites it, where the ERP keeps the history; `NONE` asks nothing of the
    ERP: a reversal that is part of an update, or that a person carried out there.
    """

    POST = "post"
    DELETE = "delete"
    UPDATE = "update"
    NONE = "none"


# Not yet sent, so a newer version simply takes their place.
UNSENT = frozenset(
    {
        PostingState.RECEIVED,
        PostingState.READY,
        PostingState.PARKED,
        PostingState.BLOCKED,
        PostingState.ON_HOLD,
        PostingState.DEAD_LETTER,
    }
)
# On their way, with an outcome that is not known yet.
IN_FLIGHT = frozenset({PostingState.SENDING, PostingState.IN_DOUBT})
# In the ERP.
STANDING = frozenset({PostingState.POSTED, PostingState.MISPOSTED, PostingState.REVERSAL_PENDING})
