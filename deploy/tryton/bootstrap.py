"""Fills an initialised Tryton database with the demo firm and describes it in a manifest.

`build.py` runs it inside Tryton's own virtual environment, with the paths of the configuration,
the firm file and the manifest; it talks to Tryton through proteus only. The two passwords arrive
in the environment (TIMEPOST_ADMIN_PASSWORD, TIMEPOST_USER_PASSWORD), where no process list shows
them.

Everything is created in the order of the firm file, so the same file gives the same ids.
"""

from __future__ import annotations

import calendar
import datetime as dt
import json
import os
import sys
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from proteus import Model, Wizard  # type: ignore[import-not-found]
from proteus import config as proteus_config

Record = Any  # a proteus proxy: its attributes are the fields of a Tryton model
Firm = dict[str, Any]

INTEGRATION_LOGIN = "timepost"
# What the integration user may do beyond reading: write anybody's timesheet lines.
INTEGRATION_GROUPS = ["Timesheet Administration"]


def create_company(firm: Firm) -> Record:
    """Create the one company; its party code is the legal entity's code."""
    currency = Model.get("currency.currency")(
        name="US Dollar", code=firm["currency"], symbol="$", rounding=Decimal("0.01")
    )
    currency.save()
    currency.rates.new(date=dt.date(2000, 1, 1), rate=Decimal(1))
    currency.save()
    wizard = Wizard("company.company.config")
    wizard.execute("company")
    wizard.form.party = create_party(firm["name"], firm["legal_entity"])
    wizard.form.currency = currency
    if hasattr(wizard.form, "timezone"):
        wizard.form.timezone = firm["timezone"]
    wizard.execute("add")
    # From here on the administrator works for this company; outside a `with`, that stays so.
    proteus_config.get_config().set_context(Model.get("res.user").get_preferences(True, {}))
    (company,) = Model.get("company.company").find()
    return company


def free_party_codes() -> None:
    """Tryton numbers parties itself and refuses codes from outside while a sequence is set."""
    configuration = Model.get("party.configuration")(1)
    configuration.party_sequence = None
    configuration.save()


def create_party(name: str, code: str, email: str | None = None) -> Record:
    party = Model.get("party.party")(name=name, code=code)
    if email:
        party.contact_mechanisms.new(type="email", value=email)
    party.save()
    return party


def create_chart_of_accounts(company: Record) -> dict[str, Record]:
    """Create Tryton's own English chart; answers the accounts an invoice needs, by kind."""
    template_id = Model.get("ir.model.data").get_id("account.account_template_root_en", {})
    wizard = Wizard("account.create_chart")
    wizard.execute("account")
    wizard.form.account_template = Model.get("account.account.template")(template_id)
    wizard.form.company = company
    wizard.execute("create_account")
    accounts = {kind: find_account(company, kind) for kind in ("receivable", "payable")}
    accounts |= {kind: find_account(company, kind) for kind in ("revenue", "expense")}
    wizard.form.account_receivable = accounts["receivable"]
    wizard.form.account_payable = accounts["payable"]
    if hasattr(wizard.form, "category_account_expense"):
        wizard.form.category_account_expense = accounts["expense"]
        wizard.form.category_account_revenue = accounts["revenue"]
    wizard.execute("create_properties")
    return accounts


def find_account(company: Record, kind: str) -> Record:
    domain = [(f"type.{kind}", "=", True), ("company", "=", company.id), ("closed", "!=", True)]
    return Model.get("account.account").find(domain, limit=1)[0]


def create_sequence(name: str, sequence_type: str, company: Record) -> Record:
    (kind,) = Model.get("ir.sequence.type").find([("name", "=", sequence_type)], limit=1)
    sequence = Model.get("ir.sequence.strict")(name=name, sequence_type=kind, company=company)
    sequence.save()
    return sequence


def create_entity(entity: Firm) -> Record:
    """Create a further company, with books in its own currency; the administrator sees it, too."""
    found = Model.get("currency.currency").find([("code", "=", entity["currency"])])
    company = Model.get("company.company")()
    company.party = create_party(entity["name"], entity["code"])
    company.currency = found[0] if found else create_currency(entity)
    company.timezone = entity["timezone"]
    company.save()
    users = Model.get("res.user")
    (admin,) = users.find([("login", "=", "admin")])
    admin.companies.append(Model.get("company.company")(company.id))
    admin.company_filter = "all"  # otherwise it sees what belongs to one company only
    admin.save()
    return company


def create_currency(entity: Firm) -> Record:
    digits = 0 if entity["currency"] == "JPY" else 2
    currency = Model.get("currency.currency")(
        name=entity["currency"],
        code=entity["currency"],
        symbol=entity["currency"],
        digits=digits,
        rounding=Decimal(1).scaleb(-digits),
    )
    currency.rates.new(date=dt.date(2000, 1, 1), rate=Decimal(entity["rate"]))
    currency.save()
    return currency


