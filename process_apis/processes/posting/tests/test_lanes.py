"""Who goes first, and how much goes at all."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from process_apis.processes.posting import limits
from process_apis.processes.posting.lanes import UPLOAD, Lane, lane_of
from process_apis.processes.posting.limits import Admission
from process_apis.processes.posting.periods import Period
from process_apis.processes.posting.states import PostingKind
from process_apis.upstream.erp import ErpAbilities, PeriodStatus

MAY = Period(date(2026, 5, 1), date(2026, 5, 31), PeriodStatus.CLOSED)
JUNE = Period(date(2026, 6, 1), date(2026, 6, 30), PeriodStatus.OPEN)
JULY = Period(date(2026, 7, 1), date(2026, 7, 31), PeriodStatus.OPEN)
PERIODS = [MAY, JUNE, JULY]
NOW = datetime(2026, 6, 8, 9, 14, tzinfo=UTC)


def _lane(kind: PostingKind = PostingKind.ORIGINAL, **facts: Any) -> Lane:
    usual = {
        "billable": True,
        "work_date": date(2026, 6, 2),
        "accounting_date": date(2026, 6, 2),
        "periods": PERIODS,
        "origin": "webhook",
        "today": date(2026, 6, 8),
    }
    return lane_of(kind, **{**usual, **facts})


@pytest.mark.parametrize(
    ("facts", "lane"),
    [
        ({}, Lane.NORMAL),
        ({"today": date(2026, 6, 27)}, Lane.NORMAL),
        ({"today": date(2026, 6, 28)}, Lane.INVOICE),
        ({"today": date(2026, 7, 9)}, Lane.INVOICE),
        ({"today": date(2026, 7, 9), "billable": False}, Lane.NORMAL),
        ({"work_date": date(2026, 5, 4), "accounting_date": date(2026, 6, 1)}, Lane.BULK),
        ({"origin": UPLOAD, "today": date(2026, 6, 28)}, Lane.BULK),
        (
            {"periods": [], "work_date": date(2026, 5, 4), "accounting_date": date(2026, 5, 4)},
            Lane.NORMAL,
        ),
        (
            {"periods": [], "work_date": date(2026, 3, 4), "accounting_date": date(2026, 3, 4)},
            Lane.BULK,
        ),
    ],
)
def test_hours_go_by_what_waits_for_them(facts: dict[str, Any], lane: Lane) -> None:
    assert _lane(**facts) is lane


@pytest.mark.parametrize("kind", [PostingKind.REVERSAL, PostingKind.REPLACEMENT])
def test_corrections_hurry_only_where_a_period_is_being_closed(kind: PostingKind) -> None:
    assert _lane(kind, today=date(2026, 6, 29)) is Lane.CLOSING
    assert _lane(kind) is Lane.NORMAL
    late = _lane(kind, work_date=date(2026, 5, 4), accounting_date=date(2026, 6, 1))
    assert late is Lane.NORMAL


def _abilities(**declared: Any) -> ErpAbilities:
    usual = {"max_batch": 50, "readback": True, "lookup": True, "settle_seconds": 0}
    return ErpAbilities.model_validate({**usual, "reversal_modes": [], **declared})


def test_most_connections_declare_no_limit() -> None:
    assert not limits.are_declared(_abilities())
    assert limits.are_declared(_abilities(postings_per_second=10))
    assert limits.are_declared(_abilities(max_concurrent_batches=1))


def test_no_more_batches_at_a_time_than_the_connection_says() -> None:
    two = _abilities(max_concurrent_batches=2)
    assert limits.admitted(two, 50, under_way=1, used_until=None, now=NOW).postings == 50
    assert limits.admitted(two, 50, under_way=2, used_until=None, now=NOW) == Admission(0, NOW)


def test_a_rate_admits_a_seconds_worth_and_then_what_time_gives_back() -> None:
    ten = _abilities(postings_per_second=10)
    first = limits.admitted(ten, 50, 0, None, NOW)
    assert first.postings == 10
    used = limits.used_after(ten, first, sent=10)
    assert used == NOW + timedelta(seconds=1)

    nothing = limits.admitted(ten, 50, 0, used, NOW)
    assert (nothing.postings, nothing.wait) == (0, timedelta(seconds=0.1))
    assert limits.admitted(ten, 50, 0, used, NOW + timedelta(seconds=0.3)).postings == 3
    assert limits.admitted(ten, 50, 0, used, NOW + timedelta(hours=1)).postings == 10


def test_a_slow_rate_admits_one_at_a_time() -> None:
    slow = _abilities(postings_per_second=0.1)
    first = limits.admitted(slow, 50, 0, None, NOW)
    assert first.postings == 1
    used = limits.used_after(slow, first, sent=1)
    again = limits.admitted(slow, 50, 0, used, NOW + timedelta(seconds=4))
    assert (again.postings, again.wait) == (0, timedelta(seconds=6))
