"""Values that stewards pin for a time."""

import asyncio
import signal
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from deploy.local.processes import free_ports
from process_apis import schedule
from process_apis.settings import ProcessSettings
from process_apis.tests.ownership.conftest import WHY, Json, Stewards, drift
from process_apis.tests.programs import running
from process_apis.tests.programs import until as until_true
from process_apis.tests.system_stand_in import ERP
from process_apis.tests.test_other_masters import HCM


async def test_a_pin_goes_before_its_owners_until_its_time_is_over(stewards: Stewards) -> None:
    await stewards.contradict()
    pinned = await stewards.pin()
    assert pinned.status_code == 201, pinned.text
    assert await stewards.tier.cases() == [], "it answers the conflict"
    assert await drift(stewards) == [
        ("termination_date", HCM, "2026-06-15"),
        ("termination_date", ERP, "2026-06-15"),
    ]
    await stewards.hours("e1", "2026-06-20")
    assert stewards.tier.system.lines == []
    case = await stewards.tier.case()
    assert case["sentence"].endswith("according to a steward's pin.")

    later = await stewards.pin(value="2026-06-18", reason="one week more")
    assert later.status_code == 201
    (old,) = await stewards.listed("pins", in_force=False)
    assert (old["id"], old["release_reason"]) == (pinned.json()["id"], "another pin took its place")

    await stewards.tier.settle()
    stewards.tier.clock.move(8 * 86400)
    await stewards.tier.read_masters()
    codes = {each["code"] for each in await stewards.tier.cases()}
    assert codes == {"MD_OWNERSHIP_CONFLICT", "MD_WORKER_INACTIVE"}, "they still contradict"
    await stewards.hours("e2", "2026-06-21")
    assert len(stewards.tier.system.lines) == 1, "what they had agreed on counts again"
    await schedule.due(stewards.tier.runtime)
    await stewards.tier.settle()
    assert len(stewards.tier.system.lines) == 2, "what the pin kept waiting is judged again"
    (kept,) = [each for each in await stewards.listed("pins") if each["id"] == later.json()["id"]]
    assert (kept["pinned_by"], kept["reason"]) == ("stella", "one week more")


async def test_a_pin_that_is_released_lets_hours_go_on(stewards: Stewards) -> None:
    pinned = (await stewards.pin()).json()
    await stewards.hours("e1", "2026-06-20")
    assert stewards.tier.system.lines == []
    path = f"pins/{pinned['id']}/release"
    released = await stewards.call("stella", "POST", path, {"reason": "it was wrong"})
    assert released.status_code == 200, released.text
    assert (released.json()["in_force"], released.json()["released_by"]) == (False, "stella")
    await stewards.tier.settle()
    assert len(stewards.tier.system.lines) == 1
    again = await stewards.call("stella", "POST", path, {"reason": "it was wrong"})
    assert (again.status_code, again.json()["code"]) == (409, "pin_over")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"attribute": "shoes"}, "body.attribute"),
        ({"attribute": "assignments"}, "body.attribute"),
        ({"value": "soon"}, "body.value"),
        ({"until": "2020-01-01T00:00:00Z"}, "body.until"),
        ({"until": "2099-01-01T00:00:00Z"}, "body.until"),
    ],
)
async def test_a_pin_that_makes_no_sense_is_refused(
    stewards: Stewards, wrong: Json, field: str
) -> None:
    answer = await stewards.pin(**wrong)
    assert answer.status_code == 422, answer.text
    assert [each["field"] for each in answer.json()["errors"]] == [field]
    assert await stewards.listed("pins") == []


async def test_a_pin_needs_a_record_and_a_role(stewards: Stewards) -> None:
    assert (await stewards.pin(external_id="99")).status_code == 404
    assert (await stewards.pin("carl")).status_code == 403


async def test_an_api_killed_right_after_a_decision_leaves_nothing_that_would_wait_for_ever(
    stewards: Stewards,
    settings: ProcessSettings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    await stewards.hcm_says(termination_date="2026-05-31")
    await stewards.hours("e1", "2026-06-05")
    assert stewards.tier.system.lines == []
    monkeypatch.setenv("TIMEPOST_PROCESS_OWNERSHIP_FILE", str(tmp_path / "ownership.toml"))
    (port,) = free_ports(1)
    arguments = ("serve", "process", "--port", str(port))
    until = (stewards.tier.clock.now() + timedelta(days=7)).isoformat()
    about = {"kind": "worker", "connection": ERP, "external_id": "11"}
    pinned = {"attribute": "termination_date", "value": "2026-06-15", "until": until}
    headers = {"Authorization": f"Bearer {stewards.token('stella')}"}
    with running(settings, tmp_path / "api.log", *arguments, stop_at="ownership_decided") as api:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:

            async def ready() -> bool:
                try:
                    return (await client.get("/ready")).status_code == 200
                except httpx2.TransportError:
                    return False

            await until_true(ready, "the API is ready")
            body = {**about, **pinned, "reason": WHY}
            with pytest.raises(httpx2.TransportError):
                await client.post("/v1/master-data/pins", json=body, headers=headers)
        assert await asyncio.to_thread(api.wait) == -signal.SIGKILL

    (pin,) = await stewards.listed("pins", in_force=True)
    assert pin["pinned_by"] == "stella"

    async def posted() -> bool:
        return len(stewards.tier.system.lines) == 1

    with running(settings, tmp_path / "worker.log", "worker"):
        await until_true(posted, "the tick has found what the pin woke")
