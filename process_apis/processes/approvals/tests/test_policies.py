"""What a policy lets pass, and what it says about the rest."""

from dataclasses import replace
from datetime import date

import pytest

from process_apis.processes.approvals.configuration import PolicyTable
from process_apis.processes.approvals.policies import Hours, Verdict, judge

TODAY = date(2026, 6, 8)
SMALL = PolicyTable(
    id="small", legal_entities=["HRC-US"], max_hours_per_day=8, billable=False, projects=["P-1"]
)
HOURS = Hours(
    work_date=date(2026, 6, 5),
    minutes=480,
    running=False,
    billable=False,
    legal_entity="HRC-US",
    projects=frozenset({"P-1", "Internal"}),
    day_minutes=480,
    rejected_before=False,
)


def test_hours_within_every_limit_pass() -> None:
    assert judge(HOURS, [SMALL], TODAY) == Verdict("small")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"legal_entity": "HRC-DE"}, "policy small: legal entity HRC-DE does not allow it"),
        ({"legal_entity": None}, "policy small: the worker is not bound to one in the ERP"),
        ({"day_minutes": 481}, "policy small: the day has 8.02 hours"),
        ({"billable": True}, "policy small: it is billable"),
        ({"projects": frozenset({"P-2"})}, "policy small: its project is not in the policy"),
        ({"projects": frozenset()}, "policy small: its project is not in the policy"),
        ({"work_date": TODAY}, "policy small: its day is not over"),
        ({"running": True}, "its timer still runs"),
        ({"minutes": 0}, "it has no duration"),
        ({"rejected_before": True}, "a person rejected an earlier version"),
    ],
)
def test_one_reason_is_enough_to_need_a_person(change: dict[str, object], reason: str) -> None:
    assert judge(replace(HOURS, **change), [SMALL], TODAY) == Verdict(None, (reason,))  # type: ignore[arg-type]


def test_the_first_policy_that_fits_approves_and_else_all_reasons_are_given() -> None:
    wide = SMALL.model_copy(update={"id": "wide", "billable": None, "projects": None})
    assert judge(replace(HOURS, billable=True), [SMALL, wide], TODAY) == Verdict("wide")
    verdict = judge(replace(HOURS, day_minutes=600), [SMALL, wide], TODAY)
    assert verdict.reasons == (
        "policy small: the day has 10.00 hours",
        "policy wide: the day has 10.00 hours",
    )


def test_a_policy_may_wait_for_days_or_not_at_all() -> None:
    at_once = SMALL.model_copy(update={"after_days": 0})
    assert judge(replace(HOURS, work_date=TODAY), [at_once], TODAY) == Verdict("small")
    patient = SMALL.model_copy(update={"after_days": 4})
    assert judge(HOURS, [patient], TODAY).policy is None
