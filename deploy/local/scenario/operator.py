"""What an integration operator sees and does through the process tier's API."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx2

from deploy.local.scenario.refusals import Refused
from deploy.local.scenario.verdict import Case

CLIENT = "timepost-operator"
RENEW_BEFORE_SECONDS = 60
UNDER_WAY = ("RECEIVED", "READY", "SENDING", "IN_DOUBT")


@dataclass(frozen=True)
class Status:
    """The counts of `GET /v1/status`."""

    entries: dict[str, int] = field(default_factory=dict)
    postings: dict[str, int] = field(default_factory=dict)
    open_cases: dict[str, int] = field(default_factory=dict)
    inbox_pending: int = 0
    posting_due: int = 0
    feedback: dict[str, int] = field(default_factory=dict)
    lag_ms: dict[str, float | None] = field(default_factory=dict)

    @property
    def approved(self) -> int:
        return self.entries.get("APPROVED", 0)

    @property
    def posted(self) -> int:
        return self.postings.get("POSTED", 0)

    @property
    def cases(self) -> int:
        return sum(self.open_cases.values())

    @property
    def under_way(self) -> int:
        """What no person has to act on, and what is not done."""
        moving = sum(self.postings.get(state, 0) for state in UNDER_WAY)
        return self.inbox_pending + self.posting_due + moving


@dataclass(frozen=True)
class Entry:
    """An entry as Timepost knows it."""

    state: str
    minutes: int


class Operator:
    """A client of the process tier with all of its scopes."""

    def __init__(self, process_url: str, identity_url: str, secret: str) -> None:
        self._http = httpx2.AsyncClient(base_url=process_url, timeout=30)
        self._token_url = f"{identity_url}/token"
        self._secret = secret
        self._token = ""
        self._renew_at = 0.0

    async def status(self) -> Status:
        answer = await self._call("GET", "/v1/status")
        known = Status.__dataclass_fields__
        return Status(**{name: value for name, value in answer.items() if name in known})

    async def open_cases(self) -> list[Case]:
        """All of them, over all pages."""
        return await self._cases(open_only=True)

    async def all_cases(self) -> list[Case]:
        """Those that were resolved, too."""
        return await self._cases(open_only=False)

    async def _cases(self, *, open_only: bool) -> list[Case]:
        found = []
        asked = {"open_only": str(open_only).lower(), "limit": "100"}
        async for page in self._pages("/v1/cases", asked):
            for case in page["cases"]:
                resolved = case["resolved_at"] is not None
                found.append(Case(case["entry_external_id"], case["code"], resolved))
        return found

    async def drift(self) -> list[dict[str, Any]]:
        """Where systems disagree."""
        answer = await self._call("GET", "/v1/master-data/drift", {"limit": "1000"})
        return list(answer["drift"])

    async def entries_of(self, connection: str) -> dict[str, Entry]:
        """What Timepost knows of a tracker's entries, by the tracker's ids."""
        found = {}
        async for page in self._pages("/v1/time-entries", {"connection": connection}):
            for each in page["entries"]:
                found[each["external_id"]] = Entry(each["state"], each["minutes"])
        return found

    async def knows(self, connection: str) -> bool:
        """Whether the process tier has heard of a connection from the system tier."""
        answer = await self._call("GET", "/v1/connections")
        return any(each["name"] == connection for each in answer["connections"])

    async def refresh_masters(self, connection: str) -> str:
        """Have the ERP's master data read; answers the run's id."""
        answer = await self._call("POST", f"/v1/master-data/{connection}/refresh")
        return str(answer["id"])

    async def masters_run(self, run_id: str) -> dict[str, Any]:
        answer = await self._call("GET", f"/v1/master-data/runs/{run_id}")
        return dict(answer)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def _pages(self, path: str, query: dict[str, str]) -> AsyncIterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            page = await self._call(
                "GET", path, {**query, **({"cursor": cursor} if cursor else {})}
            )
            yield page
            cursor = page["next_cursor"]
            if not cursor:
                return

    async def _call(self, method: str, path: str, query: dict[str, str] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {await self._valid_token()}"}
        answer = await self._http.request(method, path, params=query, headers=headers)
        if not answer.is_success:
            raise Refused(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json()

    async def _valid_token(self) -> str:
        if time.monotonic() > self._renew_at:
            form = {"grant_type": "client_credentials", "audience": "timepost-process"}
            answer = await self._http.post(
                self._token_url, data=form, auth=httpx2.BasicAuth(CLIENT, self._secret)
            )
            granted = answer.raise_for_status().json()
            self._token = granted["access_token"]
            self._renew_at = time.monotonic() + granted["expires_in"] - RENEW_BEFORE_SECONDS
        return self._token
