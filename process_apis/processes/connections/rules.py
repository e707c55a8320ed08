"""When a connection's circuit opens, half opens and closes. Pure: no I/O."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from process_apis.processes.connections.states import CallKind, Circuit, FailureKind, Mode

# One call that comes to nothing is a blip; after so many in a row it is an outage.
FAILURES_TO_OPEN = 3
# So many postings tell whether a connection works again, and a few is all that they risk.
PROBE = 10
_MOST_DOUBLINGS = 30
_LARGEST_BATCH = 200


@dataclass(frozen=True)
class Gate:
    """A connection's gate.

    :param failures: calls in a row that came to nothing, whatever was tried.
    :param failed_at: what was tried; sending, if any of them was that.
    :param not_before: nothing is sent earlier; while the circuit is open, the next probe.
    :param batch_limit: postings a call, while the connection is throttled; None for any number.
    """

    connection: str
    mode: Mode = Mode.RUNNING
    mode_since: datetime | None = None
    mode_by: str | None = None
    mode_reason: str | None = None
    circuit: Circuit = Circuit.CLOSED
    failures: int = 0
    failed_at: CallKind | None = None
    failing_since: datetime | None = None
    said: str | None = None
    not_before: datetime | None = None
    probe_token: UUID | None = None
    probe_until: datetime | None = None
    batch_limit: int | None = None


@dataclass(frozen=True)
class Failure:
    """Why a call came to nothing.

    :param retry_after: seconds that the other side asked us to wait.
    """

    kind: FailureKind
    said: str
    retry_after: int | None = None


@dataclass(frozen=True)
class Trial:
    """One call.

    :param token: of the lease, which is the probe's if it was one.
    :param size: postings in it.
    """

    call_kind: CallKind
    token: UUID
    size: int
    now: datetime


def pause_after(failures: int, first: float, most: float) -> float:
    """Seconds: doubling with each failure, up to a most."""
    doublings = min(max(failures - 1, 0), _MOST_DOUBLINGS)
    return float(min(first * 2**doublings, most))


def after_failure(gate: Gate, failure: Failure, trial: Trial, pause: timedelta) -> Gate:
    """The gate after a call that came to nothing.

    Whoever learns it late changes nothing: the circuit is open already, or somebody else tries.
    """
    if gate.circuit is not Circuit.CLOSED and gate.probe_token != trial.token:
        return gate
    failures = gate.failures + 1
    wait = max(pause, timedelta(seconds=failure.retry_after or 0))
    sending = CallKind.SEND in (trial.call_kind, gate.failed_at)
    # Refused credentials do not mend themselves, and trying them again may lock them out.
    opens = failure.kind is FailureKind.REFUSED or failures >= FAILURES_TO_OPEN
    return replace(
        gate,
        circuit=Circuit.OPEN if opens or gate.circuit is not Circuit.CLOSED else Circuit.CLOSED,
        failures=failures,
        failed_at=CallKind.SEND if sending else trial.call_kind,
        failing_since=gate.failing_since or trial.now,
        said=failure.said,
        not_before=trial.now + wait,
        probe_token=None,
        probe_until=None,
        batch_limit=_halved(gate, trial)
        if failure.kind is FailureKind.THROTTLED
        else gate.batch_limit,
    )


def after_answer(gate: Gate, trial: Trial) -> Gate:
    """The gate after a call that the other side answered.

    An answer to a look-up says nothing about postings that were not answered: else a connection
    that can be asked and not posted to would open and close for ever.
    """
    if gate.circuit is not Circuit.CLOSED and gate.probe_token != trial.token:
        return gate
    is_probe = gate.circuit is not Circuit.CLOSED
    if trial.call_kind is CallKind.LOOK_UP and not is_probe and gate.failed_at is CallKind.SEND:
        return gate
    waits = gate.not_before if not is_probe and _later(gate.not_before, trial.now) else None
    return replace(
        gate,
        circuit=Circuit.CLOSED,
        failures=0,
        failed_at=None,
        failing_since=None,
        said=None,
        not_before=waits,
        probe_token=None,
        probe_until=None,
        batch_limit=_doubled(gate) if trial.call_kind is CallKind.SEND else gate.batch_limit,
    )


def after_throttling(gate: Gate, failure: Failure, trial: Trial, pause: timedelta) -> Gate:
    """The gate after a call of which only a part was answered: all of it goes more slowly."""
    answered = after_answer(gate, trial)
    until = trial.now + max(pause, timedelta(seconds=failure.retry_after or 0))
    later = gate.not_before if _later(gate.not_before, until) else until
    return replace(answered, not_before=later, batch_limit=_halved(gate, trial))


def after_nothing(gate: Gate, token: UUID, later: datetime) -> Gate:
    """The gate after a probe that found nothing to try: the next one comes later."""
    if gate.probe_token != token:
        return gate
    return replace(gate, circuit=Circuit.OPEN, not_before=later, probe_token=None, probe_until=None)


def try_now(gate: Gate, now: datetime) -> Gate:
    """The gate after a person asked not to wait any longer."""
    return replace(gate, not_before=now) if gate.circuit is Circuit.OPEN else gate


def switched(gate: Gate, mode: Mode, by: str, reason: str, now: datetime) -> Gate:
    """The gate after an operator paused, drained or resumed the connection.

    What is paused has nothing left to drain. Whoever resumes does not want to wait for a probe.
    """
    ready = try_now(gate, now) if mode is Mode.RUNNING else gate
    if gate.mode is mode or (gate.mode is Mode.PAUSED and mode is Mode.DRAINING):
        return ready
    return replace(ready, mode=mode, mode_since=now, mode_by=by, mode_reason=reason)


def drained(gate: Gate, now: datetime) -> Gate:
    """The gate after the last of what was on its way has come through."""
    if gate.mode is not Mode.DRAINING:
        return gate
    return replace(gate, mode=Mode.PAUSED, mode_since=now)


def nothing_waits(gate: Gate) -> Gate:
    """The gate of an open circuit behind which nobody waits any more: the next one will tell."""
    if gate.circuit is not Circuit.OPEN:
        return gate
    return Gate(gate.connection, gate.mode, gate.mode_since, gate.mode_by, gate.mode_reason)


def _later(instant: datetime | None, now: datetime) -> bool:
    return instant is not None and instant > now


def _halved(gate: Gate, trial: Trial) -> int:
    return max(min(gate.batch_limit or trial.size, trial.size) // 2, 1)


def _doubled(gate: Gate) -> int | None:
    if gate.batch_limit is None or gate.batch_limit * 2 >= _LARGEST_BATCH:
        return None
    return gate.batch_limit * 2
