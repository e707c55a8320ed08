"""Entries to send, and their signed deliveries."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from standardwebhooks.webhooks import Webhook

Json = dict[str, Any]

NARRATIVE = "Reviewed the migration plan with the client's team"


@dataclass(frozen=True)
class Firm:
    """Whom and what the entries are about; an ERP knows both by these words.

    :param people: e-mail addresses.
    :param works: code of a project, and the name of one of its tasks.
    :param days: how many days from `first_day` on are booked.
    """

    people: Sequence[str]
    works: Sequence[tuple[str, str]]
    first_day: date = date(2026, 7, 6)
    days: int = 100

    def day(self, number: int) -> date:
        """The day of an entry: everybody gets one before anybody gets the next."""
        return self.first_day + timedelta(days=number // len(self.people) % self.days)


@dataclass(frozen=True)
class Delivery:
    """One signed webhook with one entry."""

    entry_id: str
    headers: dict[str, str]
    body: bytes


def entry(firm: Firm, number: int, run: str) -> Json:
    """A full entry, approved by somebody else; 15 minutes, so that no day overflows."""
    worker, work = number % len(firm.people), number % len(firm.works)
    email, (project, task) = firm.people[worker], firm.works[work]
    now = datetime.now(UTC).isoformat()
    return {
        "external_id": f"{run}-{number}",
        "worker": _reference(f"u{worker}", name=f"Person {worker}", email=email),
        "project": _reference(f"p{project}", code=project),
        "task": _reference(f"t{work}", name=task),
        "work_date": firm.day(number).isoformat(),
        "minutes": 15,
        "timezone": "Europe/Berlin",
        "billable": True,
        "narrative": NARRATIVE,
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
