"""When a circuit opens and closes, step by step."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from process_apis.processes.connections import rules
from process_apis.processes.connections.rules import Failure, Gate, Trial
from process_apis.processes.connections.states import CallKind, Circuit, FailureKind

NOW = datetime(2026, 6, 8, 9, 14, tzinfo=UTC)
PAUSE = timedelta(seconds=10)
AWAY = Failure(FailureKind.UNREACHABLE, "no answer")
MINE = uuid4()


def _trial(
    call_kind: CallKind = CallKind.SEND, token: UUID = MINE, size: int = 50, later: int = 0
) -> Trial:
    return Trial(call_kind, token, size, NOW + timedelta(seconds=later))


def _failed(gate: Gate, times: int, failure: Failure = AWAY) -> Gate:
    for number in range(times):
        gate = rules.after_failure(gate, failure, _trial(later=number), PAUSE)
    return gate


def _probing(gate: Gate, token: UUID) -> Gate:
    return replace(gate, circuit=Circuit.HALF_OPEN, probe_token=token)


def test_it_opens_with_the_third_failure_in_a_row_and_remembers_the_first() -> None:
    assert _failed(Gate("erp"), 2).circuit is Circuit.CLOSED
    opened = _failed(Gate("erp"), 3)
    assert (opened.circuit, opened.failing_since) == (Circuit.OPEN, NOW)
    assert opened.not_before == NOW + timedelta(seconds=2) + PAUSE


def test_an_answer_in_between_begins_the_count_again() -> None:
    gate = rules.after_answer(_failed(Gate("erp"), 2), _trial(later=60))
    assert _failed(gate, 2).circuit is Circuit.CLOSED


def test_refused_credentials_are_not_tried_a_second_time() -> None:
    refused = Failure(FailureKind.REFUSED, "wrong password")
    assert _failed(Gate("erp"), 1, refused).circuit is Circuit.OPEN


def test_nobody_comes_back_earlier_than_was_asked() -> None:
    asked = Failure(FailureKind.UNREACHABLE, "busy", retry_after=120)
    assert _failed(Gate("erp"), 1, asked).not_before == NOW + timedelta(seconds=120)


def test_those_who_learn_late_neither_lengthen_nor_end_an_outage() -> None:
    opened = _failed(Gate("erp"), 3)
    for gate in (opened, _probing(opened, uuid4())):
        assert rules.after_failure(gate, AWAY, _trial(later=9), PAUSE) == gate
        assert rules.after_answer(gate, _trial(later=9)) == gate


def test_the_probe_decides() -> None:
    gate = _probing(_failed(Gate("erp"), 3), MINE)
    again = rules.after_failure(gate, AWAY, _trial(later=60), PAUSE)
    assert (again.circuit, again.failures, again.probe_token) == (Circuit.OPEN, 4, None)
    works = rules.after_answer(gate, _trial(later=60))
    assert works == Gate("erp")


def test_an_answered_look_up_does_not_forget_postings_that_were_not_answered() -> None:
    gate = _failed(Gate("erp"), 2)
    assert rules.after_answer(gate, _trial(CallKind.LOOK_UP)) == gate


def test_an_answered_look_up_forgets_look_ups_that_were_not() -> None:
    gate = rules.after_failure(Gate("erp"), AWAY, _trial(CallKind.LOOK_UP), PAUSE)
    assert rules.after_answer(gate, _trial(CallKind.LOOK_UP, later=60)).failures == 0


def test_throttling_halves_the_batches_and_answers_double_them_again() -> None:
    throttled = Failure(FailureKind.THROTTLED, "too many", retry_after=30)
    slow = rules.after_throttling(Gate("erp"), throttled, _trial(size=50), PAUSE)
    assert (slow.batch_limit, slow.circuit, slow.failures) == (25, Circuit.CLOSED, 0)
    assert slow.not_before == NOW + timedelta(seconds=30)
    slower = rules.after_throttling(slow, throttled, _trial(size=25), PAUSE)
    assert slower.batch_limit == 12
    gate = slower
    for size in (12, 24, 48, 96, 192):
        gate = rules.after_answer(gate, _trial(size=size, later=60))
    assert gate.batch_limit is None


@pytest.mark.parametrize(("failures", "seconds"), [(1, 10), (2, 20), (3, 40), (9, 300), (99, 300)])
def test_the_wait_doubles_up_to_a_most(failures: int, seconds: float) -> None:
    assert rules.pause_after(failures, first=10, most=300) == seconds


def test_a_probe_that_found_nothing_to_try_is_given_back() -> None:
    gate = _probing(_failed(Gate("erp"), 3), MINE)
    later = NOW + timedelta(minutes=1)
    given_back = rules.after_nothing(gate, MINE, later)
    assert (given_back.circuit, given_back.not_before) == (Circuit.OPEN, later)
    assert rules.after_nothing(gate, uuid4(), later) == gate


def test_an_open_circuit_that_nobody_waits_for_closes() -> None:
    opened = _failed(Gate("erp"), 3)
    assert rules.nothing_waits(opened) == Gate("erp")
    assert rules.nothing_waits(_probing(opened, MINE)).circuit is Circuit.HALF_OPEN
