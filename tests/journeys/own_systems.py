"""A tracker and an ERP of a firm's own, of which Timepost knows what its configuration says.

The tracker is played here, with Standard Webhooks' own library; the ERP is the stand-in of
`deploy/sandboxes/http_json_erp`, which takes a repeated key for another line. The connections are
the examples of the two connectors' guides, with addresses and secrets put in.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from secrets import token_bytes, token_urlsafe
from typing import Any
from uuid import uuid4

from standardwebhooks.webhooks import Webhook

from deploy.local.run_secrets import keep_secret
from deploy.sandboxes.http_json_erp.background import serving
from deploy.sandboxes.http_json_erp.erp import Behaviour, OwnErp
from system_apis.connectors import http_json, signed_events

OWN_TRACKER, OWN_ERP = "own-tracker", "own-erp"
ENTITY = "NO01"
SETTLE_SECONDS = 3
PEOPLE = {"N1": "nora.halvorsen@nordic.example", "N2": "odd.berg@nordic.example"}

Json = dict[str, Any]


@dataclass(frozen=True, order=True)
class Row:
    """A line as that ERP has it; the text tells which entry it is."""

    text: str
    employee: str
    project: str
    task: str
    date: str
    hours: float


class OwnSystems:
    """Both of them, and what the connections file says of them."""

    def __init__(self, erp: OwnErp, url: str) -> None:
        self.erp = erp
        self.url = url
        self.signing_secret = "whsec_" + b64encode(token_bytes(32)).decode()
        self.calm()
        self.connections = f"\n{self._tracker()}\n{self._erp()}"

    @property
    def token(self) -> str:
        """What the ERP asks callers for."""
        return self.erp.bearer or ""

    def keep_secrets(self, directory: Path) -> None:
        keep_secret(directory / "own-erp-token", self.token)
        keep_secret(directory / "own-tracker", self.signing_secret)

    def calm(self) -> None:
        """No faults any more; keys are ignored in any case."""
        self.erp.behaviour = Behaviour(honours_keys=False, checks_employees=True)

    def rows(self, texts: Sequence[str]) -> list[Row]:
        """The ERP's own lines with these texts, doubled ones as often as they stand there."""
        return sorted(
            Row(
                line["text"],
                line["employee"],
                line["project"]["id"],
                line["project"]["task"],
                line["date"],
                line["hours"],
            )
            for line in list(self.erp.lines)
            if line["text"] in texts
        )

    def sign(self, document: Json, delivery_id: str) -> tuple[dict[str, str], bytes]:
        """Headers and body of a delivery, as a tracker that follows Standard Webhooks sends it."""
        body, now = json.dumps(document), datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "webhook-id": delivery_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(self.signing_secret).sign(delivery_id, now, body),
        }
        return headers, body.encode()

    def _tracker(self) -> str:
        return (
            _documented(signed_events)
            .replace("own-tracker-us", OWN_TRACKER)
            .replace('{ env = "OWN_TRACKER_SECRET" }', '{ file = "secrets/own-tracker" }')
        )

    def _erp(self) -> str:
        return (
            _documented(http_json)
            .replace("own-erp-us", OWN_ERP)
            .replace("https://erp.example.com", self.url)
            .replace('{ env = "OWN_ERP_TOKEN" }', '{ file = "secrets/own-erp-token" }')
            .replace('"native_replay"', '"marker_search"')
            .replace("settle_seconds = 30", f"settle_seconds = {SETTLE_SECONDS}")
        )


@contextmanager
def own_systems() -> Iterator[OwnSystems]:
    """The ERP listens inside the block."""
    erp = OwnErp(bearer=token_urlsafe(24))
    erp.masters.update(masters())
    with serving(erp) as url:
        yield OwnSystems(erp, url)


def masters() -> dict[str, list[Json]]:
    """What that ERP knows: two people, an open project and a closed one, this year's months."""
    return {
        "employees": [
            {"id": number, "company": "1", "name": email.partition("@")[0], "email": email}
            for number, email in PEOPLE.items()
        ],
        "customers": [{"id": "K1", "name": "Fjordline"}],
        "projects": [
            _project("NO-1", "Quay inspection", closed=False),
            _project("NO-2", "Crane survey", closed=True),
        ],
        "tasks": [
            {"id": f"{project}:Survey", "project": project, "name": "Survey"}
            for project in ("NO-1", "NO-2")
        ],
        "periods": [
            {
                "id": "2026",
                "company": "1",
                "from": "2026-01-01",
                "to": "2026-12-31",
                "closed": False,
            }
        ],
    }


def entry(
    text: str,
    *,
    worker: str = "N1",
    project: str = "NO-1",
    minutes: int = 60,
    day: date = date(2026, 9, 14),
    approved: bool = True,
    external_id: str | None = None,
) -> Json:
    """An entry in Timepost's words, as that tracker pushes it."""
    now = datetime.now(UTC).isoformat()
    approver = {"external_id": "u-boss", "email": "boss@nordic.example"}
    approval = {"status": "APPROVED", "approver": approver, "decided_at": now}
    return {
        "external_id": external_id or f"e-{uuid4().hex}",
        "worker": {"external_id": f"u-{worker}", "email": PEOPLE[worker]},
        "project": {"external_id": f"p-{project}", "code": project},
        "task": {"external_id": f"t-{project}", "name": "Survey"},
        "work_date": day.isoformat(),
        "minutes": minutes,
        "timezone": "Europe/Oslo",
        "billable": True,
        "narrative": text,
        "modified_at": now,
        **({"approval": approval} if approved else {}),
    }


def row_of(pushed: Json) -> Row:
    """The line that must come of an entry."""
    code = pushed["project"]["code"]
    return Row(
        pushed["narrative"],
        pushed["worker"]["external_id"].removeprefix("u-"),
        code,
        f"{code}:Survey",
        pushed["work_date"],
        round(pushed["minutes"] / 60, 4),
    )


def _project(code: str, name: str, *, closed: bool) -> Json:
    return {
        "id": code,
        "company": "1",
        "code": code,
        "name": f"{code} {name}",
        "customer": "K1",
        "closed": closed,
    }


def _documented(connector: Any) -> str:
    """The first example of a connector's guide."""
    guide = (Path(str(connector.__file__)).parent / "README.md").read_text(encoding="utf-8")
    (example, *_) = re.findall(r"```toml\n(.*?)```", guide, re.DOTALL)
    return str(example).replace('"US01"', f'"{ENTITY}"')
