"""Tryton's records as its RPC answers them: their names, their meaning.

A field of another record is asked for as `party.name` and answered inside `party.` (with the dot).
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class TrytonRecord(BaseModel):
    """Anything with an id. Fields beyond those we name are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    id: int


class TrytonParty(TrytonRecord):
    """`party.party`: a person or organisation; employees, clients and companies point to one."""

    name: str | None = None
    code: str | None = None
    email: str | None = None


class TrytonCurrency(TrytonRecord):
    code: str


class TrytonCompany(TrytonRecord):
    """`company.company`."""

    party: TrytonParty = Field(alias="party.")
    currency: TrytonCurrency = Field(alias="currency.")
    timezone: str | None = None


class TrytonEmployee(TrytonRecord):
    """`company.employee`: a party's employment at one company, first to last day inclusive."""

    company: int
    party: TrytonParty = Field(alias="party.")
    start_date: date | None = None
    end_date: date | None = None


class TrytonStatus(TrytonRecord):
    """`project.work.status`: `progress` is the least progress a work needs to have it."""

    name: str
    progress: float | None = None


class TrytonWork(TrytonRecord):
    """`project.work`: a project or a task. Hours stand on its `timesheet.work`, if it has one."""

    name: str
    type: str
    number: str | None = None
    parent: int | None = None
    company: int
    party: int | None = None
    status: TrytonStatus = Field(alias="status.")
    timesheet_works: list[int] = Field(default_factory=list)
    timesheet_start_date: date | None = None
    timesheet_end_date: date | None = None


class TrytonPeriod(TrytonRecord):
    """`account.period`: `state` is open, closed or locked."""

    name: str
    company: int
    start_date: date
    end_date: date
    state: str


class TrytonWorkOrigin(TrytonRecord):
    """`timesheet.work`: `origin` is "project.work,17", or null for work outside of projects."""

    origin: str | None = None


class TrytonInvoice(TrytonRecord):
    """`account.invoice`: draft, validated, posted, paid or cancelled; with a number once posted."""

    state: str
    number: str | None = None


class TrytonInvoiceLine(TrytonRecord):
    """`account.invoice.line`; it may stand alone."""

    invoice: TrytonInvoice | None = Field(default=None, alias="invoice.")


class TrytonLine(TrytonRecord):
    """`timesheet.line`: one person's time on one work and day.

    `billed` is told only to users who may read invoices; `invoice_line` to everybody. `cost_price`
    comes with the module `timesheet_cost`: the employee's on that day.
    """

    company: int
    employee: int
    date: date
    duration: timedelta
    description: str | None = None
    uuid: str | None = None
    work: TrytonWorkOrigin = Field(alias="work.")
    invoice_line: int | None = None
    billed: TrytonInvoiceLine | None = Field(default=None, alias="invoice_line.")
    cost_price: Decimal | None = None
    timestamp: str | None = Field(default=None, alias="_timestamp")


class TrytonFieldDefinition(BaseModel):
    """One field of `fields_get`: we only need to know whether it can be written at all."""

    model_config = ConfigDict(extra="ignore")

    readonly: bool = False
    states: Any = None


LINE_FIELDS = ["company", "employee", "date", "duration", "description", "uuid", "work.origin"]
LINE_FIELDS += ["_timestamp"]
INVOICE_FIELDS = ["invoice_line.invoice.state", "invoice_line.invoice.number"]
WORK_FIELDS = ["name", "type", "number", "parent", "company", "party", "status.name"]
WORK_FIELDS += ["status.progress", "timesheet_works", "timesheet_start_date", "timesheet_end_date"]
EMPLOYEE_FIELDS = ["company", "start_date", "end_date", "party.name", "party.code", "party.email"]
COMPANY_FIELDS = ["party.name", "party.code", "currency.code", "timezone"]
PERIOD_FIELDS = ["name", "company", "start_date", "end_date", "state"]
PARTY_FIELDS = ["name", "code"]
