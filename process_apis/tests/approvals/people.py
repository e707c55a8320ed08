"""Who works here, and what they do about approvals."""

from dataclasses import dataclass
from typing import Any

from process_apis.tests.conftest import Tier
from process_apis.tests.system_stand_in import TRACKER

Json = dict[str, Any]
Tokens = dict[str, str]

PEOPLE = """
[people]
ada = "ada@example.com"
petra = "petra@example.com"
carl = "carl@example.com"
maya = "maya@example.com"
"""
PETRA = {"external_id": "u-petra", "code": None, "name": "Petra Vo", "email": "petra@example.com"}
BASE = "/v1/approvals"


@dataclass
class Office:
    """People at the API."""

    tier: Tier
    tokens: Tokens

    async def call(self, who: str, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[who]}", **more.pop("headers", {})}
        return await self.tier.http.request(method, BASE + path, headers=headers, **more)

    async def submit(self, who: str, **wanted: Any) -> Json:
        """Submit a week; the one of the firm's entries unless told otherwise."""
        body = {"connection": TRACKER, "day": "2026-06-02", **wanted}
        answer = await self.call(who, "POST", "/submissions", json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def request(self, who: str, **wanted: Any) -> Json:
        """Submit, and give the only request that came of it."""
        (request,) = (await self.submit(who, **wanted))["requests"]
        return dict(request)

    async def decide(
        self, who: str, request: Json, decision: str = "approve", reason: str | None = None
    ) -> Any:
        return await self.call(
            who,
            "POST",
            f"/requests/{request['id']}/decision",
            json={"decision": decision, "reason": reason},
            headers={"If-Match": f'"{request["version"]}"'},
        )

    async def read(self, who: str, request: Json) -> Json:
        answer = await self.call(who, "GET", f"/requests/{request['id']}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def listed(self, who: str, **query: Any) -> Json:
        answer = await self.call(who, "GET", "/requests", params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def delegate(self, who: str, to: str, **wanted: Any) -> Any:
        body = {
            "delegate": f"{to}@example.com",
            "valid_from": "2026-01-01T00:00:00Z",
            "valid_to": "2099-01-01T00:00:00Z",
            "reason": "on leave",
            **wanted,
        }
        return await self.call(who, "POST", "/delegations", json=body)

    async def states(self) -> Json:
        return dict((await self.tier.status())["entries"])
