"""The tier with two owners of workers' last days, an HCM, a CRM, and people who decide."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.identity.in_thread import RunningIdentityServer
from process_apis.settings import ProcessSettings
from process_apis.tests import firm
from process_apis.tests.conftest import Tier, running_tier
from process_apis.tests.other_systems import OtherSystem
from process_apis.tests.signing_in import token_of
from process_apis.tests.system_stand_in import ERP, StandIn
from process_apis.tests.test_other_masters import ACCOUNT, ADA, CRM, HCM, read

Json = dict[str, Any]
BOTH = """
[worker.termination_date]
owners = ["hcm", "erp"]

[worker.name]
owners = ["hcm", "erp"]
"""
WHY = "asked the people department"


class Stewards:
    """The tier, with two owners of workers' last days, and people who decide."""

    def __init__(self, tier: Tier, tokens: dict[str, str]) -> None:
        self.tier = tier
        self._tokens = tokens

    def token(self, who: str) -> str:
        return self._tokens[who]

    async def call(self, who: str, method: str, path: str, body: Json | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self._tokens[who]}"}
        path = f"/v1/master-data/{path}"
        return await self.tier.call(method, path, json=body, headers=headers)

    async def listed(self, what: str, **query: Any) -> list[Json]:
        answer = await self.tier.call("GET", f"/v1/master-data/{what}", params=query)
        assert answer.status_code == 200, answer.text
        return list(answer.json()[what])

    async def hcm_says(self, **facts: Any) -> None:
        lists = self.tier.system.other_systems[HCM].lists
        lists["workers"] = [{**lists["workers"][0], **facts}]
        await read(self.tier, HCM)

    async def erp_says(self, **facts: Any) -> None:
        self.tier.system.masters["workers"][0] |= facts
        await self.tier.read_masters()

    async def crm_says(self, name: str) -> None:
        lists = self.tier.system.other_systems[CRM].lists
        lists["accounts"] = [{**lists["accounts"][0], "name": name}]
        await read(self.tier, CRM)

    async def contradict(self) -> Json:
        """Both change the last day of Ada, to different days; the conflict."""
        await self.hcm_says(termination_date="2026-05-31")
        await self.erp_says(termination_date="2026-07-31")
        (conflict,) = await self.listed("conflicts", open=True)
        return conflict

    async def hours(self, name: str, day: str) -> None:
        firm.enter(self.tier.system, name, work_date=day)
        await self.tier.approve(name, approval=f"a-{name}")

    async def pin(self, who: str = "stella", **more: Any) -> Any:
        until = self.tier.clock.now() + timedelta(days=7)
        body = {
            "kind": "worker",
            "connection": ERP,
            "external_id": "11",
            "attribute": "termination_date",
            "value": "2026-06-15",
            "until": until.isoformat(),
            "reason": WHY,
        }
        return await self.call(who, "POST", "pins", body | more)


@pytest.fixture
async def stewards(
    settings: ProcessSettings, system: StandIn, identity: RunningIdentityServer, tmp_path: Path
) -> AsyncIterator[Stewards]:
    path = tmp_path / "ownership.toml"
    path.write_text(BOTH)
    configured = settings.model_copy(update={"ownership_file": path})
    tokens = {who: await token_of(identity, who, "masters:write") for who in ("stella", "carl")}
    async with running_tier(configured, system, identity) as tier:
        ada = {**ADA, "employee_number": "E001", "email": "ada@example.com", "hire_date": None}
        system.others = {HCM: "hcm", CRM: "crm"}
        system.other_systems[HCM] = OtherSystem({"workers": [ada]})
        system.other_systems[CRM] = OtherSystem({"accounts": [{**ACCOUNT, "code": "C-101"}]})
        for name in (HCM, CRM):
            await read(tier, name)
        yield Stewards(tier, tokens)


async def drift(stewards: Stewards) -> list[tuple[str, str, str | None]]:
    return [
        (each["attribute"], each["copy_connection"], each["owner_value"])
        for each in await stewards.listed("drift")
    ]
