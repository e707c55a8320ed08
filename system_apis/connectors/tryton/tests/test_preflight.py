"""What is never sent, although Tryton might take it."""

from datetime import date
from typing import Any

import pytest

from system_apis.capabilities.erp.schemas import ErrorClass
from system_apis.connectors.tryton.platform_models import TrytonEmployee, TrytonPeriod, TrytonWork
from system_apis.connectors.tryton.preflight import (
    Surroundings,
    objection,
    timesheet_work_of,
    work_ids_of,
)
from system_apis.connectors.tryton.tests import recorded_answers
from system_apis.connectors.tryton.tests.failing_tryton import posting
from system_apis.connectors.tryton.work_tree import WorkTree

FIRST, LAST = date(2026, 10, 1), date(2026, 11, 30)


def around(**work_changes: Any) -> Surroundings:
    """Ada is employed from FIRST to LAST, and so long is the task open, unless it is changed."""
    project, task = recorded_answers.records("works", TrytonWork)
    window = {"timesheet_start_date": None, "timesheet_end_date": None, **work_changes}
    tree = WorkTree(frozenset({"Cancelled"}))
    tree.add([project, task.model_copy(update=window)])
    ada, bashir = recorded_answers.records("employees", TrytonEmployee)
    return Surroundings(
        companies=frozenset({1}),
        employees={
            1: ada.model_copy(update={"start_date": FIRST, "end_date": LAST}),
            2: bashir.model_copy(update={"company": 9}),
        },
        works=tree,
        closed_periods=tuple(recorded_answers.records("periods", TrytonPeriod)),
    )


@pytest.mark.parametrize("day", [FIRST, LAST])
def test_first_and_last_day_are_good_days(day: date) -> None:
    item = posting(1, work_date=day)
    surroundings = around(timesheet_start_date=FIRST, timesheet_end_date=LAST)
    assert objection(item, surroundings) is None
    assert timesheet_work_of(item, surroundings.works) == 2
    assert timesheet_work_of(posting(1, task_id=None), surroundings.works) == 1


@pytest.mark.parametrize(
    ("changes", "error_class", "code"),
    [
        ({"legal_entity_id": "2"}, ErrorClass.REJECTED, "company"),
        ({"minutes": 0}, ErrorClass.REJECTED, "duration"),
        ({"minutes": 10**15}, ErrorClass.REJECTED, "duration"),
        ({"worker_id": "3"}, ErrorClass.WORKER_MISSING, "no_such_employee"),
        ({"worker_id": "2"}, ErrorClass.WORKER_MISSING, "no_such_employee"),
        ({"worker_id": "Ada"}, ErrorClass.WORKER_MISSING, "no_such_employee"),
        (
            {"work_date": date(2026, 9, 30)},
            ErrorClass.REFERENCE_INACTIVE,
            "not_employed_on_date",
        ),
        ({"work_date": date(2026, 12, 1)}, ErrorClass.REFERENCE_INACTIVE, "not_employed_on_date"),
        ({"task_id": "99"}, ErrorClass.REFERENCE_INACTIVE, "no_such_work"),
        ({"task_id": "HR-1"}, ErrorClass.REFERENCE_INACTIVE, "no_such_work"),
        ({"project_id": "5"}, ErrorClass.REJECTED, "other_project"),
        ({"accounting_date": date(2026, 2, 28)}, ErrorClass.PERIOD_CLOSED, "period_closed"),
    ],
)
def test_postings_that_are_not_sent(
    changes: dict[str, Any], error_class: ErrorClass, code: str
) -> None:
    error = objection(posting(1, **changes), around())
    assert error is not None
    assert (error.error_class, error.vendor_code, error.retriable) == (
        error_class,
        f"preflight.{code}",
        False,
    )


@pytest.mark.parametrize(
    ("changes", "error_class"),
    [
        ({"timesheet_start_date": date(2026, 11, 11)}, ErrorClass.REFERENCE_INACTIVE),
        ({"timesheet_end_date": date(2026, 11, 9)}, ErrorClass.PROJECT_CLOSED),
        ({"timesheet_works": []}, ErrorClass.REFERENCE_INACTIVE),
        ({"company": 9}, ErrorClass.REJECTED),
    ],
)
def test_works_that_take_no_hours(changes: dict[str, Any], error_class: ErrorClass) -> None:
    error = objection(posting(1), around(**changes))
    assert error is not None
    assert error.error_class is error_class


@pytest.mark.parametrize("status", [{"progress": 1.0}, {"name": "Cancelled"}])
@pytest.mark.parametrize("closed", [1, 2])
def test_a_closed_project_closes_its_tasks(status: dict[str, Any], closed: int) -> None:
    surroundings = around()
    work = surroundings.works.works[closed]
    done = work.status.model_copy(update=status)
    surroundings.works.add([work.model_copy(update={"status": done})])
    error = objection(posting(1), surroundings)
    assert error is not None
    assert error.error_class is ErrorClass.PROJECT_CLOSED


def test_a_tree_with_a_circle_comes_to_an_end() -> None:
    surroundings = around(parent=2)
    assert objection(posting(1), surroundings) is not None
    assert work_ids_of([posting(1), posting(2, task_id="x")]) == {1, 2}
