"""The invented firm of the demo as this ERP would hold it."""

import calendar
from datetime import date
from typing import Any

COMPANY = "1"


def masters_of(firm: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Masters from the firm's TOML (`deploy/local/firm.toml`)."""
    return {
        "employees": [_employee(each) for each in firm["workers"]],
        "customers": [{"id": each["code"], "name": each["name"]} for each in firm["clients"]],
        "projects": [_project(each) for each in firm["projects"]],
        "tasks": [
            {"id": f"{project['code']}:{task}", "project": project["code"], "name": task}
            for project in firm["projects"]
            for task in project.get("tasks", [])
        ],
        "periods": [
            _period(year, month, firm["firm"]["closed_through"])
            for year in firm["firm"]["fiscal_years"]
            for month in range(1, 13)
        ],
    }


def _employee(worker: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": worker["employee_number"],
        "company": COMPANY,
        "name": worker["name"],
        "email": worker["email"],
    }


def _project(project: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": project["code"],
        "company": COMPANY,
        "code": project["code"],
        "name": f"{project['code']} {project['name']}",
        "customer": project.get("client"),
        "closed": "closed_on" in project,
    }


def _period(year: int, month: int, closed_through: date) -> dict[str, Any]:
    last = date(year, month, calendar.monthrange(year, month)[1])
    return {
        "id": f"{year}-{month:02}",
        "company": COMPANY,
        "from": date(year, month, 1).isoformat(),
        "to": last.isoformat(),
        "closed": last <= closed_through,
    }
