"""How a posting moves from state to state, and who may have it moved. Pure: no I/O.

This table is the only statement of it. Statements that move many postings at once take their
source states from here (`sources`); what a person asks for is checked against it (`after`). A
test watches the database while all other tests of the tier run, and fails for a move that does
not stand here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from process_apis.processes.posting.states import PostingState


class Actor(StrEnum):
    """Who may have a posting moved.

    `CONTROLLERS` are two: one asks, and another one, who is a controller, agrees.
    """

    SYSTEM = "system"
    FINANCE = "finance"
    OWNER = "owner"
    APPROVER = "approver"
    OPERATOR = "integration operator"
    CONTROLLERS = "controllers"


class Event(StrEnum):
    """What happens to a posting."""

    FOUND_VALID = "found valid"
    FOUND_WAITING = "found waiting"
    FOUND_WRONG = "found wrong"
    WOKEN = "woken"
    RETRIED = "retried"
    JUDGED_AGAIN = "judged again"
    HELD = "held"
    RELEASED = "released"
    CLAIMED = "claimed"
    ACKNOWLEDGED = "acknowledged"
    DIFFERS = "differs"
    REFUSED = "refused"
    REFUSED_FOR_NOW = "refused for now"
    NOT_NOW = "not now"
    GIVEN_UP = "given up"
    UNANSWERED = "unanswered"
    PROVEN_ABSENT = "proven absent"
    LOOKED_AT_AGAIN = "looked at again"
    CORRECTED = "corrected"
    KEPT = "kept"
    KEPT_AS_IT_DIFFERS = "kept as it differs"
    TAKEN_BACK = "taken back"
    SETTLED = "settled"
    SETTLED_DIFFERENTLY = "settled differently"
    OVERTAKEN = "overtaken"
    REVIVED = "revived"
    WAIVED = "waived"


@dataclass(frozen=True)
class Transition:
    """One row of the table."""

    source: PostingState
    event: Event
    target: PostingState
    actors: frozenset[Actor]


class TransitionRefused(Exception):
    """No row of the table says that this may happen."""

    def __init__(self, source: PostingState, event: Event, actor: Actor) -> None:
        super().__init__(f"a posting in {source} is not {event} by {actor}")
        self.source, self.event, self.actor = source, event, actor


_S = PostingState
_SYSTEM = frozenset({Actor.SYSTEM})
_FINANCE = frozenset({Actor.FINANCE})
_FOUR_EYES = frozenset({Actor.CONTROLLERS})
_OPERATOR = frozenset({Actor.SYSTEM, Actor.OPERATOR})
_PEOPLE = frozenset({Actor.FINANCE, Actor.OWNER, Actor.APPROVER, Actor.OPERATOR})
_UNSENT_BY_REASON = (_S.PARKED, _S.BLOCKED, _S.DEAD_LETTER)


def _rows() -> Iterator[Transition]:
    def row(
        source: PostingState, event: Event, target: PostingState, actors: frozenset[Actor]
    ) -> Transition:
        return Transition(source, event, target, actors)

    yield row(_S.RECEIVED, Event.FOUND_VALID, _S.READY, _SYSTEM)
    yield row(_S.RECEIVED, Event.FOUND_WAITING, _S.PARKED, _SYSTEM)
    yield row(_S.RECEIVED, Event.FOUND_WRONG, _S.BLOCKED, _SYSTEM)
    yield row(_S.PARKED, Event.WOKEN, _S.RECEIVED, _SYSTEM)
    yield row(_S.BLOCKED, Event.WOKEN, _S.RECEIVED, _SYSTEM)
    for source in _UNSENT_BY_REASON:
        yield row(source, Event.RETRIED, _S.RECEIVED, _PEOPLE)
        yield row(source, Event.WAIVED, _S.WAIVED, _FOUR_EYES)
    # A period closed after it was found valid, or what it corrects has changed.
    yield row(_S.READY, Event.JUDGED_AGAIN, _S.RECEIVED, _SYSTEM)

    yield row(_S.READY, Event.HELD, _S.ON_HOLD, _FINANCE)
    yield row(_S.ON_HOLD, Event.RELEASED, _S.READY, _FINANCE)
    yield row(_S.ON_HOLD, Event.JUDGED_AGAIN, _S.RECEIVED, _SYSTEM)
    yield row(_S.READY, Event.CLAIMED, _S.SENDING, _SYSTEM)

    for source in (_S.SENDING, _S.IN_DOUBT):
        yield row(source, Event.ACKNOWLEDGED, _S.POSTED, _OPERATOR)
        yield row(source, Event.DIFFERS, _S.MISPOSTED, _OPERATOR)
    yield row(_S.SENDING, Event.REFUSED, _S.BLOCKED, _SYSTEM)
    yield row(_S.SENDING, Event.REFUSED_FOR_NOW, _S.PARKED, _SYSTEM)
    yield row(_S.SENDING, Event.NOT_NOW, _S.READY, _SYSTEM)
    yield row(_S.SENDING, Event.GIVEN_UP, _S.DEAD_LETTER, _SYSTEM)
    yield row(_S.SENDING, Event.UNANSWERED, _S.IN_DOUBT, _SYSTEM)
    yield row(_S.IN_DOUBT, Event.PROVEN_ABSENT, _S.READY, _OPERATOR)
    yield row(_S.MISPOSTED, Event.LOOKED_AT_AGAIN, _S.IN_DOUBT, _PEOPLE)

    yield row(_S.POSTED, Event.CORRECTED, _S.REVERSAL_PENDING, _SYSTEM)
    yield row(
        _S.MISPOSTED, Event.CORRECTED, _S.REVERSAL_PENDING, frozenset({Actor.SYSTEM, *_FINANCE})
    )
    yield row(_S.REVERSAL_PENDING, Event.KEPT, _S.POSTED, frozenset({Actor.SYSTEM, *_FOUR_EYES}))
    yield row(_S.REVERSAL_PENDING, Event.KEPT_AS_IT_DIFFERS, _S.MISPOSTED, _SYSTEM)
    yield row(_S.REVERSAL_PENDING, Event.TAKEN_BACK, _S.REVERSED, _SYSTEM)
    # Nothing has to be asked of the ERP any more: it is so already.
    for source in (_S.RECEIVED, _S.PARKED, _S.BLOCKED):
        yield row(source, Event.SETTLED, _S.POSTED, frozenset({Actor.SYSTEM, *_FINANCE}))
    yield row(_S.BLOCKED, Event.SETTLED_DIFFERENTLY, _S.MISPOSTED, _FINANCE)

    for source in (_S.RECEIVED, _S.READY, _S.ON_HOLD, *_UNSENT_BY_REASON):
        yield row(source, Event.OVERTAKEN, _S.SUPERSEDED, _SYSTEM)
    yield row(_S.SUPERSEDED, Event.REVIVED, _S.RECEIVED, _SYSTEM)


TRANSITIONS: tuple[Transition, ...] = tuple(_rows())
_BY_EVENT = {(each.source, each.event): each for each in TRANSITIONS}
MOVES = frozenset((each.source, each.target) for each in TRANSITIONS)


def after(source: PostingState, event: Event, actor: Actor = Actor.SYSTEM) -> PostingState:
    """The state after an event.

    :raises TransitionRefused: it must not happen in this state, or not at this actor's word.
    """
    found = _BY_EVENT.get((source, event))
    if found is None or actor not in found.actors:
        raise TransitionRefused(source, event, actor)
    return found.target


def sources(event: Event, actor: Actor = Actor.SYSTEM) -> list[PostingState]:
    """The states in which an event may happen, for the WHERE of a statement."""
    return [each.source for each in TRANSITIONS if each.event is event and actor in each.actors]


def allows(source: PostingState, target: PostingState) -> bool:
    """Whether some event leads from one state to another; to stay is no move."""
    return source == target or (source, target) in MOVES
