"""A running stand-in with a small firm, and people who act in it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from deploy.sandboxes.clockify import create_sandbox
from deploy.sandboxes.clockify.background import serving
from deploy.sandboxes.clockify.seed import Seeded, register_webhooks, seed
from deploy.sandboxes.clockify.tests.receiver import Receiver, receiving
from shared.values import FixedClock

FIRM = """
[firm]
name = "Halden Ridge Consulting"
timezone = "America/New_York"

[[workers]]
name = "Ada Lindqvist"
email = "ada@haldenridge.example"
timezone = "America/New_York"

[[workers]]
name = "Kirra Donnelly"
email = "kirra@haldenridge.example"
timezone = "Australia/Sydney"

[[workers]]
name = "Ines Ferreira"
email = "ines@haldenridge.example"
timezone = "Europe/London"

[[clients]]
code = "C-101"
name = "Northwater Logistics"

[[projects]]
code = "HR-1042"
name = "Ledger migration"
client = "C-101"
tasks = ["Build", "Cutover"]

[[projects]]
code = "HR-0001"
name = "Practice development"
tasks = []
"""


@dataclass
class Sandbox:
    """What a test needs to know, and short ways to act as a person."""

    url: str
    clock: FixedClock
    seeded: Seeded
    http: httpx2.Client = field(repr=False)

    def key(self, who: str) -> str:
        firm = self.seeded.firm
        return firm.api_key if who == "admin" else firm.users[f"{who}@haldenridge.example"].api_key

    def user_id(self, who: str) -> str:
        return self.seeded.firm.users[f"{who}@haldenridge.example"].id

    def call(self, method: str, path: str, body: Any = None, *, who: str = "admin") -> Any:
        """The vendor's answer below the workspace; refusals raise."""
        address = f"/api/v1/workspaces/{self.seeded.firm.workspace_id}{path}"
        answer = self.http.request(method, address, json=body, headers={"X-Api-Key": self.key(who)})
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.http.request(method, f"/_sandbox{path}", json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def track(self, who: str, start: str, end: str | None, **fields: Any) -> str:
        """Id of a new entry on HR-1042, Build."""
        project = self.seeded.firm.projects["HR-1042"]
        body = {"projectId": project.id, "taskId": project.tasks["Build"], **fields}
        body |= {"start": start, "end": end}
        entry: str = self.call("POST", "/time-entries", body, who=who)["id"]
        return entry

    def submit(self, who: str, first_day: str = "2026-11-16") -> str:
        body = {"periodStart": f"{first_day}T12:00:00Z", "period": "WEEKLY"}
        request: str = self.call("POST", "/approval-requests", body, who=who)["id"]
        return request

    def decide(self, request_id: str, state: str, note: str = "", who: str = "ines") -> None:
        body = {"state": state, "note": note}
        self.call("PATCH", f"/approval-requests/{request_id}", body, who=who)

    def send_webhooks_to(self, receiver: Receiver) -> list[str]:
        """Tokens of newly registered webhooks for all followed events."""
        return register_webhooks(self.http, self.seeded.firm, receiver.url)


@pytest.fixture
def firm_file(tmp_path: Path) -> Path:
    path = tmp_path / "firm.toml"
    path.write_text(FIRM, encoding="utf-8")
    return path


@pytest.fixture
def sandbox(firm_file: Path) -> Iterator[Sandbox]:
    clock = FixedClock(datetime(2026, 11, 20, 9, 0, tzinfo=UTC))
    with (
        serving(create_sandbox(clock=clock)) as url,
        httpx2.Client(base_url=url, timeout=10) as http,
    ):
        yield Sandbox(url, clock, seed(url, firm_file), http)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running
