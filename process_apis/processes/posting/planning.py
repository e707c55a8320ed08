"""What a changed entry means for the postings that it has. Pure: no I/O.

Of one entry and leg at most one posting stands in the ledger, and at most one reversal is open.
A correction is a group: the reversal of what stands, and the replacement that waits until that
reversal is posted. What is on its way is left alone; its outcome has the entry planned again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from process_apis.processes.posting.states import (
    IN_FLIGHT,
    STANDING,
    UNSENT,
    PostingKind,
    PostingState,
)

Row = Mapping[str, Any]

_CLOSED = frozenset({PostingState.POSTED, PostingState.SUPERSEDED, PostingState.WAIVED})
# The tracker's word is that these hours do not count. While an entry is only open again, what
# was posted stays, until the next version is approved.
_TAKEN_BACK = frozenset({"DELETED", "REJECTED"})


@dataclass(frozen=True)
class Receive:
    """A line for the approved version.

    :param round: how many lines the version had before.
    :param group: of the correction that it is the replacement of.
    """

    kind: PostingKind
    round: int
    group: UUID | None = None


@dataclass(frozen=True)
class Correct:
    """Take back what stands.

    :param standing: the posting that stands.
    :param reversal: the open reversal to go on with; None for a new one.
    :param round: of a new reversal.
    :param serves: the version that takes its place; None if nothing does.
    :param replacement: the unsent line that does, where there is one already.
    """

    standing: Row
    reversal: Row | None
    round: int
    serves: int | None
    replacement: Row | None = None


@dataclass(frozen=True)
class Plan:
    """What to do with the postings of one entry.

    :param again: postings to judge again.
    :param keep: what stands, and need not be taken back any more.
    """

    receive: Receive | None = None
    again: tuple[UUID, ...] = ()
    supersede: tuple[UUID, ...] = ()
    correct: Correct | None = None
    keep: Row | None = None


def serves(posting: Row) -> int | None:
    """The approved version that a line stands, or shall stand, for."""
    served: int | None = posting["serves_version"]
    return posting["version"] if served is None else served


def plan(entry: Row, postings: Sequence[Row]) -> Plan:
    """Decide from the entry's head and its postings."""
    lines = [each for each in postings if each["kind"] != PostingKind.REVERSAL]
    reversals = [each for each in postings if each["kind"] == PostingKind.REVERSAL]
    target = entry["approved_version"] if entry["state"] == "APPROVED" else None
    # While a line is rewritten there are two: the one on its way tells that nothing is known yet.
    live = _first(lines, IN_FLIGHT) or _first(lines, STANDING)
    reversal = next((each for each in reversals if each["state"] not in _CLOSED), None)
    mine = _line_of(target, lines, live)
    outdated = tuple(
        each["id"] for each in lines if each["state"] in UNSENT and serves(each) != target
    )
    if live is None or live["state"] in IN_FLIGHT or _is_under_way(reversal):
        return _without_correction(target, lines, live, reversal, mine, outdated)
    if target is None and entry["state"] not in _TAKEN_BACK:
        return _keep(live, reversal, outdated)
    if target is None:
        accepted = any(_is_accepted(each, live) for each in reversals)
        if accepted:
            return _keep(live, None, outdated)
        return _correct(live, reversal, reversals, None, lines, None, outdated)
    unsent = mine is not None and mine["state"] in UNSENT
    if not unsent and (serves(live) == target or _is_waived(mine)):
        return _keep(live, reversal, outdated)
    return _correct(live, reversal, reversals, target, lines, mine, outdated)


def _first(lines: Sequence[Row], states: frozenset[PostingState]) -> Row | None:
    return next((each for each in lines if each["state"] in states), None)


def _line_of(target: int | None, lines: Sequence[Row], live: Row | None) -> Row | None:
    """The newest line of the approved version that could still be posted, or was waived."""
    found = [
        each
        for each in lines
        if each["version"] == target and each is not live and each["state"] != PostingState.REVERSED
    ]
    return max(found, key=lambda each: each["round"], default=None)


def _without_correction(
    target: int | None,
    lines: Sequence[Row],
    live: Row | None,
    reversal: Row | None,
    mine: Row | None,
    outdated: tuple[UUID, ...],
) -> Plan:
    """Nothing stands, or something is on its way, so that nobody knows yet what will stand."""
    if target is None or (live is not None and mine is None and serves(live) == target):
        return Plan(supersede=outdated)
    if mine is None:
        round_ = sum(each["version"] == target for each in lines)
        # What was half corrected stays so until a replacement is posted, whichever that is.
        half = next(
            (each for each in lines if each["id"] in outdated and _is_replacement(each)), reversal
        )
        kind = PostingKind.REPLACEMENT if half else PostingKind.ORIGINAL
        group = half["correction_group"] if half else None
        return Plan(receive=Receive(kind, round_, group), supersede=outdated)
    again = mine["state"] == PostingState.SUPERSEDED or (
        mine["state"] == PostingState.PARKED and bool(outdated)
    )
    return Plan(again=(mine["id"],) if again else (), supersede=outdated)


def _keep(live: Row, reversal: Row | None, outdated: tuple[UUID, ...]) -> Plan:
    given_up = () if reversal is None else (reversal["id"],)
    pending = live["state"] == PostingState.REVERSAL_PENDING
    return Plan(supersede=(*outdated, *given_up), keep=live if pending else None)


def _correct(
    live: Row,
    reversal: Row | None,
    reversals: Sequence[Row],
    target: int | None,
    lines: Sequence[Row],
    mine: Row | None,
    outdated: tuple[UUID, ...],
) -> Plan:
    unsent = mine is not None and mine["state"] in UNSENT
    if (
        reversal is not None
        and reversal["serves_version"] == target
        and (unsent or target is None)
        and not outdated
    ):
        return Plan()  # it is under way like this already
    receive = None
    if target is not None and mine is None:
        round_ = sum(each["version"] == target for each in lines)
        receive = Receive(PostingKind.REPLACEMENT, round_)
    return Plan(
        receive=receive,
        supersede=outdated,
        correct=Correct(
            standing=live,
            reversal=reversal,
            round=sum(each["version"] == live["version"] for each in reversals),
            serves=target,
            replacement=mine,
        ),
    )


def _is_under_way(reversal: Row | None) -> bool:
    """Sent, or posted otherwise than it was sent: what stands is not known."""
    return reversal is not None and reversal["state"] in IN_FLIGHT | {PostingState.MISPOSTED}


def _is_replacement(line: Row) -> bool:
    return bool(line["kind"] == PostingKind.REPLACEMENT)


def _is_waived(line: Row | None) -> bool:
    return line is not None and line["state"] == PostingState.WAIVED


def _is_accepted(reversal: Row, live: Row) -> bool:
    """Two people decided that it stays, though the hours do not count any more."""
    return bool(
        reversal["state"] == PostingState.WAIVED
        and reversal["reverses_id"] == live["id"]
        and reversal["serves_version"] is None
    )
