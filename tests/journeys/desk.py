"""What finance does in the workbench."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import httpx2

from deploy.identity.sign_in import BrowserClient, sign_in
from tests.journeys.product import Product


class Desk:
    """Somebody at the workbench, signed in with their own password and nobody else's token."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http

    @classmethod
    async def of(cls, product: Product, user: str) -> Self:
        """Sign in through the browser's way: authorization code with PKCE."""
        client = BrowserClient(
            issuer=product.url("identity"),
            client_id="timepost-workbench",
            redirect_uri=f"{product.url('experience')}/auth/callback",
            scope="openid cases:read cases:write replays:read replays:write",
        )
        async with httpx2.AsyncClient(timeout=30) as http:
            tokens = await sign_in(http, client, user, product.stack.secrets.login_password)
        return cls(
            httpx2.AsyncClient(
                base_url=f"{product.url('experience')}/workbench/v1",
                headers={"Authorization": f"Bearer {tokens.access_token}"},
                timeout=30,
            )
        )

    async def case_of(self, entry_id: str, **query: str) -> dict[str, Any]:
        """The row of an entry's case, as the list shows it."""
        answer = await self._http.get("/cases", params={"limit": "200", **query})
        assert answer.status_code == 200, answer.text
        (row,) = [case for case in answer.json()["cases"] if case["entry"] == entry_id]
        return dict(row)

    async def view(self, case_id: str) -> dict[str, Any]:
        answer = await self._http.get(f"/cases/{case_id}")
        assert answer.status_code == 200, answer.text
        return {**answer.json(), "etag": answer.headers["etag"]}

    async def retry(self, case_id: str) -> httpx2.Response:
        return await self._http.post(f"/cases/{case_id}/retry")

    async def assign(self, case_id: str, assignee: str, etag: str) -> httpx2.Response:
        return await self._http.put(
            f"/cases/{case_id}/assignee", json={"assignee": assignee}, headers={"If-Match": etag}
        )

    async def choose(self, case_id: str, **said: str) -> httpx2.Response:
        """Choose how a case goes on, having just read it."""
        etag = (await self.view(case_id))["etag"]
        return await self._http.post(
            f"/cases/{case_id}/choice", json=said, headers={"If-Match": etag}
        )

    async def comment(self, case_id: str, text: str) -> httpx2.Response:
        return await self._http.post(f"/cases/{case_id}/comments", json={"text": text})

    async def rehearse(self, scope: dict[str, str]) -> dict[str, Any]:
        answer = await self._http.post("/replays/dry-run", json={"scope": scope})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def replay(self, scope: dict[str, str], shown: str) -> dict[str, Any]:
        body, key = {"scope": scope, "hash": shown}, {"Idempotency-Key": shown}
        answer = await self._http.post("/replays", json=body, headers=key)
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    async def replayed(self, replay_id: str) -> dict[str, Any]:
        answer = await self._http.get(f"/replays/{replay_id}")
        assert answer.status_code == 200, answer.text
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
