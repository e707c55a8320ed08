"""How something that stands in an ERP is taken back. Pure: no I/O.

The ERP's abilities say what is possible, the line as it was just read says what is allowed. A
negative line is preferred: nothing that was posted changes. What finance has to choose is a
finding.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from process_apis.processes.posting.findings import Finding
from process_apis.upstream.erp import PostedLine, ReversalMode


class Strategy(StrEnum):
    """`DONE`: nothing of it stands in the ERP any more, so there is nothing to take back."""

    NEGATIVE_LINE = "negative_line"
    DELETE = "delete"
    UPDATE = "update"
    DONE = "done"


@dataclass(frozen=True)
class Situation:
    """What the choice depends on.

    :param line: as it stands now; None if it is not there any more.
    :param period_open: lines of its accounting date may still be changed.
    :param periods_key: what changes when a period is opened again.
    :param soft_closed: its own period is closed, but not for what finance lets in.
    :param may_offset: finance chose a negative line beside an invoiced one.
    :param may_change: finance lets a line of a closed period be changed.
    """

    modes: Collection[ReversalMode]
    line: PostedLine | None
    period_open: bool
    periods_key: str
    soft_closed: bool = False
    may_offset: bool = False
    may_change: bool = False


_INVOICED = {
    "draft": "a draft invoice holds its line: delete the draft in the ERP and retry, or choose",
    "invoiced": "its line is invoiced",
}

_BY_MODE = {
    ReversalMode.DELETE_UNINVOICED: Strategy.DELETE,
    ReversalMode.UPDATE_IN_PLACE: Strategy.UPDATE,
}


def choose(situation: Situation) -> Strategy | Finding:
    """The way to take it, or why a person has to act first."""
    line, modes = situation.line, situation.modes
    if line is None:
        return Strategy.DONE
    if line.invoiced != "none":
        if situation.may_offset and ReversalMode.NEGATIVE_LINE in modes:
            return Strategy.NEGATIVE_LINE
        detail = {"why": _INVOICED[line.invoiced]}
        if ReversalMode.NEGATIVE_LINE in modes:
            detail["offset"] = "possible"
        return Finding("CO_AFTER_INVOICE", detail=detail)
    if ReversalMode.NEGATIVE_LINE in modes:
        return Strategy.NEGATIVE_LINE
    return _change(line, situation)


def _change(line: PostedLine, situation: Situation) -> Strategy | Finding:
    """The line itself has to change."""
    detail = {"label": line.external_id}
    ways = [_BY_MODE[mode] for mode in _BY_MODE if mode in situation.modes]
    if not ways:
        return Finding("CO_BY_HAND", detail=detail)
    if not (situation.period_open or situation.may_change):
        if situation.soft_closed:
            detail["soft_closed"] = "yes"
        return Finding("CO_PERIOD_CLOSED", (situation.periods_key,), detail)
    return ways[0]