def periods_of(year: int, calendar_: str) -> list[tuple[str, dt.date, dt.date]]:
    """Names and days of a fiscal year's twelve periods.

    :param calendar_: `month`; `april` and `july`, where the year begins then, and `year` is the
        one in which it begins; `4-4-5`, weeks from the Sunday on or before the New Year.
    """
    if calendar_ == "4-4-5":
        first = dt.date(year, 1, 1)
        first -= dt.timedelta(days=(first.weekday() + 1) % 7)
        found = []
        for number, weeks in enumerate([4, 4, 5] * 4, 1):
            last = first + dt.timedelta(weeks=weeks, days=-1)
            found.append((f"{year}-P{number:02}", first, last))
            first = last + dt.timedelta(days=1)
        return found
    begins = {"month": 1, "april": 4, "july": 7}[calendar_]
    months = [divmod(begins - 1 + number, 12) for number in range(12)]
    return [
        (
            f"{year + over}-{month + 1:02}",
            dt.date(year + over, month + 1, 1),
            dt.date(year + over, month + 1, calendar.monthrange(year + over, month + 1)[1]),
        )
        for over, month in months
    ]


def create_fiscal_year(
    year: int, company: Record, closed_through: dt.date, calendar_: str = "month"
) -> Record:
    """Create a year with twelve periods, and close those the firm has closed."""
    periods = periods_of(year, calendar_)
    fiscal_year = Model.get("account.fiscalyear")(name=str(year), company=company)
    fiscal_year.start_date = periods[0][1]
    fiscal_year.end_date = periods[-1][2]
    fiscal_year.move_sequence = create_sequence(f"Moves {year}", "Account Move", company)
    invoices = create_sequence(f"Invoices {year}", "Invoice", company)
    for sequences in fiscal_year.invoice_sequences:
        sequences.out_invoice_sequence = invoices
        sequences.in_invoice_sequence = invoices
        sequences.out_credit_note_sequence = invoices
        sequences.in_credit_note_sequence = invoices
    for name, first, last in periods:
        fiscal_year.periods.new(name=name, start_date=first, end_date=last, type="standard")
    fiscal_year.save()
    for period in fiscal_year.periods:
        if period.end_date <= closed_through:
            period.click("close")
    fiscal_year.reload()
    return fiscal_year


def create_employee(company: Record, worker: Firm) -> Record:
    party = create_party(worker["name"], worker["employee_number"], worker["email"])
    employee = Model.get("company.employee")(party=party, company=company)
    employee.start_date = worker["hired"]
    employee.end_date = worker.get("left")
    for cost in worker["cost_rates"]:
        employee.cost_prices.new(date=cost["from"], cost_price=Decimal(cost["rate"]))
    employee.save()
    return employee


def create_service(name: str, rate: str, accounts: dict[str, Record]) -> Record:
    """Create the product that projects are invoiced with: one hour of consulting."""
    category = Model.get("product.category")(name="Professional services", accounting=True)
    category.account_revenue = accounts["revenue"]
    category.account_expense = accounts["expense"]
    category.save()
    (hour,) = Model.get("product.uom").find([("name", "=", "Hour")])
    template = Model.get("product.template")(name=name, default_uom=hour, type="service")
    template.list_price = Decimal(rate)
    template.account_category = category
    template.save()
    return template.products[0]


def create_payment_term() -> Record:
    term = Model.get("account.invoice.payment_term")(name="30 days")
    term.lines.new(type="remainder").relativedeltas.new(days=30)
    term.save()
    return term


def create_client(client: Firm, term: Record) -> Record:
    party = create_party(client["name"], client["code"])
    party.customer_payment_term = term
    if not party.addresses:
        party.addresses.new()
    party.addresses[0].street = f"1 {client['name'].split()[0]} Square"
    party.save()
    return party


def create_project(project: Firm, clients: dict[str, Record], service: Record | None) -> Record:
    """Create a project and its tasks, all open for hours; hours are invoiced as worked, where there
    is a service to invoice."""
    work = Model.get("project.work")(type="project")
    work.name = f"{project['code']} {project['name']}"
    work.timesheet_available = True
    if client := project.get("client"):
        work.party = clients[client]
    if client and service:
        work.project_invoice_method = "timesheet"
        work.product = service
        work.list_price = Decimal(project["rate"])
    for name in project["tasks"]:
        task = work.children.new(name=name, type="task", timesheet_available=True)
        if client and service:
            task.product = service
            task.list_price = Decimal(project["rate"])
    if starts_on := project.get("starts_on"):
        for each in [work, *work.children]:
            each.timesheet_start_date = starts_on
    work.save()
    if closed_on := project.get("closed_on"):
        close_project(work, closed_on)
    return work


def close_project(project: Record, closed_on: dt.date) -> None:
    """Close a project the way a Tryton user must: status Done alone still takes hours."""
    (done,) = Model.get("project.work.status").find([("progress", "=", 1.0)])
    for work in [*project.children, project]:
        work.progress = 1.0
        work.status = done
        work.timesheet_end_date = closed_on
        work.save()
    project.reload()


