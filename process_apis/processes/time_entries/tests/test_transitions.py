"""The whole matrix of moves: the table, the rules that use it, and what was expected of both."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from process_apis.processes.time_entries import rules
from process_apis.processes.time_entries.rules import Decision, Head, Observation
from process_apis.processes.time_entries.states import EntryState
from process_apis.processes.time_entries.transitions import (
    TRANSITIONS,
    Actor,
    Event,
    transition,
)

START = datetime(2026, 6, 8, 9, 0, tzinfo=UTC)
UNKNOWN = "unknown"

# Written down without the table: rows are what an entry is, columns what it becomes. `x`: may be;
# `.`: must not; `d`: only if it was never approved; `o`: only if it was approved once.
EXPECTED = {
    Actor.TRACKER: """
        .                  DRAFT SUBMITTED PARTIALLY_APPROVED APPROVED REJECTED REOPENED DELETED
        unknown            d     x         x                  x        x        .        x
        DRAFT              .     x         x                  x        x        .        x
        SUBMITTED          d     .         x                  x        x        o        x
        PARTIALLY_APPROVED d     x         .                  x        x        o        x
        APPROVED           .     x         x                  x        x        o        x
        REJECTED           d     x         x                  x        .        o        x
        REOPENED           .     x         x                  x        x        .        x
        DELETED            d     x         x                  x        x        o        .
    """,
    Actor.CONSULTANT: """
        .                  DRAFT SUBMITTED PARTIALLY_APPROVED APPROVED REJECTED REOPENED DELETED
        unknown            d     .         .                  .        .        .        x
        DRAFT              .     x         .                  .        .        .        x
        SUBMITTED          d     .         .                  .        .        o        x
        PARTIALLY_APPROVED d     x         .                  .        .        o        x
        APPROVED           .     .         .                  .        .        o        x
        REJECTED           d     x         .                  .        .        o        x
        REOPENED           .     x         .                  .        .        .        x
        DELETED            d     .         .                  .        .        o        .
    """,
    Actor.APPROVER: """
        .                  DRAFT SUBMITTED PARTIALLY_APPROVED APPROVED REJECTED REOPENED DELETED
        unknown            .     .         .                  .        .        .        .
        DRAFT              .     .         .                  .        .        .        .
        SUBMITTED          .     .         .                  x        x        .        .
        PARTIALLY_APPROVED .     .         .                  .        .        .        .
        APPROVED           .     .         .                  .        .        .        .
        REJECTED           .     .         .                  .        .        .        .
        REOPENED           .     .         .                  .        .        .        .
        DELETED            .     .         .                  .        .        .        .
    """,
    Actor.POLICY: """
        .                  DRAFT SUBMITTED PARTIALLY_APPROVED APPROVED REJECTED REOPENED DELETED
        unknown            .     .         .                  .        .        .        .
        DRAFT              .     .         .                  x        .        .        .
        SUBMITTED          .     .         .                  x        .        .        .
        PARTIALLY_APPROVED .     .         .                  .        .        .        .
        APPROVED           .     .         .                  .        .        .        .
        REJECTED           .     .         .                  .        .        .        .
        REOPENED           .     .         .                  x        .        .        .
        DELETED            .     .         .                  .        .        .        .
    """,
}


def cells(actor: Actor) -> Iterator[tuple[str, str, str]]:
    """Source, target, and what is expected of the move."""
    head, *lines = (line.split() for line in EXPECTED[actor].strip().splitlines())
    for source, *marks in lines:
        yield from ((source, target, mark) for target, mark in zip(head[1:], marks, strict=True))


def may(mark: str, *, approved_before: bool) -> bool:
    return mark in ("x", "o" if approved_before else "d")


MATRIX = [
    (actor, source, target, once)
    for actor in Actor
    for source, target, _ in cells(actor)
    for once in (False, True)
]


def expected(actor: Actor, source: str, target: str, *, once: bool) -> bool:
    mark = next(m for s, t, m in cells(actor) if (s, t) == (source, target))
    return may(mark, approved_before=once)


@pytest.mark.parametrize(("actor", "source", "target", "once"), MATRIX)
def test_the_table_is_what_was_expected(actor: Actor, source: str, target: str, once: bool) -> None:
    known = None if source == UNKNOWN else EntryState(source)
    found = transition(known, EntryState(target), actor, approved_before=once)

    assert (found is not None) is expected(actor, source, target, once=once)


def test_the_table_is_deterministic_and_has_every_event() -> None:
    rows = [(each.source, each.target, actor) for each in TRANSITIONS for actor in each.actors]
    assert len(set(rows)) == len(rows)
    assert {each.event for each in TRANSITIONS} == set(Event)
    assert {each.target for each in TRANSITIONS} == set(EntryState)
    assert {each.source for each in TRANSITIONS} == {None, *EntryState}


# How each state is shown to the rules; DRAFT and REOPENED are both "open".
WORDS = {
    "DRAFT": "OPEN",
    "SUBMITTED": "SUBMITTED",
    "PARTIALLY_APPROVED": "PARTIALLY_APPROVED",
    "APPROVED": "APPROVED",
    "REJECTED": "REJECTED",
    "REOPENED": "OPEN",
}


def head_in(state: EntryState, *, once: bool, content: dict[str, object]) -> Head:
    return Head(
        state=state,
        version=1,
        content_hash=rules.content_hash(content),
        observed_at=START,
        worker_external_id="u",
        work_date=date(2026, 6, 2),
        minutes=60,
        approved_version=1 if once else None,
        approval_id="a1" if once else None,
    )


def content(minutes: int = 60) -> dict[str, object]:
    return {"worker": {"external_id": "u"}, "work_date": "2026-06-02", "minutes": minutes}


def possible(source: str, target: str, once: bool) -> bool:
    """States that contradict themselves cannot be begun with, and the rules name what is open by
    what was before."""
    if source in ("APPROVED", "REOPENED") and not once:
        return False
    if source in ("DRAFT", UNKNOWN) and once:
        return False
    return not (target in ("DRAFT", "REOPENED") and (target == "REOPENED") is not once)


CONSISTENT = [each for each in MATRIX if possible(*each[1:])]


@pytest.mark.parametrize(("actor", "source", "target", "once"), CONSISTENT)
def test_the_rules_keep_to_it_and_refuse_aloud(
    actor: Actor, source: str, target: str, once: bool
) -> None:
    before = None
    if source != UNKNOWN:
        before = head_in(EntryState(source), once=once, content=content())
    gone = target == "DELETED"
    approval = "a2" if source == target == "APPROVED" else "a1"
    seen = Observation(
        "e1",
        START + timedelta(minutes=1),
        "webhook",
        None if gone else content(),
        None if gone else Decision(WORDS[target], approval),  # type: ignore[arg-type]
        by=actor,
        final=True,
    )
    outcome = rules.apply(before, seen)

    if source == target and target != "APPROVED":
        assert outcome.effect == "unchanged"
    elif expected(actor, source, target, once=once):
        assert outcome.effect == "changed"
        assert outcome.head is not None
        assert outcome.head.state == target
    else:
        assert (outcome.effect, outcome.head) == ("refused", before)
        assert outcome.steps == (f"refused: {source} to {target} by {actor}",)


observations = st.builds(
    Observation,
    external_id=st.just("e1"),
    observed_at=st.integers(0, 30).map(lambda minute: START + timedelta(minutes=minute)),
    origin=st.sampled_from(["webhook", "sweep", "approval"]),
    content=st.none() | st.integers(60, 62).map(content),
    decision=st.none()
    | st.builds(Decision, st.sampled_from(sorted(set(WORDS.values()))), st.sampled_from("ab")),
    by=st.sampled_from(Actor),
    final=st.booleans(),
)


@given(st.lists(observations, max_size=12))
def test_no_history_leads_beside_the_table(history: list[Observation]) -> None:
    """Whatever is observed by whomever: each move stands in the table, or changes nothing."""
    head: Head | None = None
    for seen in history:
        outcome = rules.apply(head, seen)
        after = outcome.head
        if outcome.effect in ("stale", "refused"):
            assert after == head
        if after is None:
            continue
        source = head.state if head else None
        once = head is not None and head.approved_version is not None
        if source is not after.state:
            assert transition(source, after.state, seen.by, approved_before=once)
        if after.state in (EntryState.REOPENED, EntryState.APPROVED):
            assert after.approved_version is not None
        if after.state is EntryState.DRAFT:
            assert after.approved_version is None
        if head is not None:
            assert after.version >= head.version
            assert after.observed_at >= head.observed_at
        head = after


@given(st.sampled_from(EntryState), st.sampled_from(EntryState))
def test_only_a_decision_makes_hours_approved(source: EntryState, target: EntryState) -> None:
    """No consultant approves anything, whatever came before."""
    for once in (False, True):
        found = transition(source, target, Actor.CONSULTANT, approved_before=once)
        assert found is None or found.target is not EntryState.APPROVED


def test_whoever_may_is_named_for_every_pair() -> None:
    """The matrix names every pair of states for every actor, so that none was forgotten."""
    sources = [UNKNOWN, *EntryState]
    for actor in Actor:
        assert [(s, t) for s, t, _ in cells(actor)] == list(product(sources, EntryState))
