"""States, legs and kinds of postings."""

from enum import StrEnum


class PostingState(StrEnum):
    """State of a posting.

    `POSTED` and `SUPERSEDED` are terminal, but that a superseded posting, which was never sent,
    is received again if its very version is approved once more.
    """

    RECEIVED = "RECEIVED"
    READY = "READY"
    PARKED = "PARKED"
    BLOCKED = "BLOCKED"
    SENDING = "SENDING"
    IN_DOUBT = "IN_DOUBT"
    POSTED = "POSTED"
    MISPOSTED = "MISPOSTED"
    DEAD_LETTER = "DEAD_LETTER"
    SUPERSEDED = "SUPERSEDED"


class Leg(StrEnum):
    """Which leg of the ledger. One line of a project timesheet carries cost and billing both."""

    COST = "COST"


class PostingKind(StrEnum):
    """What the posting does to the ledger."""

    ORIGINAL = "ORIGINAL"


# Not yet sent, so a newer version simply takes their place.
UNSENT = frozenset(
    {
        PostingState.RECEIVED,
        PostingState.READY,
        PostingState.PARKED,
        PostingState.BLOCKED,
        PostingState.DEAD_LETTER,
    }
)
# On their way, with an outcome that is not known yet.
IN_FLIGHT = frozenset({PostingState.SENDING, PostingState.IN_DOUBT})
# In the ERP.
STANDING = frozenset({PostingState.POSTED, PostingState.MISPOSTED})
