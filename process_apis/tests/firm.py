"""A small firm for the tests: one legal entity, two workers, two projects."""

from datetime import UTC, datetime
from typing import Any

from process_apis.tests.system_stand_in import StandIn

Json = dict[str, Any]

ADA = {"external_id": "u-ada", "code": None, "name": "Ada Obi", "email": "ada@example.com"}
BEN = {"external_id": "u-ben", "code": None, "name": "Ben Roy", "email": "ben@example.com"}
MIA = {"external_id": "u-mia", "code": None, "name": "Mia Lund", "email": "mia@example.com"}
STRANGER = {"external_id": "u-x", "code": None, "name": "X Y", "email": "x@example.com"}
LEDGER = {"external_id": "p-1", "code": "HR-1042", "name": "HR-1042 Ledger", "email": None}
CLOSED = {"external_id": "p-2", "code": "HR-0987", "name": "HR-0987 Old", "email": None}
NOWHERE = {"external_id": "p-3", "code": "HR-4711", "name": "HR-4711 Lost", "email": None}
UNMAPPED = {"external_id": "t-9", "code": None, "name": "Sculpting", "email": None}
DESIGN = {"external_id": "t-1", "code": None, "name": "Design", "email": None}
DECIDED = datetime(2026, 6, 8, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 6, 9, 9, 0, tzinfo=UTC)
LATEST = datetime(2026, 6, 10, 9, 0, tzinfo=UTC)


def masters() -> dict[str, list[Json]]:
    """What the ERP knows."""
    return {
        "legal-entities": [
            {"external_id": "1", "code": "HRC-US", "name": "Halden Ridge", "currency": "USD"}
        ],
        "workers": [_worker("11", "E001", "Ada Obi", ADA), _worker("12", "E002", "Ben Roy", BEN)],
        "clients": [{"external_id": "21", "code": "C-101", "name": "Acme"}],
        "projects": [
            _project("31", "HR-1042", "HR-1042 Ledger", "OPEN"),
            _project("32", "HR-0987", "HR-0987 Old", "CLOSED"),
        ],
        "tasks": [
            {
                "external_id": "41",
                "project_id": "31",
                "code": None,
                "name": "Design",
                "status": "OPEN",
                "bookable": True,
                "start_date": None,
                "end_date": None,
            }
        ],
        "periods": [_period(month) for month in range(5, 10)],
    }


def _worker(external_id: str, number: str, name: str, said: Json) -> Json:
    return {
        "external_id": external_id,
        "legal_entity_id": "1",
        "employee_number": number,
        "name": name,
        "email": said["email"],
        "hire_date": "2020-01-01",
        "termination_date": None,
    }


def _project(external_id: str, code: str, name: str, status: str) -> Json:
    return {
        "external_id": external_id,
        "legal_entity_id": "1",
        "code": code,
        "name": name,
        "client_id": "21",
        "status": status,
        "bookable": True,
        "start_date": None,
        "end_date": None,
    }


def _period(month: int) -> Json:
    last = {5: 31, 6: 30, 7: 31, 8: 31, 9: 30}[month]
    return {
        "external_id": f"2026-{month}",
        "legal_entity_id": "1",
        "name": f"2026-{month:02}",
        "start_date": f"2026-{month:02}-01",
        "end_date": f"2026-{month:02}-{last}",
        "status": "OPEN",
    }


def enter(
    system: StandIn,
    entry_id: str,
    *,
    worker: Json = ADA,
    project: Json | None = LEDGER,
    task: Json | None = DESIGN,
    work_date: str = "2026-06-02",
    minutes: int = 480,
) -> None:
    """Enter (or change) an entry in the tracker."""
    system.entries[entry_id] = {
        "external_id": entry_id,
        "worker": worker,
        "client": None,
        "project": project,
        "task": task,
        "work_date": work_date,
        "minutes": minutes,
        "started_at": None,
        "ended_at": None,
        "timezone": "Europe/Berlin",
        "billable": True,
        "narrative": "SECRET-NARRATIVE about the client",
        "tags": [],
        "running": False,
        "invoiced": False,
        "approval": None,
        "modified_at": None,
    }


def decide(
    system: StandIn,
    approval_id: str,
    covers: list[str],
    *,
    status: str = "APPROVED",
    worker: Json = ADA,
    approver: Json = MIA,
    decided_at: datetime = DECIDED,
) -> None:
    """Submit, approve, reject or withdraw a week in the tracker."""
    system.approvals[approval_id] = {
        "external_id": approval_id,
        "worker": worker,
        "period_start": "2026-06-01",
        "period_end": "2026-06-07",
        "status": status,
        "approver": approver if status != "SUBMITTED" else None,
        "decided_at": decided_at.isoformat() if status != "SUBMITTED" else None,
        "note": None,
        "covers": covers,
    }


def line(external_id: str, *, minutes: int = 480, work_date: str = "2026-06-02") -> Json:
    """A line that somebody keyed into the ERP: Ada's, on the ledger's design."""
    return {
        "external_id": external_id,
        "posting_key": None,
        "legal_entity_id": "1",
        "worker_id": "11",
        "project_id": "31",
        "task_id": "41",
        "work_date": work_date,
        "minutes": minutes,
        "accounting_date": None,
        "invoiced": "none",
        "version": None,
    }
