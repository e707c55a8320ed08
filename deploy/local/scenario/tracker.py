"""What people do in the tracker, through Clockify's own API and with their own keys.

The second half is the stand-in's control API: it makes webhooks arrive doubled, late or never.
"""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2

from deploy.local.scenario.firm import FIRM_FILE, Person
from deploy.local.scenario.make_plan import CONTRACTOR, UNMAPPED_PROJECT, UNMAPPED_TASK
from deploy.local.scenario.plan import PlannedEntry
from deploy.local.scenario.refusals import Refused
from deploy.local.scenario.world import LATE_PROJECT
from deploy.sandboxes.clockify.app import API_PREFIX
from deploy.sandboxes.clockify.firm import Firm, FirmProject, Founded, Worker
from deploy.sandboxes.clockify.seed import register_webhooks


def found_firm(url: str, webhooks_url: str, file: Path = FIRM_FILE) -> tuple[Founded, list[str]]:
    """Put the firm into the stand-in, with what only the tracker knows: the contractor, a task and
    a project.

    Answers ids and keys, and the tokens of the webhooks that call `webhooks_url`.
    """
    firm = Firm.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    firm.workers.append(
        Worker(name=CONTRACTOR.name, email=CONTRACTOR.email, timezone=CONTRACTOR.timezone)
    )
    firm.projects.append(
        FirmProject(code=LATE_PROJECT.code, name=LATE_PROJECT.title, tasks=list(LATE_PROJECT.tasks))
    )
    for project in firm.projects:
        if project.code == UNMAPPED_PROJECT:
            project.tasks.append(UNMAPPED_TASK)
    with httpx2.Client(base_url=url, timeout=30) as http:
        answer = http.post("/_sandbox/firm", json=firm.model_dump()).raise_for_status()
        founded = Founded.model_validate(answer.json())
        return founded, register_webhooks(http, founded, webhooks_url)


class Tracker:
    """The tracker as its users see it. Any refusal is an error of the scenario and is raised."""

    def __init__(self, url: str, founded: Founded) -> None:
        self._firm = founded
        self._http = httpx2.AsyncClient(base_url=url, timeout=30)
        self._path = f"{API_PREFIX}/workspaces/{founded.workspace_id}"

    async def enter(self, person: Person, entry: PlannedEntry) -> str:
        """Enter time; answers the entry's id."""
        answer = await self._as(person, "POST", "/time-entries", self._body(entry))
        return str(answer["id"])

    async def submit(self, person: Person, monday: date) -> str:
        """Submit a week; answers the id of the approval request."""
        noon = datetime.combine(monday, time(12), person.zone)
        body = {"periodStart": instant(noon), "period": "WEEKLY"}
        answer = await self._as(person, "POST", "/approval-requests", body)
        return str(answer["id"])

    async def decide(self, approver: Person, approval_id: str, state: str, note: str = "") -> None:
        body = {"state": state, "note": note}
        await self._as(approver, "PATCH", f"/approval-requests/{approval_id}", body)

    async def edit(self, person: Person, entry_id: str, entry: PlannedEntry) -> None:
        """Replace an entry; the tracker refuses while an approval covers it."""
        await self._as(person, "PUT", f"/time-entries/{entry_id}", self._body(entry))

    async def delete(self, person: Person, entry_id: str) -> None:
        await self._as(person, "DELETE", f"/time-entries/{entry_id}", None)

    async def is_marked(self, entry_id: str) -> bool:
        """Whether Timepost has told the tracker that the entry is posted."""
        answer = await self._http.get(f"/_sandbox/time-entries/{entry_id}")
        return bool(answer.raise_for_status().json()["invoiced"])

    async def disturb_webhooks(self, **faults: Any) -> None:
        """How webhooks go wrong from now on; nothing given: not at all."""
        answer = await self._http.put("/_sandbox/webhook-faults", json=faults)
        answer.raise_for_status()

    async def release_webhooks_newest_first(self) -> None:
        answer = await self._http.post("/_sandbox/deliveries/release", json={"order": "reversed"})
        answer.raise_for_status()

    async def wait_for_webhooks(self) -> None:
        """Return when no delivery or repetition is under way any more."""
        answer = await self._http.post("/_sandbox/deliveries/settle", timeout=120)
        answer.raise_for_status()

    async def webhook_outcomes(self) -> list[str]:
        """`delivered`, `failed`, `dropped`, ... of every webhook so far."""
        answer = await self._http.get("/_sandbox/deliveries")
        return [str(delivery["outcome"]) for delivery in answer.raise_for_status().json()]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    def _body(self, entry: PlannedEntry) -> dict[str, Any]:
        project = self._firm.projects[entry.project.code]
        return {
            "start": instant(entry.start),
            "end": instant(entry.end),
            "projectId": project.id,
            "taskId": project.tasks[entry.task] if entry.task else None,
            "description": entry.narrative,
            "billable": entry.project.billable,
        }

    async def _as(self, person: Person, method: str, path: str, body: Any) -> Any:
        headers = {"X-Api-Key": self._firm.users[person.email].api_key}
        answer = await self._http.request(method, self._path + path, json=body, headers=headers)
        if not answer.is_success:
            raise Refused(
                f"The tracker refused {method} {path} by {person.name}: "
                f"{answer.status_code} {answer.text[:300]}"
            )
        return answer.json() if answer.content else None


def instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
