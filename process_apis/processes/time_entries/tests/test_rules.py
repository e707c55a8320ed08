"""What an observation does to an entry, one transition after the other."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from process_apis.processes.time_entries.rules import (
    ApprovalWord,
    Decision,
    Head,
    Observation,
    Outcome,
    apply,
    content_hash,
    needs_posting,
)
from process_apis.processes.time_entries.states import EntryState

START = datetime(2026, 6, 8, 9, 0, tzinfo=UTC)


def content(**facts: Any) -> dict[str, Any]:
    return {
        "external_id": "e1",
        "worker": {"external_id": "u-ada", "name": "Ada", "email": None, "code": None},
        "client": None,
        "project": {"external_id": "p-1", "name": "Ledger", "email": None, "code": None},
        "task": None,
        "work_date": "2026-06-02",
        "minutes": 60,
        "started_at": None,
        "ended_at": None,
        "timezone": "Europe/Berlin",
        "billable": True,
        "narrative": "",
        "tags": [],
        "running": False,
        **facts,
    }


def decision(
    status: ApprovalWord, approval: str | None = "a1", decided: datetime | None = START
) -> Decision:
    return Decision(status, approval, {"external_id": "u-mia"}, decided)


def seen(
    minute: int,
    what: dict[str, Any] | None,
    decided: Decision | None = None,
) -> Observation:
    return Observation("e1", START + timedelta(minutes=minute), "webhook", what, decided)


def head_after(*observations: Observation) -> Head:
    head: Head | None = None
    for each in observations:
        head = apply(head, each).head
    assert head is not None
    return head


def last_of(*observations: Observation) -> Outcome:
    before = head_after(*observations[:-1]) if observations[:-1] else None
    return apply(before, observations[-1])


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (None, EntryState.DRAFT),
        ("OPEN", EntryState.DRAFT),
        ("SUBMITTED", EntryState.SUBMITTED),
        ("APPROVED", EntryState.APPROVED),
        ("REJECTED", EntryState.REJECTED),
    ],
)
def test_the_first_sight_of_an_entry(status: ApprovalWord | None, state: EntryState) -> None:
    outcome = last_of(seen(0, content(), decision(status) if status else None))
    assert outcome.head is not None
    assert (outcome.head.state, outcome.head.version, outcome.effect) == (state, 1, "changed")
    assert outcome.new_version == content()
    assert outcome.steps[0] == "created"


@pytest.mark.parametrize(
    ("words", "state"),
    [
        (["SUBMITTED", "OPEN"], EntryState.DRAFT),
        (["SUBMITTED", "APPROVED"], EntryState.APPROVED),
        (["SUBMITTED", "REJECTED"], EntryState.REJECTED),
        (["REJECTED", "SUBMITTED"], EntryState.SUBMITTED),
        (["APPROVED", "OPEN"], EntryState.REOPENED),
        (["APPROVED", "OPEN", "SUBMITTED"], EntryState.SUBMITTED),
        (["APPROVED", "OPEN", "APPROVED"], EntryState.APPROVED),
        (["APPROVED", "REJECTED"], EntryState.REJECTED),
    ],
)
def test_decisions_one_after_the_other(words: list[ApprovalWord], state: EntryState) -> None:
    reads = [seen(minute, content(), decision(word)) for minute, word in enumerate(words)]
    head = head_after(*reads)
    assert (head.state, head.version) == (state, 1)


def test_a_read_that_began_earlier_changes_nothing() -> None:
    outcome = last_of(seen(5, content(minutes=90)), seen(4, content(minutes=60)))
    assert outcome.effect == "stale"
    assert outcome.head is not None
    assert outcome.head.minutes == 90


def test_the_same_again_is_no_change() -> None:
    outcome = last_of(seen(0, content()), seen(1, content()))
    assert (outcome.effect, outcome.steps, outcome.new_version) == ("unchanged", (), None)


def test_back_to_an_earlier_value_is_a_version_of_its_own() -> None:
    first, second = content(minutes=60), content(minutes=90)
    head = head_after(seen(0, first), seen(1, second), seen(2, first))
    assert (head.version, head.minutes) == (3, 60)
    assert head.content_hash == content_hash(first)


def test_content_that_changes_under_an_approval_is_not_approved_until_that_is_read_again() -> None:
    outcome = last_of(seen(0, content(), decision("APPROVED")), seen(1, content(minutes=90)))
    assert outcome.head is not None
    assert (outcome.head.state, outcome.ask_approval) == (EntryState.REOPENED, "a1")
    assert (outcome.head.version, outcome.head.approved_version) == (2, 1)


def test_a_change_while_submitted_stays_submitted() -> None:
    head = head_after(seen(0, content(), decision("SUBMITTED")), seen(1, content(minutes=90)))
    assert (head.state, head.version) == (EntryState.SUBMITTED, 2)


def test_a_change_after_a_rejection_is_a_draft() -> None:
    head = head_after(seen(0, content(), decision("REJECTED")), seen(1, content(minutes=90)))
    assert head.state is EntryState.DRAFT


def test_an_old_request_that_was_withdrawn_says_nothing_about_the_approved_one() -> None:
    approved = seen(0, content(), decision("APPROVED", "a2"))
    earlier = seen(1, content(), decision("OPEN", "a1", START - timedelta(hours=1)))
    undated = seen(1, content(), decision("OPEN", "a1", None))
    assert head_after(approved, earlier).state is EntryState.APPROVED
    assert head_after(approved, undated).state is EntryState.APPROVED


def test_a_newer_request_takes_the_place_of_the_approved_one() -> None:
    approved = seen(0, content(), decision("APPROVED", "a1"))
    newer = seen(1, content(), decision("REJECTED", "a2", START + timedelta(hours=1)))
    assert head_after(approved, newer).state is EntryState.REJECTED


def test_approved_again_under_another_request_is_a_step_but_no_version() -> None:
    outcome = last_of(
        seen(0, content(), decision("APPROVED", "a1")),
        seen(1, content(), decision("APPROVED", "a2", START + timedelta(hours=1))),
    )
    assert outcome.steps == ("approved again",)
    assert outcome.new_version is None


def test_deleted_and_restored_is_a_version_that_is_not_approved() -> None:
    approved = seen(0, content(), decision("APPROVED"))
    gone = last_of(approved, seen(1, None))
    assert gone.head is not None
    assert (gone.head.state, gone.steps) == (EntryState.DELETED, ("deleted in the tracker",))
    restored = head_after(approved, seen(1, None), seen(2, content()))
    assert (restored.state, restored.version) == (EntryState.REOPENED, 2)
    assert head_after(seen(0, content()), seen(1, None), seen(2, content())).state == "DRAFT"


def test_deleted_twice_is_deleted_once_and_deleted_unseen_is_nothing() -> None:
    assert last_of(seen(0, content()), seen(1, None), seen(2, None)).effect == "unchanged"
    assert last_of(seen(0, None)).head is None


def test_a_timer_that_stops_is_a_new_version() -> None:
    head = head_after(seen(0, content(running=True)), seen(1, content(running=False)))
    assert head.version == 2


def test_names_and_the_order_of_tags_make_no_version() -> None:
    renamed = {**content()["worker"], "name": "Ada Obi", "email": "ada@example.com"}
    assert content_hash(content(worker=renamed)) == content_hash(content())
    assert content_hash(content(tags=["a", "b"])) == content_hash(content(tags=["b", "a"]))
    for other in ({"minutes": 61}, {"narrative": "x"}, {"billable": False}, {"project": None}):
        assert content_hash(content(**other)) != content_hash(content())


def test_an_activity_makes_a_version_and_none_is_as_if_trackers_had_no_such_thing() -> None:
    assert content_hash(content(activity=None)) == content_hash(content())
    assert content_hash(content(activity="Travel")) != content_hash(content())


@pytest.mark.parametrize(
    ("before", "after", "due"),
    [
        (None, EntryState.DRAFT, False),
        (None, EntryState.APPROVED, True),
        (EntryState.DRAFT, EntryState.APPROVED, True),
        (EntryState.APPROVED, EntryState.REOPENED, True),
        (EntryState.APPROVED, EntryState.APPROVED, False),
        (EntryState.REOPENED, EntryState.APPROVED, True),
        (EntryState.APPROVED, EntryState.DELETED, True),
        (EntryState.DRAFT, EntryState.SUBMITTED, False),
    ],
)
def test_the_ledger_looks_at_whatever_was_or_is_approved(
    before: EntryState | None, after: EntryState, due: bool
) -> None:
    head = head_after(seen(0, content(), decision("APPROVED")))

    def in_state(state: EntryState) -> Head:
        never = state in (EntryState.DRAFT, EntryState.SUBMITTED)
        return replace(head, state=state, approved_version=None if never else 1)

    assert needs_posting(in_state(before) if before else None, in_state(after)) is due
