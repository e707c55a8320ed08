"""The words and sums, without any server."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experience_apis.exception_workbench import shaping
from experience_apis.tests.cases import a_case
from experience_apis.upstream.cases import Case, CasePage, RetryResult, Side

_OPENED = datetime(2026, 11, 13, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(0, "0.00"), (1, "0.02"), (50, "0.83"), (90, "1.50"), (-15, "-0.25"), (6000, "100.00")],
)
def test_hours(minutes: int, text: str) -> None:
    assert shaping.hours(minutes) == text


@given(st.integers(min_value=-100_000, max_value=100_000))
def test_hours_are_at_most_half_a_hundredth_off(minutes: int) -> None:
    assert abs(float(shaping.hours(minutes)) * 60 - minutes) <= 0.3 + 1e-9


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a minute"),
        (59, "less than a minute"),
        (60, "1 minute"),
        (3599, "59 minutes"),
        (7200, "2 hours"),
        (86_400, "1 day"),
        (604_800 * 3, "3 weeks"),
    ],
)
def test_age(seconds: int, words: str) -> None:
    assert shaping.age(seconds) == words


def test_age_ends_with_the_resolution_and_is_never_negative() -> None:
    resolved = _case(resolved_at="2026-11-13T10:30:00Z")
    late = _OPENED + timedelta(days=9)
    assert shaping.case_row(resolved, now=late, me="maya").age == "2 hours"
    clock_behind = _OPENED - timedelta(seconds=5)
    assert shaping.case_row(_case(), now=clock_behind, me="maya").age_seconds == 0


def test_the_sum_counts_minutes_not_rounded_hours() -> None:
    page = CasePage(
        cases=[_case(minutes=50)] * 3 + [_case(minutes=None)], next_cursor=None, total=9
    )
    totals = shaping.case_list(page, now=_OPENED, me="maya").totals
    assert (totals.matching, totals.shown, totals.minutes_shown) == (9, 4, 150)
    assert totals.hours_shown == "2.50", "three times 0.83 would be 2.49"


def test_codes_that_are_new_to_us_are_shown_as_they_are() -> None:
    row = shaping.case_row(
        _case(severity="S0", owner="tax.office", state="PENDING"), now=_OPENED, me="maya"
    )
    assert (row.severity_label, row.owner_label, row.state_label) == ("S0", "tax.office", "PENDING")
    retried = shaping.retry_view(
        RetryResult(case=_case(), posting_state="LOST_LETTER"), now=_OPENED, me="maya"
    )
    assert retried.sentence == "The posting is now lost letter."


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("project:erp-uk:42", "project 42 in erp-uk"),
        ("legal_entity:erp-uk:a:b", "legal entity a:b in erp-uk"),
        ("period:erp-uk", "period erp-uk"),
        ("unbound:connection", "a connection that is not known yet"),
        ("named-project:erp-uk:hr-4711", "a project called hr-4711 in erp-uk"),
        ("named-task:erp-uk:31/design", "a task called design in erp-uk"),
        ("periods:erp-uk:1", "an accounting period of 1 in erp-uk"),
        ("connection", "connection"),
    ],
)
def test_awaited(key: str, words: str) -> None:
    assert shaping.awaited(key) == words


@pytest.mark.parametrize(
    ("actor", "words"),
    [
        ("timepost", "Timepost"),
        ("user:maya", "maya"),
        ("tracker:clockify-uk", "the tracker clockify-uk"),
        ("policy:auto-approve", "the policy auto-approve"),
        ("somebody", "somebody"),
    ],
)
def test_actor(actor: str, words: str) -> None:
    assert shaping.actor_in_words(actor) == words


@pytest.mark.parametrize(
    ("source", "erp", "differs"),
    [
        ("a", "a", False),
        ("a", " a ", False),
        (90, "90", False),
        (True, "true", False),
        (None, "", False),
        ("a", None, True),
        ("1.10", "1.1", True),
        ("042", 42, True),
    ],
)
def test_differing(
    source: str | int | bool | None, erp: str | int | bool | None, differs: bool
) -> None:
    sides = {"source": Side(fields={"task": source}), "erp": Side(fields={"task": erp})}
    assert [row.differs for row in shaping.compare(sides)] == [differs]


def test_a_side_without_the_field_has_nothing_to_disagree_with() -> None:
    sides = {
        "source": Side(fields={}),
        "canonical": None,
        "erp": Side(fields={"period": "2026-11"}),
    }
    assert [(row.label, row.differs) for row in shaping.compare(sides)] == [
        ("Accounting period", False)
    ]


def _case(**changes: object) -> Case:
    return Case.model_validate(a_case(**changes))