def set_users(companies: list[Record], email: str) -> None:
    """Give admin its password and create the user whose rights an integration needs."""
    users = Model.get("res.user")
    (admin,) = users.find([("login", "=", "admin")])
    admin.password = os.environ["TIMEPOST_ADMIN_PASSWORD"]
    admin.save()
    user = users(name="Timepost integration", login=INTEGRATION_LOGIN, email=email)
    user.password = os.environ["TIMEPOST_USER_PASSWORD"]
    for company in companies:
        user.companies.append(Model.get("company.company")(company.id))
    user.company = companies[0]
    user.company_filter = "all"  # otherwise it sees the lines of one company only
    for group in Model.get("res.group").find([("name", "in", INTEGRATION_GROUPS)]):
        user.groups.append(group)
    user.save()


def describe_employee(worker: Firm, employee: Record) -> Firm:
    return {
        "id": employee.id,
        "employee_number": worker["employee_number"],
        "name": worker["name"],
        "email": worker["email"],
        "start_date": worker["hired"].isoformat(),
        "end_date": worker["left"].isoformat() if "left" in worker else None,
    }


def describe_project(project: Firm, work: Record) -> Firm:
    return {
        "id": work.id,
        "code": project["code"],
        "name": project["name"],
        "client_code": project.get("client"),
        "status": "closed" if "closed_on" in project else "open",
        "timesheet_work_id": work.timesheet_works[0].id,
        "tasks": [
            {"id": task.id, "name": task.name, "timesheet_work_id": task.timesheet_works[0].id}
            for task in sorted(work.children, key=lambda child: int(child.id))
        ],
    }


def describe_fiscal_year(fiscal_year: Record) -> Firm:
    periods = sorted(fiscal_year.periods, key=lambda period: str(period.name))
    return {
        "id": fiscal_year.id,
        "name": fiscal_year.name,
        "periods": [
            {
                "id": period.id,
                "name": period.name,
                "start_date": period.start_date.isoformat(),
                "end_date": period.end_date.isoformat(),
                "state": period.state,
            }
            for period in periods
        ],
    }


def people_and_work(
    code: str,
    company: Record,
    data: Firm,
    clients: dict[str, Record],
    service: Record | None,
) -> tuple[dict[str, Firm], dict[str, Firm]]:
    """Create what belongs to one company; answers it described: employees by number, projects by
    code."""
    home = data["firm"]["legal_entity"]
    employees = {
        worker["employee_number"]: describe_employee(worker, create_employee(company, worker))
        for worker in data["workers"]
        if worker.get("legal_entity", home) == code
    }
    projects = {
        project["code"]: describe_project(project, create_project(project, clients, service))
        for project in data["projects"]
        if project.get("legal_entity", home) == code
    }
    return employees, projects


def bootstrap(data: Firm) -> Firm:
    """Create the whole firm in the connected database; answers the manifest."""
    firm, home = data["firm"], data["firm"]["legal_entity"]
    free_party_codes()
    company = create_company(firm)
    accounts = create_chart_of_accounts(company)
    closed_through, own = firm["closed_through"], firm.get("calendar", "month")
    years = [
        create_fiscal_year(year, company, closed_through, own) for year in firm["fiscal_years"]
    ]
    service = create_service("Consulting hour", firm["service_rate"], accounts)
    term = create_payment_term()
    clients = {client["code"]: create_client(client, term) for client in data["clients"]}
    employees, projects = people_and_work(home, company, data, clients, service)
    companies = [company]
    for entity in data.get("entities", []):
        other = create_entity(entity)
        companies.append(other)
        everywhere = [each.id for each in companies]
        with proteus_config.get_config().set_context(company=other.id, companies=everywhere):
            # Of a year that begins in the middle of one, the months before belong to the last.
            first = firm["fiscal_years"][0] - (entity["calendar"] in ("april", "july"))
            for year in range(first, firm["fiscal_years"][-1] + 1):
                create_fiscal_year(year, other, closed_through, entity["calendar"])
            more_people, more_work = people_and_work(entity["code"], other, data, clients, None)
            employees |= more_people
            projects |= more_work
    set_users(companies, f"integration@{data['workers'][0]['email'].partition('@')[2]}")
    return {
        "company": {
            "id": company.id,
            "code": firm["legal_entity"],
            "name": firm["name"],
            "currency": firm["currency"],
            "timezone": firm["timezone"],
        },
        "employees": [employees[worker["employee_number"]] for worker in data["workers"]],
        "clients": [
            {"id": clients[client["code"]].id, "code": client["code"], "name": client["name"]}
            for client in data["clients"]
        ],
        "projects": [projects[project["code"]] for project in data["projects"]],
        "fiscal_years": [describe_fiscal_year(year) for year in years],
    }


def main(config: str, database: str, firm: str, manifest: str) -> None:
    proteus_config.set_trytond(database, user="admin", config_file=config)
    described = bootstrap(tomllib.loads(Path(firm).read_text(encoding="utf-8")))
    Path(manifest).write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:5])
