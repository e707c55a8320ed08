"""An operator pauses, drains and resumes a connection; whatever arrives meanwhile is kept."""

from typing import Any

import pytest

from deploy.identity.in_thread import RunningIdentityServer
from process_apis import schedule
from process_apis.doorbell import Stage
from process_apis.tests import firm
from process_apis.tests.conftest import LEASE, Tier
from process_apis.tests.signing_in import token_of
from process_apis.tests.system_stand_in import ERP, TRACKER


async def _switch(tier: Tier, name: str, to: str, reason: str = "ERP upgrade") -> dict[str, Any]:
    path = f"/v1/connections/{name}/{to}"
    answer = await tier.call("POST", path, json={"reason": reason})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _flow(tier: Tier, name: str = ERP) -> dict[str, Any]:
    listed = (await tier.call("GET", "/v1/connections")).json()["connections"]
    return next(dict(each["flow"]) for each in listed if each["name"] == name)


async def _history(tier: Tier, name: str = ERP) -> list[tuple[str, str, str | None]]:
    detail = (await tier.call("GET", f"/v1/connections/{name}")).json()
    return [
        (each["what"], each["actor"], each["detail"].get("reason")) for each in detail["history"]
    ]


async def test_nothing_is_sent_to_a_paused_erp_and_all_of_it_after_that(tier: Tier) -> None:
    paused = await _switch(tier, ERP, "pause", "month-end close")
    assert (paused["flow"]["mode"], paused["flow"]["mode_reason"]) == ("PAUSED", "month-end close")
    firm.enter(tier.system, "e1")
    firm.enter(tier.system, "e2", work_date="2026-06-03")

    await tier.approve("e1", "e2")
    await tier.settle()
    assert tier.system.posts == []
    assert (await tier.status())["postings"] == {"READY": 2}
    assert (Stage.SEND, ERP) not in await schedule.due(tier.runtime)
    assert (await tier.status())["connections"][ERP] == {
        "mode": "PAUSED",
        "circuit": "CLOSED",
        "since": paused["flow"]["mode_since"],
        "waiting": 2,
        "on_their_way": 0,
    }
    assert await tier.cases() == [], "whoever paused it knows"

    await _switch(tier, ERP, "resume", "done")
    await tier.settle()
    assert len(tier.system.lines) == 2
    assert (await tier.status())["connections"] == {}
    assert await _history(tier) == [
        ("resumed", "user:timepost-operator", "done"),
        ("paused", "user:timepost-operator", "month-end close"),
    ]


async def test_what_a_paused_tracker_tells_is_kept_and_read_later(tier: Tier) -> None:
    await _switch(tier, TRACKER, "pause")
    firm.enter(tier.system, "e1")
    firm.decide(tier.system, "a1", ["e1"])
    assert (await tier.hint("e1"))["accepted"] == 1
    assert (await tier.hint("a1", kind="approval"))["accepted"] == 1

    await tier.settle()
    asked = [call for call in tier.system.calls if TRACKER in call]
    assert asked == []
    assert (await tier.status())["inbox_pending"] == 2
    assert not [each for each in await schedule.due(tier.runtime) if each[1] == TRACKER]
    refused = await tier.call("POST", f"/v1/sweeps/{TRACKER}")
    assert (refused.status_code, refused.json()["code"]) == (409, "connection_paused")

    await _switch(tier, TRACKER, "resume")
    await tier.settle()
    assert len(tier.system.lines) == 1
    assert (await tier.status())["inbox_pending"] == 0


async def test_a_paused_tracker_is_told_nothing_until_it_is_resumed(tier: Tier) -> None:
    await _switch(tier, ERP, "pause")
    firm.enter(tier.system, "e1")
    await tier.approve("e1")
    await _switch(tier, TRACKER, "pause")
    await _switch(tier, ERP, "resume")
    await tier.settle()
    assert len(tier.system.lines) == 1
    assert tier.system.feedback == []

    await _switch(tier, TRACKER, "resume")
    await tier.settle()
    assert [told["outcome"] for told in tier.system.feedback] == ["POSTED"]


