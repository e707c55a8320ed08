"""Words for periods, outcomes and delegations."""

from datetime import UTC, date, datetime

import pytest

from experience_apis.manager_dashboard import shaping
from experience_apis.tests.approvals import a_delegation, a_request
from experience_apis.upstream.approvals import ApprovalRequest, Delegation, SubmissionResult


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2026-06-02", "2026-06-02", "2 June 2026"),
        ("2026-06-01", "2026-06-07", "1 to 7 June 2026"),
        ("2026-06-29", "2026-07-05", "29 June to 5 July 2026"),
        ("2026-12-28", "2027-01-03", "28 December 2026 to 3 January 2027"),
    ],
)
def test_a_period_in_words(first: str, last: str, words: str) -> None:
    assert shaping.period(date.fromisoformat(first), date.fromisoformat(last)) == words


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, None),
        ({"state": "APPROVED", "decided_by": "petra"}, "Approved by petra."),
        (
            {"state": "APPROVED", "decided_by": "petra", "decided_for": "carl@example.com"},
            "Approved by petra in place of carl@example.com.",
        ),
        ({"state": "APPROVED", "decided_by": "policy:small"}, "Approved by policy small."),
        (
            {"state": "REJECTED", "decided_by": "carl", "reason": "No budget."},
            "Rejected by carl: No budget.",
        ),
        ({"state": "NEW_STATE", "decided_by": "carl"}, "NEW_STATE by carl."),
    ],
)
def test_an_outcome_in_words(facts: dict[str, str], words: str | None) -> None:
    request = ApprovalRequest.model_validate(a_request(**facts))
    assert shaping.row(request).outcome == words


def test_only_what_still_waits_can_have_changed_since() -> None:
    decided = ApprovalRequest.model_validate(a_request(state="APPROVED", entries_waiting=0))
    assert shaping.row(decided).changed_since == 0


@pytest.mark.parametrize(
    ("day", "ended", "state"),
    [(1, None, "in force"), (14, None, "in force"), (15, None, "over"), (2, "x", "ended")],
)
def test_where_a_delegation_stands(day: int, ended: str | None, state: str) -> None:
    facts = a_delegation(ended_at="2026-06-01T08:00:00Z" if ended else None)
    now = datetime(2026, 6, day, tzinfo=UTC)
    assert shaping.delegation(Delegation.model_validate(facts), now=now).state == state


@pytest.mark.parametrize(
    ("submitted", "requests", "sentence"),
    [
        (1, 1, "1 entry is submitted."),
        (0, 1, "Everything was submitted already."),
        (0, 0, "There is nothing to submit."),
    ],
)
def test_what_a_submission_says(submitted: int, requests: int, sentence: str) -> None:
    result = SubmissionResult.model_validate(
        {"requests": [a_request()] * requests, "submitted": submitted, "skipped": []}
    )
    assert shaping.submission(result).sentence == sentence
