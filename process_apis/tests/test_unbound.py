"""What is bound to nothing, what it may be, and what happens when a steward accepts."""

from typing import Any
from uuid import UUID

import pytest

from deploy.identity.in_thread import RunningIdentityServer
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.signing_in import token_of
from process_apis.tests.system_stand_in import TRACKER

Json = dict[str, Any]


async def waiting(tier: Tier) -> None:
    """Two entries on a project that the tracker spells otherwise than the ERP."""
    for name in ("e1", "e2"):
        firm.enter(tier.system, name, minutes=240, task=None)
        tier.system.entries[name]["project"] = {
            "external_id": "p-new",
            "code": None,
            "name": "HR 1042: Ledger",
            "email": None,
        }
    await tier.approve("e1", "e2")
    assert tier.system.lines == []


async def report(tier: Tier, **query: str) -> list[Json]:
    answer = await tier.call("GET", "/v1/unbound", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["unbound"])


async def test_it_says_how_much_waits_and_what_it_may_be(tier: Tier) -> None:
    await waiting(tier)
    (found,) = await report(tier)
    assert (found["kind"], found["external_id"], found["name"]) == (
        "project",
        "p-new",
        "HR 1042: Ledger",
    )
    assert (found["entries"], found["minutes"]) == (2, 480)
    best = found["suggestions"][0]
    assert (best["external_id"], best["score"], best["reason"]) == ("31", 0.95, "name")
    assert await report(tier, kind="worker") == []


@pytest.mark.parametrize("by_name", [True, False])
async def test_what_a_steward_accepts_posts_by_itself(tier: Tier, by_name: bool) -> None:
    tier.system.masters["projects"][0]["bookable"] = True
    await tier.read_masters()
    await waiting(tier)
    (found,) = await report(tier)
    chosen = {name: found[name] for name in ("connection", "kind", "external_id")}
    chosen["canonical_id"] = found["suggestions"][0]["canonical_id"]
    body: Json = {"chosen": [chosen]} if by_name else {"at_least": 0.9, "connection": TRACKER}
    answer = await tier.call("POST", "/v1/unbound/accept", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["bound"] == [chosen]
    await tier.settle()
    assert [line["project_id"] for line in tier.system.lines] == ["31", "31"]
    assert await report(tier) == []
    steps = [str(each["detail"]) + each["what"] for each in await tier.lineage()]
    assert any("posting ready" in each for each in steps)


async def test_what_is_not_good_enough_is_left_and_a_bad_choice_binds_nothing(tier: Tier) -> None:
    await waiting(tier)
    none = await tier.call("POST", "/v1/unbound/accept", json={"at_least": 1.0})
    assert none.json() == {"bound": []}
    (found,) = await report(tier)
    good = {name: found[name] for name in ("connection", "kind", "external_id")}
    good["canonical_id"] = found["suggestions"][0]["canonical_id"]
    bad = {**good, "external_id": "p-other", "canonical_id": str(UUID(int=0))}
    refused = await tier.call("POST", "/v1/unbound/accept", json={"chosen": [good, bad]})
    assert refused.status_code == 404
    assert len(await report(tier)) == 1
    both = await tier.call("POST", "/v1/unbound/accept", json={"chosen": [good], "at_least": 0.9})
    assert both.status_code == 422


async def test_accepting_takes_a_steward(tier: Tier, identity: RunningIdentityServer) -> None:
    await waiting(tier)
    for who, status in (("maya", 403), ("stella", 200)):
        token = await token_of(identity, who, "bindings:read", "bindings:write")
        headers = {"Authorization": f"Bearer {token}"}
        answer = await tier.call(
            "POST", "/v1/unbound/accept", json={"at_least": 0.9}, headers=headers
        )
        assert answer.status_code == status, answer.text
    assert await report(tier) == []
