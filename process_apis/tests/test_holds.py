"""Finance holds a posting back before it is sent; whatever else is asked for is refused aloud."""

from typing import Any

from deploy.identity.in_thread import RunningIdentityServer
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.signing_in import token_of
from process_apis.tests.system_stand_in import TRACKER

WHY = {"reason": "The client asked to wait for the change order."}


async def ready(tier: Tier) -> str:
    """The path of a posting that is to be sent in a moment."""
    firm.enter(tier.system, "e1")
    tier.system.post_faults.append("status:503")
    await tier.approve("e1")
    posting = await tier.posting()
    assert (posting["state"], posting["entry_status"]) == ("READY", "WAITING")
    return f"/v1/postings/{posting['id']}"


async def test_what_is_held_is_not_sent_until_it_is_released(
    tier: Tier, identity: RunningIdentityServer
) -> None:
    path = await ready(tier)
    maya = await token_of(identity, "maya", "postings:write")

    async def as_maya(what: str, **body: Any) -> int:
        headers = {"Authorization": f"Bearer {maya}"}
        answer = await tier.http.request(
            "POST", f"{path}/{what}", json=body or WHY, headers=headers
        )
        return int(answer.status_code)

    assert await as_maya("hold", reason="no") == 422
    assert await as_maya("hold") == 204
    assert await as_maya("hold") == 409
    tier.clock.move(60)
    for _ in range(2):
        await tier.settle()
    assert (await tier.posting())["state"] == "ON_HOLD"
    assert tier.system.lines == []

    assert await as_maya("release") == 204
    assert await as_maya("release") == 409
    await tier.settle()
    assert len(tier.system.lines) == 1
    steps = {step["what"]: step for step in await tier.lineage()}
    assert (steps["held"]["actor"], steps["held"]["detail"]["reason"]) == (
        "user:maya",
        WHY["reason"],
    )
    assert "refused: held while ON_HOLD" in steps
    assert "refused: released while READY" in steps
    assert (await tier.status())["counters"][TRACKER]["refused"] == 2


async def test_an_operator_holds_nothing_and_a_newer_version_takes_its_place(
    tier: Tier, identity: RunningIdentityServer
) -> None:
    path = await ready(tier)
    assert (await tier.call("POST", f"{path}/hold", json=WHY)).status_code == 403
    unknown = path[:-12] + "000000000000"
    token = {"Authorization": f"Bearer {await token_of(identity, 'carl', 'postings:write')}"}
    answer = await tier.http.request("POST", f"{unknown}/hold", json=WHY, headers=token)
    assert answer.status_code == 404
    await tier.http.request("POST", f"{path}/hold", json=WHY, headers=token)

    firm.enter(tier.system, "e1", minutes=240)
    await tier.approve("e1")
    tier.clock.move(60)
    await tier.settle()
    await tier.settle()
    assert [each["state"] for each in await tier.postings()] == ["POSTED", "SUPERSEDED"]
    assert [line["minutes"] for line in tier.system.lines] == [240]
