"""What people in the ERP do while integrations run: close, reopen, key in, delete, invoice.

For tests and the demo. Every action is one a Tryton user could do by hand, through the same RPC.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from deploy.tryton.reader import TrytonSession


def tryton_date(day: dt.date | None) -> dict[str, Any] | None:
    if day is None:
        return None
    return {"__class__": "date", "year": day.year, "month": day.month, "day": day.day}


class TrytonAdmin:
    """Acts on the ERP through a session; projects are named by their code, say "HR-1042"."""

    def __init__(self, session: TrytonSession) -> None:
        self._session = session

    def close_project(self, code: str, last_day: dt.date) -> None:
        """Close a project and its tasks: status Done, and no hours after the last day."""
        values = {"status": self._status(done=True), "progress": 1.0}
        self._write_project(code, {**values, "timesheet_end_date": tryton_date(last_day)})

    def reopen_project(self, code: str) -> None:
        values = {"status": self._status(done=False), "progress": None}
        self._write_project(code, {**values, "timesheet_end_date": None})

    def rename_project(self, code: str, name: str) -> None:
        """Change the text behind the code; the code stays."""
        values = {"name": f"{code} {name}"}
        self._session.call("model.project.work.write", [self._project(code)], values)

    def close_period(self, name: str) -> None:
        """Close an accounting period by its name, "2026-07". Tryton still takes hours in it."""
        self._session.call("model.account.period.close", [self._period(name)])

    def reopen_period(self, name: str) -> None:
        self._session.call("model.account.period.reopen", [self._period(name)])

    def end_employment(self, employee_number: str, last_day: dt.date | None) -> None:
        """Set the last day of an employee; None takes them back."""
        # Tryton hides people who have left, unless it is asked to show everybody.
        (employee,) = self._session.call(
            "model.company.employee.search",
            [["party.code", "=", employee_number]],
            0,
            1,
            None,
            active_test=False,
        )
        values = {"end_date": tryton_date(last_day)}
        self._session.call("model.company.employee.write", [employee], values)

    def key_in_line(
        self, employee: int, timesheet_work: int, day: dt.date, minutes: int, text: str
    ) -> int:
        """Enter hours by hand, as a bookkeeper would; answers the line's id."""
        values = {
            "company": self._session.context["company"],
            "employee": employee,
            "work": timesheet_work,
            "date": tryton_date(day),
            "duration": {"__class__": "timedelta", "seconds": minutes * 60},
            "description": text,
        }
        created: list[int] = self._session.call("model.timesheet.line.create", [values])
        return created[0]

    def delete_line(self, line: int) -> None:
        self._session.call("model.timesheet.line.delete", [line])

    def invoice_project(self, code: str) -> None:
        """Draft an invoice over all hours not invoiced yet; Tryton then guards those lines."""
        self._session.call("model.project.work.invoice", [self._project(code)])

    def issue_invoices(self, day: dt.date) -> None:
        """Post the drafts with this date: they get numbers, and are invoices from now on."""
        drafts = self._drafts()
        self._session.call(
            "model.account.invoice.write", drafts, {"invoice_date": tryton_date(day)}
        )
        self._session.call("model.account.invoice.post", drafts)

    def cancel_drafts(self) -> None:
        """Cancel the draft invoices. Tryton leaves their lines attached to them."""
        self._session.call("model.account.invoice.cancel", self._drafts())

    def delete_drafts(self) -> None:
        """Delete invoices that never got a number, cancelled or not; their lines are free then."""
        self._session.call("model.account.invoice.delete", self._drafts("cancelled", "draft"))

    def let_see_invoices(self, login: str) -> None:
        """Give a user the right to read invoices."""
        self._add_to_group(login, "Accounting")

    def let_repair_masters(self, login: str) -> None:
        """Give a user the right to write employees; parties may be written by everybody."""
        self._add_to_group(login, "Employee Administration")

    def _add_to_group(self, login: str, name: str) -> None:
        (user,) = self._session.call("model.res.user.search", [["login", "=", login]])
        group = self._session.call("model.res.group.search", [["name", "=", name]])
        self._session.call("model.res.user.write", [user], {"groups": [["add", group]]})

    def _drafts(self, *states: str) -> list[int]:
        wanted = ["state", "in", list(states or ("draft",))]
        found: list[int] = self._session.call(
            "model.account.invoice.search", [wanted, ["number", "=", None]]
        )
        return found

    def _write_project(self, code: str, values: dict[str, Any]) -> None:
        project = self._project(code)
        works = self._session.call(
            "model.project.work.search", [["parent", "child_of", [project]]], 0, None, None
        )
        self._session.call("model.project.work.write", works, values)

    def _project(self, code: str) -> int:
        found: list[int] = self._session.call(
            "model.project.work.search",
            [["name", "like", f"{code} %"], ["type", "=", "project"]],
            0,
            None,
            None,
        )
        if len(found) != 1:
            raise LookupError(f"{len(found)} projects have the code {code}")
        return found[0]

    def _period(self, name: str) -> int:
        (found,) = self._session.call("model.account.period.search", [["name", "=", name]])
        period: int = found
        return period

    def _status(self, done: bool) -> int:
        domain = [["progress", "=", 1.0 if done else None]]
        (found,) = self._session.call("model.project.work.status.search", domain)
        status: int = found
        return status
