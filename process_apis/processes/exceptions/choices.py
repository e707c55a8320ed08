"""What finance may choose in a case, who may, and what it asks for. Pure: no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Choice(StrEnum):
    """A way on that Timepost does not take by itself.

    `offset`: take an invoiced line back by a negative one, for the next invoice.
    `taken_back`: it was taken back in the ERP by hand, for example by a credit note.
    `change_closed`: remove or rewrite the line although its period is closed.
    `soft_closed`: into its own period, which is closed softly.
    `repost_original`: post once more what was taken back, until it can be replaced.
    `correct`: take the line back, and post once more what was approved.
    `link`: the hours stand in the ERP already, in this line.
    `post_anyway`: they do not stand there, so they are posted.
    """

    OFFSET = "offset"
    TAKEN_BACK = "taken_back"
    CHANGE_CLOSED = "change_closed"
    SOFT_CLOSED = "soft_closed"
    REPOST_ORIGINAL = "repost_original"
    CORRECT = "correct"
    LINK = "link"
    POST_ANYWAY = "post_anyway"


FINANCE = frozenset({"finance.analyst", "finance.controller", "billing.analyst"})
CONTROLLERS = frozenset({"finance.controller"})


@dataclass(frozen=True)
class Offer:
    """One choice.

    :param needs: field of the request that it cannot do without, beside the reason.
    :param if_detail: only if the finding says so, by this name.
    """

    choice: Choice
    label: str
    roles: frozenset[str] = FINANCE
    needs: str | None = None
    if_detail: str | None = None


_OFFSET = Offer(Choice.OFFSET, "Offset on the next invoice", if_detail="offset")
_TAKEN_BACK = Offer(Choice.TAKEN_BACK, "Taken back in the ERP by hand", needs="document")
_SOFT_CLOSED = Offer(
    Choice.SOFT_CLOSED, "Let into its softly closed period", CONTROLLERS, if_detail="soft_closed"
)

_OFFERS: dict[str, tuple[Offer, ...]] = {
    "CO_AFTER_INVOICE": (_OFFSET, _TAKEN_BACK),
    "CO_PERIOD_CLOSED": (
        _SOFT_CLOSED,
        Offer(Choice.CHANGE_CLOSED, "Change the line in its closed period", CONTROLLERS),
        _TAKEN_BACK,
    ),
    "CO_BY_HAND": (_TAKEN_BACK,),
    "CO_HALF": (Offer(Choice.REPOST_ORIGINAL, "Post what was there before once more"),),
    "RC_VALUE_DIFF": (Offer(Choice.CORRECT, "Take the line back and post it again"),),
    "PD_NO_OPEN": (_SOFT_CLOSED,),
    "CO_ORIGINAL_UNKNOWN": (
        Offer(Choice.LINK, "Link the line in the ERP", needs="line"),
        Offer(Choice.POST_ANYWAY, "Post it: it is not in the ERP"),
    ),
}


def offers(code: str, detail: dict[str, str]) -> Sequence[Offer]:
    """The choices of a case, by its code and by what its finding says."""
    return [
        each for each in _OFFERS.get(code, ()) if each.if_detail is None or each.if_detail in detail
    ]
