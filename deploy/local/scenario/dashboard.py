"""What people do at Timepost's own dashboard, each signed in with their own account."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

import httpx2

from deploy.identity.sign_in import BrowserClient, sign_in
from deploy.local.scenario.refusals import Refused

RENEW_BEFORE_SECONDS = 60
SCOPE = "openid approvals:read approvals:write"


class Dashboard:
    """The manager dashboard's API. Who acts is named by account, such as `ines`."""

    def __init__(self, experience_url: str, identity_url: str, password: str) -> None:
        self._http = httpx2.AsyncClient(base_url=experience_url, timeout=30)
        self._client = BrowserClient(
            issuer=identity_url,
            client_id="timepost-workbench",
            redirect_uri=f"{experience_url}/auth/callback",
            scope=SCOPE,
        )
        self._password = password
        self._tokens: dict[str, tuple[str, float]] = {}

    async def submit(self, who: str, **wanted: Any) -> dict[str, Any]:
        """Ask for approval of hours; answers what is asked for now and what was left out."""
        return await self.call(who, "POST", "/approvals/submissions", json=wanted)

    async def approvals(self, who: str, **query: str) -> list[dict[str, Any]]:
        """The rows of a list; without a `view`, what waits for this person's decision."""
        page = await self.call(who, "GET", "/approvals", params={"limit": "200", **query})
        return list(page["approvals"])

    async def approval(self, who: str, approval_id: str) -> dict[str, Any]:
        """One approval with its entries."""
        return await self.call(who, "GET", f"/approvals/{approval_id}")

    async def decide(
        self, who: str, row: dict[str, Any], decision: str, reason: str | None = None
    ) -> dict[str, Any]:
        """Approve or reject an approval as it was read; answers what became of the decision."""
        wanted = {"id": row["id"], "version": row["version"], "decision": decision}
        body = {"decisions": [{**wanted, "reason": reason}]}
        (outcome,) = (await self.call(who, "POST", "/approvals/decisions", json=body))["outcomes"]
        return dict(outcome)

    async def delegate(self, who: str, to: str, reason: str) -> str:
        """Have somebody stand in from now on, for a day; answers the delegation's id.

        :param to: their address.
        """
        now = datetime.now(UTC)
        times = {"valid_from": now.isoformat(), "valid_to": (now + timedelta(days=1)).isoformat()}
        body = {"delegate": to, "reason": reason, **times}
        return str((await self.call(who, "POST", "/delegations", json=body))["id"])

    async def end_delegation(self, who: str, delegation_id: str) -> None:
        """They are back."""
        await self.call(who, "DELETE", f"/delegations/{delegation_id}")

    async def call(self, who: str, method: str, path: str, **more: Any) -> dict[str, Any]:
        """:raises Refused: the dashboard refused the call as a whole."""
        headers = {"Authorization": f"Bearer {await self._token(who)}"}
        answer = await self._http.request(method, f"/dashboard/v1{path}", headers=headers, **more)
        if not answer.is_success:
            raise Refused(f"{method} {path} by {who}: {answer.status_code} {answer.text[:300]}")
        return dict(answer.json())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def _token(self, who: str) -> str:
        token, renew_at = self._tokens.get(who, ("", 0.0))
        if time.monotonic() > renew_at:
            granted = await sign_in(self._http, self._client, who, self._password)
            token = granted.access_token
            renew_at = time.monotonic() + granted.expires_in - RENEW_BEFORE_SECONDS
            self._tokens[who] = (token, renew_at)
        return token
