"""How an exception case moves from state to state, and who may have it moved. Pure: no I/O.

A case is settled by the ledger whenever its reason is gone, whatever people were about to do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from process_apis.processes.exceptions.schemas import CaseState


class Actor(StrEnum):
    """Who may have a case moved: the ledger; anybody who works on cases; two people together."""

    SYSTEM = "system"
    CASE_WORKER = "case worker"
    CONTROLLER = "another controller"


@dataclass(frozen=True)
class Transition:
    """One row of the table; no source is a case that did not exist."""

    source: CaseState | None
    target: CaseState
    actor: Actor


_S = CaseState
OPEN = (_S.OPEN, _S.ASSIGNED, _S.IN_PROGRESS, _S.WAITING, _S.PENDING_APPROVAL, _S.REOPENED)
RESOLVED = (_S.RESOLVED_AUTO, _S.RESOLVED_MANUAL, _S.ACCEPTED)
_TAKEN = (_S.OPEN, _S.ASSIGNED, _S.IN_PROGRESS)


def _rows() -> Iterator[Transition]:
    yield Transition(None, _S.OPEN, Actor.SYSTEM)
    yield Transition(None, _S.WAITING, Actor.SYSTEM)
    for source in OPEN:
        yield Transition(source, _S.RESOLVED_AUTO, Actor.SYSTEM)
        yield Transition(source, _S.RESOLVED_MANUAL, Actor.CASE_WORKER)
        if source is not _S.PENDING_APPROVAL:
            yield Transition(source, _S.PENDING_APPROVAL, Actor.CASE_WORKER)
    for source in (*_TAKEN, _S.REOPENED):
        for target in _TAKEN:
            if source is not target:
                yield Transition(source, target, Actor.CASE_WORKER)
    yield Transition(_S.PENDING_APPROVAL, _S.ACCEPTED, Actor.CONTROLLER)
    for target in (_S.OPEN, _S.ASSIGNED):
        yield Transition(_S.PENDING_APPROVAL, target, Actor.CASE_WORKER)
    for source in RESOLVED:
        yield Transition(source, _S.REOPENED, Actor.SYSTEM)


TRANSITIONS: tuple[Transition, ...] = tuple(_rows())
MOVES = frozenset((each.source, each.target) for each in TRANSITIONS)


def allows(source: CaseState | None, target: CaseState) -> bool:
    """Whether some row leads from one state to another."""
    return (source, target) in MOVES


def sources(target: CaseState) -> list[CaseState]:
    """The states from which a case comes to this one, for the WHERE of a statement."""
    return [each.source for each in TRANSITIONS if each.target is target and each.source]
