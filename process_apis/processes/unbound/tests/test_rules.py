"""What is suggested for a reference, and why."""

from uuid import UUID

import pytest

from process_apis.processes.unbound.rules import (
    Candidates,
    Known,
    Reason,
    Said,
    Suggestion,
    single_best,
)


def known(number: int, name: str, code: str | None = None, email: str | None = None) -> Known:
    return Known(UUID(int=number), str(number), name, code, email)


LEDGER = known(1, "HR-1042 Ledger migration", "HR-1042")
AUDIT = known(2, "Audit 2026", "HR-7")
ADA = known(3, "Ada Obi", "E001", "ada@example.com")
CANDIDATES = Candidates([LEDGER, AUDIT, ADA, known(4, "Ledger"), known(5, "Quay inspection")])


@pytest.mark.parametrize(
    ("said", "first", "score", "reason"),
    [
        (Said("anything", code="hr-1042 "), LEDGER, 1.0, Reason.CODE),
        (Said("A. O.", email="ADA@example.com"), ADA, 1.0, Reason.EMAIL),
        (Said("audit,  2026"), AUDIT, 0.95, Reason.NAME),
        (Said("HR-1042: Ledger migrations"), LEDGER, 0.882, Reason.SIMILAR_NAME),
    ],
)
def test_the_strongest_reason_counts(
    said: Said, first: Known, score: float, reason: Reason
) -> None:
    found = CANDIDATES.suggestions(said)[0]
    assert (found.known, found.reason) == (first, reason)
    assert found.score == pytest.approx(score, abs=0.01)


def test_what_is_not_alike_is_not_suggested() -> None:
    assert CANDIDATES.suggestions(Said("Crane survey")) == []
    assert CANDIDATES.suggestions(Said(None)) == []


def test_only_a_single_best_that_is_good_enough_is_taken_with_all_others() -> None:
    one, other = Suggestion(AUDIT, 0.95, Reason.NAME), Suggestion(LEDGER, 0.95, Reason.NAME)
    assert single_best([one], 0.9) == one
    assert single_best([one], 0.96) is None
    assert single_best([one, other], 0.9) is None
    assert single_best([], 0.6) is None
