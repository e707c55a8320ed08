"""Tryton's words to ours and back. Pure."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from system_apis.capabilities.erp.schemas import (
    AccountingPeriod,
    Client,
    InvoiceState,
    LegalEntity,
    LookupItem,
    MasterStatus,
    PeriodStatus,
    PostedLine,
    PostingRequest,
    Project,
    Task,
    Worker,
)
from system_apis.connectors.tryton.platform_models import (
    TrytonCompany,
    TrytonEmployee,
    TrytonLine,
    TrytonParty,
    TrytonPeriod,
    TrytonWork,
)
from system_apis.connectors.tryton.work_tree import WorkTree

_KEY = re.compile(r"[0-9a-f]{64}")
_MARKER = re.compile(r"\[tp:([0-9a-f]{64})\]")
ANY_MARKER = "%[tp:%"
_NOT_ISSUED = frozenset({"draft", "validated", "cancelled"})
_PERIODS = {
    "open": PeriodStatus.OPEN,
    "closed": PeriodStatus.CLOSED,
    "locked": PeriodStatus.LOCKED,
}

Domain = list[Any]


def tryton_id(external_id: str) -> int | None:
    """Tryton's number for an external id; None for what cannot be one."""
    return int(external_id) if re.fullmatch(r"[1-9]\d{0,17}", external_id) else None


def line_values(item: PostingRequest, timesheet_work: int, *, with_uuid: bool) -> dict[str, Any]:
    """The values of a new `timesheet.line`.

    Tryton's line has one date, and judges employment, project dates and cost price by it, so it
    is the work date. The accounting date is only held against closed periods.
    """
    values = {
        "company": int(item.legal_entity_id),
        "employee": int(item.worker_id),
        "work": timesheet_work,
        "date": item.work_date,
        "duration": timedelta(minutes=item.minutes),
    }
    if with_uuid:
        values |= {"uuid": item.posting_key, "description": one_line(item.narrative) or None}
    else:
        marked = f"{one_line(item.narrative)} {marker(item.posting_key)}"
        values["description"] = marked.strip()
    return values


def lookup_of(item: PostingRequest) -> LookupItem:
    """What finds a posting again."""
    return LookupItem(
        posting_key=item.posting_key, worker_id=item.worker_id, work_date=item.work_date
    )


def one_line(narrative: str) -> str:
    """The narrative as Tryton takes it: a `Char` field refuses line breaks and quotes them."""
    printable = "".join(char if char.isprintable() else " " for char in narrative)
    return " ".join(printable.split())


def marker(posting_key: str) -> str:
    """How a posting key stands in a description, for Trytons that refuse it as uuid."""
    return f"[tp:{posting_key}]"


def exact_marker(posting_key: str) -> str:
    """The `like` pattern that finds a marker; it holds neither `_` nor `%` to escape."""
    return f"%{marker(posting_key)}%"


def posting_key_of(line: TrytonLine) -> str | None:
    """Our key on a line, whether it came as uuid or as marker; None for lines of others."""
    if line.uuid and _KEY.fullmatch(line.uuid):
        return line.uuid
    found = _MARKER.search(line.description or "")
    return found.group(1) if found else None


def work_id_of(line: TrytonLine) -> int | None:
    """The `project.work` that a line stands on; None for work outside of projects."""
    model, _, number = (line.work.origin or "").partition(",")
    return tryton_id(number) if model == "project.work" else None


def posted_line(line: TrytonLine, tree: WorkTree) -> PostedLine:
    """A line in our words; seconds that people keyed in are rounded half up to the minute."""
    work = tree.works.get(work_id_of(line) or 0)
    project = tree.project_of(work) if work else None
    is_task = work is not None and work is not project
    return PostedLine(
        external_id=str(line.id),
        posting_key=posting_key_of(line),
        legal_entity_id=str(line.company),
        worker_id=str(line.employee),
        project_id=str(project.id) if project else None,
        task_id=str(work.id) if work and is_task else None,
        work_date=line.date,
        minutes=int((line.duration.total_seconds() + 30) // 60),
        invoiced=invoice_state(line),
        cost_rate=line.cost_price,
        version=line.timestamp,
    )


def invoice_state(line: TrytonLine) -> InvoiceState:
    """Whether the hours are billed, as far as the connection's user may see it.

    A cancelled draft goes on holding its lines, until somebody deletes it: they are free again
    then, as with any invoice that never got a number.
    """
    if line.invoice_line is None:
        return InvoiceState.NONE
    if line.billed is None:
        return InvoiceState.INVOICED
    invoice = line.billed.invoice
    if invoice is None or (invoice.number is None and invoice.state in _NOT_ISSUED):
        return InvoiceState.DRAFT
    return InvoiceState.INVOICED


def legal_entity(company: TrytonCompany, code: str) -> LegalEntity:
    return LegalEntity(
        external_id=str(company.id),
        code=code,
        name=company.party.name or code,
        currency=company.currency.code,
        timezone=company.timezone,
    )


def worker(employee: TrytonEmployee) -> Worker:
    party = employee.party
    return Worker(
        external_id=str(employee.id),
        legal_entity_id=str(employee.company),
        employee_number=party.code,
        name=party.name or f"Employee {employee.id}",
        email=party.email.strip().lower() if party.email and party.email.strip() else None,
        hire_date=employee.start_date,
        termination_date=employee.end_date,
    )


def client(party: TrytonParty) -> Client:
    return Client(
        external_id=str(party.id), code=party.code, name=party.name or f"Party {party.id}"
    )


def project(work: TrytonWork, tree: WorkTree, code_pattern: re.Pattern[str]) -> Project:
    split = code_pattern.fullmatch(work.name)
    return Project(
        external_id=str(work.id),
        legal_entity_id=str(work.company),
        code=split["code"] if split else work.number,
        name=split["name"] if split else work.name,
        client_id=str(work.party) if work.party is not None else None,
        status=_status(work, tree),
        bookable=bool(work.timesheet_works),
        start_date=work.timesheet_start_date,
        end_date=work.timesheet_end_date,
    )


def tasks(works: Iterable[TrytonWork], tree: WorkTree) -> list[Task]:
    """Tasks in our words; one outside of any project has nothing to be billed by, and no place."""
    return [
        Task(
            external_id=str(work.id),
            project_id=str(top.id),
            code=work.number,
            name=work.name,
            status=_status(work, tree),
            bookable=bool(work.timesheet_works),
            start_date=work.timesheet_start_date,
            end_date=work.timesheet_end_date,
        )
        for work in works
        if (top := tree.project_of(work)) is not None
    ]


def period(found: TrytonPeriod) -> AccountingPeriod:
    return AccountingPeriod(
        external_id=str(found.id),
        legal_entity_id=str(found.company),
        name=found.name,
        start_date=found.start_date,
        end_date=found.end_date,
        status=_PERIODS.get(found.state, PeriodStatus.CLOSED),
    )


def changed_since(instant: datetime | None, *related: str) -> Domain:
    """Search domain for records created or written since ``instant``, or whose relatives were.

    `write_date` is null until the first write, so both dates are asked. An employee's e-mail
    stands two records away and changes without the employee: hence ``related``.
    """
    if instant is None:
        return []
    prefixes = ["", *(f"{name}." for name in related)]
    dates = [f"{prefix}{date}" for prefix in prefixes for date in ("write_date", "create_date")]
    return ["OR", *([name, ">=", instant] for name in dates)]


def _status(work: TrytonWork, tree: WorkTree) -> MasterStatus:
    return MasterStatus.CLOSED if tree.is_closed(work) else MasterStatus.OPEN
