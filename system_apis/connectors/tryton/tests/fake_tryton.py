"""A Tryton of a few records that answers on the wire and fails when it is told to.

For what the real one cannot be made to do on demand: answers that get lost before or after the
commit, resets, gateways, expired sessions. What it answers is taken from recorded answers.
"""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2

from system_apis.connectors.tryton.tests import recorded_answers

Failure = Callable[[httpx2.Request], httpx2.Response]
DUPLICATE = recorded_answers.refusals()["duplicate_uuid"]


def lost(kind: type[httpx2.TransportError]) -> Failure:
    """The connection breaks in the way httpx2 reports as ``kind``."""

    def fail(request: httpx2.Request) -> httpx2.Response:
        raise kind("broken on purpose", request=request)

    return fail


def status(code: int, **headers: str) -> Failure:
    return lambda _: httpx2.Response(code, text="<html>a gateway's page</html>", headers=headers)


def refusing(error: list[Any]) -> Failure:
    return lambda request: httpx2.Response(
        200, json={"id": json.loads(request.content)["id"], "error": error}
    )


_RECORDED = {
    "model.company.company.search_read": "companies",
    "model.company.employee.search_read": "employees",
    "model.project.work.search_read": "works",
    "model.account.period.search_read": "periods",
}


@dataclass
class FakeTryton:
    """Answers at `/halden/rpc/`, or at `/halden/` if it is ``old``.

    :param before: failures of create calls that do nothing, taken one by one.
    :param after: failures of create calls that commit first.
    :param invoiced_meanwhile: lines that are invoiced after they were looked at for a deletion.
    :param after_delete: failures of delete calls that commit first.
    :param on_other: failures of calls by method, other than create.
    :param refuses: descriptions that a line must not have; one refuses its whole call.
    """

    uuid_readonly: bool = False
    old: bool = False
    before: list[Failure] = field(default_factory=list)
    after: list[Failure] = field(default_factory=list)
    invoiced_meanwhile: set[int] = field(default_factory=set)
    after_delete: list[Failure] = field(default_factory=list)
    on_other: dict[str, list[Failure]] = field(default_factory=dict)
    refuses: dict[str, list[Any]] = field(default_factory=dict)
    lines: list[dict[str, Any]] = field(default_factory=list)
    creates: list[int] = field(default_factory=list)
    deletes: list[int] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    sessions: set[str] = field(default_factory=set)
    logins: int = 0
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path != ("/halden/" if self.old else "/halden/rpc/"):
            return httpx2.Response(404 if self.old else 405)
        call = json.loads(request.content)
        method = call["method"]
        self.calls.append(method)
        if failures := self.on_other.get(method):
            return failures.pop(0)(request)
        if method == "common.db.login":
            self.logins += 1
            self.sessions = {f"token{self.logins}"}
            return _result(call, [2, f"token{self.logins}", *([] if self.old else [None])])
        if not self._knows(request):
            return httpx2.Response(401)
        writes = {
            "model.timesheet.line.create": self._create,
            "model.timesheet.line.delete": self._delete,
        }
        if method in writes:
            return writes[method](request, call)
        return _result(call, self._answer(method, call["params"]))

    def _knows(self, request: httpx2.Request) -> bool:
        header = request.headers.get("authorization", "").removeprefix("Session ")
        return base64.b64decode(header).decode().rpartition(":")[2] in self.sessions

    def _create(self, request: httpx2.Request, call: dict[str, Any]) -> httpx2.Response:
        values = call["params"][0]
        self.creates.append(len(values))
        if self.before:
            return self.before.pop(0)(request)
        for each in values:
            if error := self.refuses.get(each["description"] or ""):
                return _error(call, error)
            if any(line["uuid"] == each.get("uuid") is not None for line in self.lines):
                return _error(call, DUPLICATE)
        made = [self._store(each) for each in values]
        if self.after:
            return self.after.pop(0)(request)
        return _result(call, made)

    def _delete(self, request: httpx2.Request, call: dict[str, Any]) -> httpx2.Response:
        gone = call["params"][0]
        self.deletes.append(len(gone))
        if self.invoiced_meanwhile & set(gone):
            return _error(call, recorded_answers.refusals()["invoiced_delete"])
        self.lines = [line for line in self.lines if line["id"] not in gone]
        if self.after_delete:
            return self.after_delete.pop(0)(request)
        return _result(call, None)

    def _store(self, values: dict[str, Any]) -> int:
        (recorded,) = recorded_answers.raw_records("lines")
        number = next(self._ids)
        work = {"work.": {"id": values["work"], "origin": f"project.work,{values['work']}"}}
        own = {"uuid": None, "invoice_line": None, **values, **work, "id": number}
        self.lines.append({**recorded, **own})
        return number

    def _answer(self, method: str, params: list[Any]) -> Any:
        if method == "model.timesheet.line.fields_get":
            return {"uuid": {"readonly": self.uuid_readonly}, "invoice_line": {}}
        if method == "model.timesheet.line.search_read":
            return [line for line in self.lines if _selects(params[0][0], line)]
        if method == "model.account.invoice.line.search_read":
            return []
        return recorded_answers.raw_records(_RECORDED[method]) if method in _RECORDED else None


def _selects(domain: list[Any], line: dict[str, Any]) -> bool:
    """As much of Tryton's domains as look-ups use."""
    match domain:
        case ["OR", *rest]:
            return any(_selects(part, line) for part in rest)
        case [str(name), "in", values]:
            return line[name] in values
        case [str(name), "like", str(pattern)]:
            return pattern.strip("%") in (line[name] or "")
        case [str(name), "=", value]:
            return bool(line[name] == value)
    return all(_selects(part, line) for part in domain)


def _result(call: dict[str, Any], result: Any) -> httpx2.Response:
    return httpx2.Response(200, json={"id": call["id"], "result": result})


def _error(call: dict[str, Any], error: list[Any]) -> httpx2.Response:
    return httpx2.Response(200, json={"id": call["id"], "error": error})
