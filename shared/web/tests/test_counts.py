"""Windows are counted apart and forgotten when they are over."""

import time

import pytest
from limits import parse
from limits.strategies import FixedWindowRateLimiter

from shared.web.counts import ProcessCounts


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    moment = [1_000_000.0]
    monkeypatch.setattr(time, "time", lambda: moment[0])
    return moment


def test_a_window_admits_its_number_and_the_next_one_begins_anew(now: list[float]) -> None:
    limiter, rate = FixedWindowRateLimiter(ProcessCounts()), parse("2/minute")
    assert [limiter.hit(rate, "a") for _ in range(3)] == [True, True, False]
    assert limiter.hit(rate, "b")
    now[0] += 59
    assert not limiter.test(rate, "a")
    assert limiter.get_window_stats(rate, "a").reset_time == 1_000_060.0
    now[0] += 1
    assert limiter.hit(rate, "a")
    assert limiter.get_window_stats(rate, "a").remaining == 1


def test_callers_who_never_come_again_are_forgotten(now: list[float]) -> None:
    counts = ProcessCounts()
    for number in range(1000):
        counts.incr(f"caller-{number}", expiry=60)
    now[0] += 61
    counts.incr("somebody", expiry=60)
    assert counts.reset() == 1


def test_counts_can_be_cleared_for_one_caller() -> None:
    counts = ProcessCounts()
    counts.incr("a", expiry=60)
    counts.incr("b", expiry=60)
    counts.clear("a")
    assert (counts.get("a"), counts.get("b")) == (0, 1)