async def test_a_drain_finishes_what_is_on_its_way_and_begins_nothing(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    tier.system.post_faults.append("commit then drop")
    await tier.approve("e1")
    assert (await tier.status())["postings"] == {"IN_DOUBT": 1}

    assert (await _switch(tier, ERP, "drain"))["flow"]["mode"] == "DRAINING"
    firm.enter(tier.system, "e2", work_date="2026-06-03")
    await tier.approve("e2", approval="a2")
    await schedule.due(tier.runtime)
    assert (await _flow(tier))["mode"] == "DRAINING"
    await tier.look_up(after=LEASE)
    await schedule.due(tier.runtime)

    assert (await _flow(tier))["mode"] == "PAUSED"
    assert (await tier.status())["postings"] == {"POSTED": 1, "READY": 1}
    assert len(tier.system.posts) == 1
    assert [what for what, _, _ in await _history(tier)] == ["drained", "draining"]
    await _switch(tier, ERP, "resume")
    await tier.settle()
    assert len(tier.system.lines) == 2


async def test_a_paused_erp_is_not_asked_for_unknown_outcomes_either(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    tier.system.post_faults.append("commit then drop")
    await tier.approve("e1")
    await _switch(tier, ERP, "pause")
    await tier.look_up(after=LEASE)
    assert not [call for call in tier.system.calls if "postings/lookup" in call]

    await _switch(tier, ERP, "resume")
    await tier.look_up()
    assert (await tier.status())["postings"] == {"POSTED": 1}


async def test_a_connection_that_nothing_waits_for_is_drained_at_once(tier: Tier) -> None:
    await _switch(tier, TRACKER, "drain")
    await schedule.due(tier.runtime)
    assert (await _flow(tier, TRACKER))["mode"] == "PAUSED"


async def test_asking_twice_changes_nothing(tier: Tier) -> None:
    first = await _switch(tier, ERP, "pause", "first")
    again = await _switch(tier, ERP, "pause", "second")
    drained = await _switch(tier, ERP, "drain", "third")
    assert first == again == drained
    assert [reason for _, _, reason in await _history(tier)] == ["first"]


async def test_resuming_tries_a_connection_that_does_not_work_at_once(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    tier.system.down = "retry:auth"
    await tier.approve("e1")
    assert (await _flow(tier))["circuit"] == "OPEN"
    tier.system.down = ""

    await _switch(tier, ERP, "resume", "new password")
    await tier.worker.work(Stage.PROBE, ERP)

    assert len(tier.system.lines) == 1
    assert (await _flow(tier))["circuit"] == "CLOSED"


async def test_a_paused_erp_is_not_probed(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    tier.system.down = "retry:auth"
    await tier.approve("e1")
    await _switch(tier, ERP, "pause")
    tier.clock.move(600)
    await tier.worker.work(Stage.PROBE, ERP)
    assert len(tier.system.posts) == 1
    assert (Stage.PROBE, ERP) not in await schedule.due(tier.runtime)


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/v1/connections/nowhere/pause", {"reason": "x"}, 404, "unknown_connection"),
        (f"/v1/connections/{ERP}/pause", {}, 422, "validation_failed"),
        (f"/v1/connections/{ERP}/pause", {"reason": ""}, 422, "validation_failed"),
        (f"/v1/connections/{ERP}/pause", {"reason": "x", "for": 3}, 422, "validation_failed"),
        (f"/v1/connections/{ERP}/stop", {"reason": "x"}, 404, "not_found"),
    ],
)
async def test_what_cannot_be_done_is_said_and_changes_nothing(
    tier: Tier, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    answer = await tier.call("POST", path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await _flow(tier))["mode"] == "RUNNING"


@pytest.mark.parametrize(("subject", "status"), [("ivan", 200), ("maya", 403), ("petra", 403)])
async def test_only_operators_switch(
    tier: Tier, identity: RunningIdentityServer, subject: str, status: int
) -> None:
    token = await token_of(identity, subject, "connections:operate")
    answer = await tier.http.request(
        "POST",
        f"/v1/connections/{ERP}/pause",
        json={"reason": "ERP upgrade"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == status
    assert (await _flow(tier))["mode"] == ("PAUSED" if status == 200 else "RUNNING")
    if status == 200:
        detail = (await tier.call("GET", f"/v1/connections/{ERP}")).json()
        (step,) = detail["history"]
        assert (step["actor"], step["detail"]["through"]) == ("user:ivan", ["timepost-experience"])
