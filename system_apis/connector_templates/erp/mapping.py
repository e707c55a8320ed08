"""Nameless's words to Timepost's, and back. Pure: no clock, no network."""

from typing import Any

from system_apis.capabilities.erp import schemas as ours
from system_apis.connector_templates.erp import platform_models as theirs


def to_line(posting: ours.PostingRequest) -> dict[str, Any]:
    """The body that creates a line."""
    raise NotImplementedError(
        "Write the body of a new line. It has to carry the posting key: in a field for foreign "
        "keys, an idempotency header, or a marker in a text. Minutes become the ERP's unit here."
    )


def to_posted_line(line: theirs.Line) -> ours.PostedLine:
    """A line as it stands there; its posting key is what it was created with."""
    raise NotImplementedError(
        "Read a line back: ids, work date, minutes, the posting key (None if it carries none), "
        "invoiced. A different value than was sent must show here."
    )


def to_legal_entity(company: theirs.Company) -> ours.LegalEntity:
    raise NotImplementedError("Read a company: code, name, ISO currency, time zone.")


def to_worker(employee: theirs.Employee) -> ours.Worker:
    raise NotImplementedError(
        "Read an employee: company, number, name, e-mail address (people are matched by it), "
        "first and last day."
    )


def to_client(customer: theirs.Customer) -> ours.Client:
    raise NotImplementedError("Read a customer: code and name.")


def to_project(project: theirs.Project) -> ours.Project:
    raise NotImplementedError(
        "Read a project: company, the code by which trackers know it, whether it takes hours "
        "(status), and whether hours may stand on it without a task (bookable)."
    )


def to_task(task: theirs.Task) -> ours.Task:
    raise NotImplementedError("Read a task: project, name, status, whether it takes hours.")


def to_period(period: theirs.Period) -> ours.AccountingPeriod:
    raise NotImplementedError(
        "Read an accounting period: company, first and last day (included), open or closed."
    )
