"""The demo ERP does what the rest of the suite relies on."""

from __future__ import annotations

import datetime as dt
import tomllib
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from deploy.tryton.admin import TrytonAdmin, tryton_date
from deploy.tryton.build import FIRM
from deploy.tryton.pytest_plugin import StartTryton
from deploy.tryton.reader import TrytonRefusal, TrytonSession
from deploy.tryton.server import TrytonServer

WORK_DAY = dt.date(2026, 11, 10)


def new_line(server: TrytonServer, **changes: Any) -> dict[str, Any]:
    work = server.manifest["projects"][0]["tasks"][0]["timesheet_work_id"]
    values = {
        "company": server.manifest["company"]["id"],
        "employee": server.manifest["employees"][0]["id"],
        "work": work,
        "date": tryton_date(WORK_DAY),
        "duration": {"__class__": "timedelta", "seconds": 5400},
        "description": "test line",
    }
    return {**values, **changes}


def create(session: TrytonSession, *lines: dict[str, Any]) -> list[int]:
    created: list[int] = session.call("model.timesheet.line.create", list(lines))
    return created


def test_manifest_matches_the_firm_file(tryton_stock: TrytonServer) -> None:
    firm = tomllib.loads(FIRM.read_text(encoding="utf-8"))
    manifest = tryton_stock.manifest
    assert [e["email"] for e in manifest["employees"]] == [w["email"] for w in firm["workers"]]
    assert [(p["code"], [t["name"] for t in p["tasks"]]) for p in manifest["projects"]] == [
        (p["code"], p["tasks"]) for p in firm["projects"]
    ]
    with tryton_stock.reader() as reader:
        stored = reader.call("model.party.party.search_count", [["code", "like", "C-%"]])
    assert stored == len(firm["clients"])


def test_stock_tryton_refuses_a_uuid_from_outside(tryton_stock: TrytonServer) -> None:
    key = str(uuid.uuid4())
    with tryton_stock.reader() as reader:
        with pytest.raises(TrytonRefusal, match="not allowed to modify the field"):
            create(reader, new_line(tryton_stock, uuid=key))
        assert reader.lines(["uuid", "=", key]) == []


def test_module_takes_a_uuid_once_and_keeps_it(tryton_with_reference: TrytonServer) -> None:
    key = str(uuid.uuid4())
    with tryton_with_reference.reader() as reader:
        (line,) = create(reader, new_line(tryton_with_reference, uuid=key))
        with pytest.raises(TrytonRefusal, match="UUID of timesheet line must be unique"):
            create(reader, new_line(tryton_with_reference, uuid=key))
        with pytest.raises(TrytonRefusal, match="not allowed to modify the field"):
            reader.call("model.timesheet.line.write", [line], {"uuid": str(uuid.uuid4())})
        assert [row.id for row in reader.lines(["uuid", "=", key])] == [line]


def test_integration_user_may_write_lines_of_anybody(tryton_with_reference: TrytonServer) -> None:
    login = tryton_with_reference.manifest["integration_user"]
    server = tryton_with_reference
    with TrytonSession(
        server.base_url, server.database, login["login"], login["password"]
    ) as session:
        (line,) = create(session, new_line(server))
        assert session.call("model.timesheet.line.read", [line], ["id"]) == [{"id": line}]
        with pytest.raises(TrytonRefusal, match="not allowed to access"):
            session.call("model.project.work.write", [server.manifest["projects"][0]["id"]], {})


def test_four_concurrent_writers_all_succeed(tryton_with_reference: TrytonServer) -> None:
    marker = f"concurrent {uuid.uuid4()}"

    def write_batches(_: int) -> None:
        with tryton_with_reference.reader() as session:
            for _ in range(5):
                lines = [
                    new_line(tryton_with_reference, description=marker, uuid=str(uuid.uuid4()))
                    for _ in range(20)
                ]
                create(session, *lines)

    with ThreadPoolExecutor(4) as writers:
        list(writers.map(write_batches, range(4)))
    with tryton_with_reference.reader() as reader:
        assert len(reader.lines(["description", "=", marker])) == 4 * 5 * 20


def test_a_closed_project_takes_no_hours_until_it_is_reopened(start_tryton: StartTryton) -> None:
    server = start_tryton("stock")
    with server.reader() as reader:
        admin = TrytonAdmin(reader)
        create(reader, new_line(server))
        admin.close_project("HR-1042", WORK_DAY - dt.timedelta(days=1))
        with pytest.raises(TrytonRefusal, match="not valid according to its domain"):
            create(reader, new_line(server))
        admin.reopen_project("HR-1042")
        create(reader, new_line(server))
        assert reader.count() == 2
        assert reader.minutes() == 180


def test_an_invoiced_line_cannot_be_deleted(start_tryton: StartTryton) -> None:
    server = start_tryton("stock")
    with server.reader() as reader:
        admin = TrytonAdmin(reader)
        employee = server.manifest["employees"][0]["id"]
        task = server.manifest["projects"][0]["tasks"][0]["timesheet_work_id"]
        line = admin.key_in_line(employee, task, WORK_DAY, 60, "keyed in")
        admin.invoice_project("HR-1042")
        (row,) = reader.lines()
        assert (row.id, row.invoiced, row.project, row.task) == (
            line,
            True,
            "HR-1042 Ledger migration",
            "Discovery",
        )
        assert row.employee_email == server.manifest["employees"][0]["email"]
        with pytest.raises(TrytonRefusal, match="because it has been invoiced"):
            admin.delete_line(line)


def test_what_was_committed_survives_kill_and_restart(start_tryton: StartTryton) -> None:
    server = start_tryton("with_reference")
    with server.reader() as reader:
        create(reader, new_line(server))
    server.kill()
    assert server.pid is None
    with pytest.raises(httpx2.ConnectError):
        server.reader()
    server.start()
    with server.reader() as reader:
        assert reader.count() == 1
    with pytest.raises(ValueError, match="holds the with_reference variant"):
        TrytonServer(server.state_dir, "stock")
