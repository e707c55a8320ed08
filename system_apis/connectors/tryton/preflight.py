"""What Tryton would take without a word, and should not. Pure.

Stock Tryton books hours on projects that are done and in accounting periods that are closed. And
it checks dates of employment and of works loosely in a batch: when one create call brings lines of
many dates, a date outside of an employment passes if another line of that person is inside
(trytond 8.2, `ModelStorage._validate`: domains are joined by OR per related record). A single line
with that date is refused. So we check the dates ourselves, in the moment of posting.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from system_apis.capabilities.erp.schemas import ErpError, ErrorClass, PostingRequest
from system_apis.connectors.tryton.mapping import tryton_id
from system_apis.connectors.tryton.outcomes import error_of_preflight
from system_apis.connectors.tryton.platform_models import TrytonEmployee, TrytonPeriod, TrytonWork
from system_apis.connectors.tryton.work_tree import WorkTree

_LONGEST_MINUTES = 366 * 24 * 60  # of one line; beyond any sense, below any overflow


@dataclass(frozen=True)
class Surroundings:
    """What was read from Tryton about the postings of one request.

    :param companies: ids of the companies that the connection serves.
    :param employees: those named, as far as they exist.
    :param closed_periods: those that touch the accounting dates, in any company.
    """

    companies: frozenset[int]
    employees: Mapping[int, TrytonEmployee]
    works: WorkTree
    closed_periods: tuple[TrytonPeriod, ...]


def target_work_id(item: PostingRequest) -> str:
    """The work that hours stand on: the task, or the project itself if there is none."""
    return item.task_id or item.project_id


def work_ids_of(items: Iterable[PostingRequest]) -> set[int]:
    wanted = {each for item in items for each in (item.project_id, target_work_id(item))}
    return {number for each in wanted if (number := tryton_id(each)) is not None}


def employee_ids_of(items: Iterable[PostingRequest]) -> set[int]:
    return {number for item in items if (number := tryton_id(item.worker_id)) is not None}


def timesheet_work_of(item: PostingRequest, works: WorkTree) -> int:
    """The `timesheet.work` to book on, for an item that `objection` let pass."""
    return works.works[int(target_work_id(item))].timesheet_works[0]


def objection(item: PostingRequest, around: Surroundings) -> ErpError | None:
    """Why this posting must not be sent to Tryton; None if nothing speaks against it."""
    if tryton_id(item.legal_entity_id) not in around.companies:
        return error_of_preflight(
            ErrorClass.REJECTED, "company", "This connection does not serve the company"
        )
    if not 0 < item.minutes <= _LONGEST_MINUTES:
        text = "Tryton takes positive durations only, and this one has to be below a year"
        return error_of_preflight(ErrorClass.REJECTED, "duration", text)
    return (
        _objection_to_worker(item, around.employees)
        or _objection_to_work(item, around.works)
        or _objection_to_period(item, around)
    )


def _objection_to_worker(
    item: PostingRequest, employees: Mapping[int, TrytonEmployee]
) -> ErpError | None:
    employee = employees.get(tryton_id(item.worker_id) or 0)
    if employee is None or str(employee.company) != item.legal_entity_id:
        text = "The company has no employee with this id"
        return error_of_preflight(ErrorClass.WORKER_MISSING, "no_such_employee", text)
    if not _within(item.work_date, employee.start_date, employee.end_date):
        text = "The work date is outside of the employment"
        return error_of_preflight(ErrorClass.REFERENCE_INACTIVE, "not_employed_on_date", text)
    return None


def _objection_to_work(item: PostingRequest, tree: WorkTree) -> ErpError | None:
    work = tree.works.get(tryton_id(target_work_id(item)) or 0)
    if work is None:
        text = "There is no project or task with this id"
        return error_of_preflight(ErrorClass.REFERENCE_INACTIVE, "no_such_work", text)
    if item.project_id not in {str(each.id) for each in tree.path(work)}:
        return error_of_preflight(
            ErrorClass.REJECTED, "other_project", "The task is in another project now"
        )
    if str(work.company) != item.legal_entity_id:
        return error_of_preflight(
            ErrorClass.REJECTED, "other_company", "The project is of another company"
        )
    if tree.is_closed(work):
        return error_of_preflight(
            ErrorClass.PROJECT_CLOSED, "work_done", "The project or task is closed"
        )
    if not work.timesheet_works:
        text = "The project or task is not available on timesheets"
        return error_of_preflight(ErrorClass.REFERENCE_INACTIVE, "not_on_timesheets", text)
    return _objection_to_dates(item, work)


def _objection_to_dates(item: PostingRequest, work: TrytonWork) -> ErpError | None:
    if not _within(item.work_date, work.timesheet_start_date, None):
        text = "The project or task takes hours from a later date on"
        return error_of_preflight(ErrorClass.REFERENCE_INACTIVE, "work_not_started", text)
    if not _within(item.work_date, None, work.timesheet_end_date):
        text = "The project or task takes no hours after its end"
        return error_of_preflight(ErrorClass.PROJECT_CLOSED, "work_ended", text)
    return None


def _objection_to_period(item: PostingRequest, around: Surroundings) -> ErpError | None:
    for period in around.closed_periods:
        is_ours = str(period.company) == item.legal_entity_id
        if is_ours and _within(item.accounting_date, period.start_date, period.end_date):
            text = f"The accounting period {period.name} is {period.state}"
            return error_of_preflight(ErrorClass.PERIOD_CLOSED, "period_closed", text)
    return None


def _within(day: date, first: date | None, last: date | None) -> bool:
    """Both ends are inclusive; an end that is not set does not limit."""
    return (first is None or first <= day) and (last is None or day <= last)
