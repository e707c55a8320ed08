"""Entries to send, and their signed deliveries."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from standardwebhooks.webhooks import Webhook

FIRST_DAY = date(2026, 7, 6)
PEOPLE = 200
PROJECTS = 20

Json = dict[str, Any]


@dataclass(frozen=True)
class Delivery:
    """One signed webhook with one entry."""

    entry_id: str
    headers: dict[str, str]
    body: bytes


def masters() -> dict[str, list[Json]]:
    """What the ERP knows: the people and projects that the entries are about."""
    return {
        "employees": [
            {
                "id": f"E{number}",
                "company": "1",
                "name": f"Person {number}",
                "email": f"person{number}@example.com",
            }
            for number in range(PEOPLE)
        ],
        "customers": [{"id": "C1", "name": "Acme"}],
        "projects": [
            {
                "id": f"P{number}",
                "company": "1",
                "code": f"HR-{1000 + number}",
                "name": f"HR-{1000 + number} Project",
                "customer": "C1",
                "closed": False,
            }
            for number in range(PROJECTS)
        ],
        "tasks": [
            {"id": f"T{number}", "project": f"P{number}", "name": "Build"}
            for number in range(PROJECTS)
        ],
        "periods": [
            {
                "id": "2026-H2",
                "company": "1",
                "from": "2026-07-01",
                "to": "2026-12-31",
                "closed": False,
            }
        ],
    }


def entry(number: int, run: str) -> Json:
    """A full entry, approved by somebody else; 15 minutes, so that no day overflows."""
    worker, project = number % PEOPLE, number % PROJECTS
    day = FIRST_DAY + timedelta(days=(number // PEOPLE) % 100)
    now = datetime.now(UTC).isoformat()
    return {
        "external_id": f"{run}-{number}",
        "worker": _reference(f"u{worker}", name=f"Person {worker}", email=_email(worker)),
        "project": _reference(f"p{project}", code=f"HR-{1000 + project}"),
        "task": _reference(f"t{project}", name="Build"),
        "work_date": day.isoformat(),
        "minutes": 15,
        "timezone": "Europe/Berlin",
        "billable": True,
        "narrative": "Reviewed the migration plan with the client's team",
        "approval": {
            "status": "APPROVED",
            "approval_id": f"{run}-week-{worker}",
            "approver": _reference("boss", name="Mia Lund", email="mia@example.com"),
            "decided_at": now,
        },
        "modified_at": now,
    }


def sign(secret: str, entry_of_it: Json) -> Delivery:
    """A delivery by the rules of Standard Webhooks."""
    body = json.dumps({"entries": [entry_of_it]}).encode()
    delivery_id, at = f"msg_{uuid4().hex}", datetime.now(UTC)
    signature = Webhook(secret).sign(delivery_id, at, body.decode())
    headers = {
        "content-type": "application/json",
        "webhook-id": delivery_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }
    return Delivery(entry_of_it["external_id"], headers, body)


def _reference(external_id: str, **keys: str) -> Json:
    return {"external_id": external_id, **keys}


def _email(worker: int) -> str:
    return f"person{worker}@example.com"
