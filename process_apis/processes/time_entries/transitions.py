"""How a time entry moves from state to state, and who may have it moved. Pure: no I/O.

This table is the only statement of it: what an observation would do to an entry is looked up here,
and whatever does not stand here is refused, with a line in the entry's lineage and a counter.

Trackers are looked at now and then, so one that gives the approvals may show an entry several steps
further on: it has `caught up`. Nobody else may skip a step.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from process_apis.processes.time_entries.states import EntryState


class Actor(StrEnum):
    """Who may have an entry moved.

    `TRACKER` stands for all who act in a tracker that gives the approvals itself. Where Timepost
    gives them, the tracker has only consultants (or who submits for them), who write, change,
    delete and submit; an approver or a policy of Timepost decides.
    """

    TRACKER = "tracker"
    CONSULTANT = "consultant"
    APPROVER = "approver"
    POLICY = "policy"


class Event(StrEnum):
    """What happens to an entry."""

    CREATED = "created"
    SUBMITTED = "submitted"
    TAKEN_BACK = "taken back"
    CHANGED = "changed"
    APPROVED_IN_PART = "approved in part"
    APPROVED = "approved"
    APPROVED_BY_POLICY = "approved by policy"
    APPROVED_AGAIN = "approved again"
    REJECTED = "rejected"
    REOPENED = "reopened"
    DELETED = "deleted"
    RESTORED = "restored"
    CAUGHT_UP = "caught up"


@dataclass(frozen=True)
class Transition:
    """One row of the table; no source is an entry that was not known.

    What was approved once is never a draft again, but reopened: an earlier version of it may stand
    in the ERP. So of two rows to DRAFT and to REOPENED, what was before decides.
    """

    source: EntryState | None
    event: Event
    target: EntryState
    actors: frozenset[Actor]


_S = EntryState
_TRACKER = frozenset({Actor.TRACKER})
_WORKER = frozenset({Actor.CONSULTANT, Actor.TRACKER})
_DECIDER = frozenset({Actor.APPROVER, Actor.TRACKER})
_POLICY = frozenset({Actor.POLICY})
_DECIDED = (_S.PARTIALLY_APPROVED, _S.APPROVED, _S.REJECTED)
_UNAPPROVED = (_S.DRAFT, _S.REOPENED)


def _rows() -> Iterator[Transition]:
    def rows(
        sources: Iterable[EntryState | None],
        event: Event,
        targets: Iterable[EntryState],
        actors: frozenset[Actor],
    ) -> Iterator[Transition]:
        for source in sources:
            for target in targets:
                yield Transition(source, event, target, actors)

    yield from rows([None], Event.CREATED, [_S.DRAFT], _WORKER)
    yield from rows([*_UNAPPROVED, _S.REJECTED], Event.SUBMITTED, [_S.SUBMITTED], _WORKER)
    yield from rows([_S.SUBMITTED], Event.TAKEN_BACK, _UNAPPROVED, _WORKER)
    yield from rows([_S.PARTIALLY_APPROVED], Event.TAKEN_BACK, _UNAPPROVED, _WORKER)
    # Whoever agreed has agreed to something else: it begins anew.
    yield from rows([_S.PARTIALLY_APPROVED], Event.CHANGED, [_S.SUBMITTED], _WORKER)
    yield from rows([_S.REJECTED], Event.CHANGED, _UNAPPROVED, _WORKER)

    yield from rows([_S.SUBMITTED], Event.APPROVED_IN_PART, [_S.PARTIALLY_APPROVED], _TRACKER)
    yield from rows([_S.SUBMITTED], Event.APPROVED, [_S.APPROVED], _DECIDER)
    yield from rows([_S.SUBMITTED], Event.REJECTED, [_S.REJECTED], _DECIDER)
    yield from rows([_S.PARTIALLY_APPROVED], Event.APPROVED, [_S.APPROVED], _TRACKER)
    yield from rows([_S.PARTIALLY_APPROVED], Event.REJECTED, [_S.REJECTED], _TRACKER)
    yield from rows([*_UNAPPROVED, _S.SUBMITTED], Event.APPROVED_BY_POLICY, [_S.APPROVED], _POLICY)
    yield from rows([_S.APPROVED], Event.APPROVED_AGAIN, [_S.APPROVED], _TRACKER)
    # Where Timepost gives the approvals, changing the hours takes theirs away.
    yield from rows([_S.APPROVED], Event.REOPENED, [_S.REOPENED], _WORKER)

    everything = [each for each in _S if each is not _S.DELETED]
    yield from rows([None, *everything], Event.DELETED, [_S.DELETED], _WORKER)
    yield from rows([_S.DELETED], Event.RESTORED, _UNAPPROVED, _WORKER)

    yield from rows([None, _S.DELETED], Event.CAUGHT_UP, [_S.SUBMITTED, *_DECIDED], _TRACKER)
    yield from rows(_UNAPPROVED, Event.CAUGHT_UP, _DECIDED, _TRACKER)
    yield from rows([_S.REJECTED], Event.CAUGHT_UP, [_S.PARTIALLY_APPROVED, _S.APPROVED], _TRACKER)
    yield from rows(
        [_S.APPROVED],
        Event.CAUGHT_UP,
        [_S.SUBMITTED, _S.PARTIALLY_APPROVED, _S.REJECTED],
        _TRACKER,
    )


TRANSITIONS: tuple[Transition, ...] = tuple(_rows())
MOVES = frozenset((each.source, each.target) for each in TRANSITIONS)
_BY_ACTOR = {
    (each.source, each.target, actor): each for each in TRANSITIONS for actor in each.actors
}


def transition(
    source: EntryState | None, target: EntryState, actor: Actor, *, approved_before: bool
) -> Transition | None:
    """The row by which somebody may move an entry, or None if there is none."""
    if target in _UNAPPROVED and (target is _S.REOPENED) is not approved_before:
        return None
    return _BY_ACTOR.get((source, target, actor))
