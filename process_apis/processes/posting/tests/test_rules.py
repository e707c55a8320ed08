"""Every reason against posting, the accounting date, and the key that must never change."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from process_apis.processes.posting.periods import Period
from process_apis.processes.posting.rules import (
    Candidate,
    Party,
    difference,
    ledger_date,
    posting_key,
    request_of,
    validate,
)
from process_apis.processes.posting.states import Leg, PostingKind
from process_apis.upstream.erp import PeriodStatus, PostedLine

JUNE = Period(date(2026, 6, 1), date(2026, 6, 30), PeriodStatus.OPEN)
CLOSED_JUNE = replace(JUNE, status=PeriodStatus.CLOSED)
JULY = Period(date(2026, 7, 1), date(2026, 7, 31), PeriodStatus.OPEN)


def worker(**facts: Any) -> Party:
    record = {"legal_entity_external_id": "1", "hire_date": None, "termination_date": None}
    return Party("Ada", "one", "11", {**record, **facts}, ("binding",), ("worker:erp:11",))


def project(**facts: Any) -> Party:
    record = {
        "legal_entity_external_id": "1",
        "status": "OPEN",
        "bookable": True,
        "start_date": None,
        "end_date": None,
    }
    return Party("HR-1", "one", "31", {**record, **facts}, ("binding",), ("project:erp:31",))


def task(**facts: Any) -> Party:
    record = {
        "project_external_id": "31",
        "status": "OPEN",
        "bookable": True,
        "start_date": None,
        "end_date": None,
    }
    return Party("Design", "one", "41", {**record, **facts}, ("binding",), ("task:erp:41",))


GOOD = Candidate(
    work_date=date(2026, 6, 2),
    minutes=480,
    billable=True,
    running=False,
    narrative="",
    worker_external_id="u-ada",
    worker_email="ada@example.com",
    approver={"external_id": "u-mia", "email": "mia@example.com"},
    worker=worker(),
    project=project(),
    task=task(),
    periods=[JUNE, JULY],
    day_minutes=480,
    day_key="day:t:u-ada/2026-06-02",
    periods_key="periods:erp:1",
)
UNKNOWN = Party("X", "none", waits_on=("binding",))
SEVERAL = Party("X", "several", waits_on=("binding",))


def test_nothing_is_said_against_a_good_one() -> None:
    assert validate(GOOD) == []


@pytest.mark.parametrize(
    ("fault", "code", "waits"),
    [
        ({"approver": {"external_id": "u-ada"}}, "AP_SELF_APPROVAL", False),
        ({"approver": {"external_id": "x", "email": "ADA@example.com"}}, "AP_SELF_APPROVAL", False),
        ({"running": True}, "TM_LIMIT", False),
        ({"minutes": 0}, "TM_LIMIT", False),
        ({"minutes": 1441}, "TM_LIMIT", False),
        ({"day_minutes": 1441}, "TM_LIMIT", True),
        ({"worker": UNKNOWN}, "MD_WORKER_UNKNOWN", True),
        ({"worker": SEVERAL}, "MP_AMBIGUOUS", True),
        ({"worker": worker(hire_date=date(2026, 6, 3))}, "MD_WORKER_INACTIVE", True),
        ({"worker": worker(termination_date=date(2026, 6, 1))}, "MD_WORKER_INACTIVE", True),
        ({"worker": worker(vanished_at=date(2026, 6, 1))}, "MD_WORKER_INACTIVE", True),
        ({"project": UNKNOWN}, "MD_PROJECT_UNKNOWN", True),
        ({"project": SEVERAL}, "MP_AMBIGUOUS", True),
        ({"project": project(status="CLOSED")}, "MD_PROJECT_CLOSED", True),
        ({"project": project(vanished_at=date(2026, 6, 1))}, "MD_PROJECT_CLOSED", True),
        ({"project": project(end_date=date(2026, 6, 1))}, "MD_PROJECT_CLOSED", True),
        ({"project": project(start_date=date(2026, 6, 3))}, "MD_PROJECT_NOT_STARTED", True),
        ({"project": project(bookable=False), "task": None}, "MD_TASK_INVALID", True),
        ({"task": UNKNOWN}, "MP_UNMAPPED", True),
        ({"task": SEVERAL}, "MP_AMBIGUOUS", True),
        ({"task": task(status="CLOSED")}, "MD_TASK_INVALID", True),
        ({"task": task(bookable=False)}, "MD_TASK_INVALID", True),
        ({"task": task(end_date=date(2026, 6, 1))}, "MD_TASK_INVALID", True),
        ({"task": task(project_external_id="32")}, "MD_TASK_INVALID", True),
        ({"project": project(legal_entity_external_id="2")}, "IC_AGREEMENT_MISSING", False),
        ({"periods": [CLOSED_JUNE]}, "PD_NO_OPEN", True),
    ],
)
def test_each_fault_is_found_and_says_what_it_waits_for(
    fault: dict[str, Any], code: str, waits: bool
) -> None:
    (finding,) = validate(replace(GOOD, **fault))
    assert finding.code == code
    assert bool(finding.waiting_for) is waits


def test_a_task_makes_a_project_bookable_that_is_not_by_itself() -> None:
    assert validate(replace(GOOD, project=project(bookable=False))) == []


def test_of_several_faults_what_nobody_may_wait_out_comes_first() -> None:
    found = validate(replace(GOOD, approver={"external_id": "u-ada"}, project=UNKNOWN))
    assert [finding.code for finding in found] == ["AP_SELF_APPROVAL", "MD_PROJECT_UNKNOWN"]


@pytest.mark.parametrize(
    ("periods", "day", "booked"),
    [
        ([], date(2026, 6, 2), date(2026, 6, 2)),
        ([JULY, JUNE], date(2026, 6, 2), date(2026, 6, 2)),
        ([CLOSED_JUNE, JULY], date(2026, 6, 2), date(2026, 7, 1)),
        ([JULY], date(2026, 6, 30), date(2026, 7, 1)),
        ([JUNE], date(2026, 7, 1), None),
        ([CLOSED_JUNE], date(2026, 6, 2), None),
    ],
)
def test_the_accounting_date_lies_in_the_next_open_period(
    periods: list[Period], day: date, booked: date | None
) -> None:
    assert ledger_date(replace(GOOD, periods=periods, work_date=day)) == booked


def test_the_posting_key_never_changes() -> None:
    """Pinned: another digest would post everything that ever was posted once more."""
    key = posting_key("clockify-main", "e1", 1, Leg.COST, PostingKind.ORIGINAL, "tryton-main")
    assert key == "ff79a79292d403291b534a7859732f38f6e8a2e18e4f5551ec751b49405bcc96"
    others = {
        posting_key("clockify-main", "e1", 1, Leg.COST, PostingKind.REVERSAL, "tryton-main"),
        posting_key("clockify-main", "e1", 1, Leg.COST, PostingKind.ORIGINAL, "tryton-main", 1),
        posting_key("clockify", "main-e1", 1, Leg.COST, PostingKind.ORIGINAL, "tryton-main"),
        posting_key("clockify-main", "e1", 11, Leg.COST, PostingKind.ORIGINAL, "tryton-main"),
        posting_key("clockify-main", "e11", 1, Leg.COST, PostingKind.ORIGINAL, "tryton-main"),
        posting_key("clockify-main", "e1", 1, Leg.COST, PostingKind.ORIGINAL, "tryton-de"),
    }
    assert len({key, *others}) == 7


def test_there_is_no_request_before_all_references_are_known() -> None:
    assert request_of(replace(GOOD, worker=UNKNOWN), "k") is None
    assert request_of(replace(GOOD, project=UNKNOWN), "k") is None
    assert request_of(replace(GOOD, task=UNKNOWN), "k") is None
    request = request_of(replace(GOOD, task=None), "k")
    assert request is not None
    assert request.task_id is None


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({}, []),
        ({"minutes": 420}, ["minutes"]),
        ({"worker_id": "12", "work_date": date(2026, 6, 3)}, ["worker_id", "work_date"]),
        ({"project_id": None}, []),
        ({"project_id": "32", "task_id": "42"}, ["task_id", "project_id"]),
        ({"accounting_date": date(2026, 7, 1)}, ["accounting_date"]),
        ({"accounting_date": date(2026, 6, 2)}, []),
    ],
)
def test_what_differs_in_the_erp_is_named(changed: dict[str, Any], names: list[str]) -> None:
    request = request_of(GOOD, "k")
    assert request is not None
    facts = request.model_dump(exclude={"accounting_date", "billable", "narrative"})
    assert difference(request, PostedLine(external_id="1", **{**facts, **changed})) == names
