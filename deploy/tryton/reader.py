"""Reads Tryton on its own, for tests and for the demo's closing table.

It shares no code with Timepost's Tryton connector on purpose: what the connector claims to have
posted is checked here by other means.
"""

from __future__ import annotations

import base64
import datetime as dt
import itertools
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx2


class TrytonRefusal(Exception):
    """Tryton answered with a business error. `kind` is its exception's name, `text` its message."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(f"{kind}: {text}")
        self.kind = kind
        self.text = text


class TrytonSession:
    """A logged-in JSON-RPC session: `call("model.party.party.search", [])`."""

    def __init__(self, base_url: str, database: str, user: str, password: str) -> None:
        self._ids = itertools.count(1)
        self._http = httpx2.Client(base_url=base_url, timeout=60)
        self._path = f"/{database}/rpc/"
        try:
            user_id, token = self._post(
                "common.db.login", [user, {"password": password}, "en"], headers={}
            )[:2]
        except BaseException:
            self._http.close()
            raise
        session = base64.b64encode(f"{user}:{user_id}:{token}".encode()).decode()
        self._headers = {"Authorization": f"Session {session}"}
        preferences = self._post(
            "model.res.user.get_preferences", [True, {}], headers=self._headers
        )
        self.context: dict[str, Any] = {
            key: preferences[key] for key in ("company", "language") if key in preferences
        }

    def call(self, method: str, *params: Any, **context: Any) -> Any:
        """Call a method in the session's context, with what is given beside it."""
        return self._post(method, [*params, self.context | context], headers=self._headers)

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _post(self, method: str, params: list[Any], headers: dict[str, str]) -> Any:
        body = {"id": next(self._ids), "method": method, "params": params}
        response = self._http.post(self._path, json=body, headers=headers)
        response.raise_for_status()
        answer = response.json()
        if "error" in answer:
            kind, detail = answer["error"]
            raise TrytonRefusal(kind, detail if isinstance(detail, str) else str(detail[0]))
        return answer["result"]


@dataclass(frozen=True)
class TimesheetLine:
    """One timesheet line, in words: hours as whole minutes, work as project and task name."""

    id: int
    employee_email: str
    employee: str
    project: str
    task: str | None
    date: dt.date
    minutes: int
    description: str | None
    uuid: str | None
    invoiced: bool


class TrytonReader(TrytonSession):
    """Answers what stands in the ERP, row by row."""

    def count(self) -> int:
        found: int = self.call("model.timesheet.line.search_count", [])
        return found

    def minutes(self) -> int:
        return sum(line.minutes for line in self.lines())

    def lines(self, *domain: Any) -> list[TimesheetLine]:
        """All timesheet lines, or those a Tryton search domain selects, oldest first."""
        names = ["employee.party", "employee.rec_name", "work.origin", "date", "duration"]
        names += ["description", "uuid", "invoice_line"]
        rows = self.call(
            "model.timesheet.line.search_read", list(domain), 0, None, [["id", "ASC"]], names
        )
        works = self._works()
        emails = self._emails()
        return [self._line(row, works, emails) for row in rows]

    def _line(
        self, row: dict[str, Any], works: dict[int, dict[str, Any]], emails: dict[int, str]
    ) -> TimesheetLine:
        work = works[int(row["work."]["origin"].rpartition(",")[2])]
        parent = works.get(work["parent"])
        return TimesheetLine(
            id=row["id"],
            employee_email=emails.get(row["employee."]["party"], ""),
            employee=row["employee."]["rec_name"],
            project=(parent or work)["name"],
            task=work["name"] if parent else None,
            date=dt.date(row["date"]["year"], row["date"]["month"], row["date"]["day"]),
            minutes=round(row["duration"]["seconds"] / 60),
            description=row["description"],
            uuid=row["uuid"],
            invoiced=row["invoice_line"] is not None,
        )

    def _works(self) -> dict[int, dict[str, Any]]:
        rows = self.call(
            "model.project.work.search_read", [], 0, None, None, ["name", "parent", "status"]
        )
        return {row["id"]: row for row in rows}

    def _emails(self) -> dict[int, str]:
        rows = self.call(
            "model.party.contact_mechanism.search_read",
            [["type", "=", "email"]],
            0,
            None,
            [["id", "DESC"]],
            ["party", "value"],
        )
        return {row["party"]: row["value"] for row in rows}
