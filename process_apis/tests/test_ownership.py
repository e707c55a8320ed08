"""Owners that contradict one another, systems that write what they do not own, and who decides."""

import asyncio
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from deploy.identity.in_thread import RunningIdentityServer
from deploy.local.processes import free_ports
from process_apis import schedule
from process_apis.doorbell import Stage
from process_apis.settings import ProcessSettings
from process_apis.tests import firm
from process_apis.tests.conftest import Tier, running_tier
from process_apis.tests.other_systems import OtherSystem
from process_apis.tests.programs import running
from process_apis.tests.programs import until as until_true
from process_apis.tests.signing_in import token_of
from process_apis.tests.system_stand_in import ERP, StandIn
from process_apis.tests.test_master_sync import run_of
from process_apis.tests.test_other_masters import ACCOUNT, ADA, CRM, HCM, read
from process_apis.tests.test_stop_points import died_at

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


async def test_one_owner_that_changes_is_no_conflict(stewards: Stewards) -> None:
    await stewards.erp_says(termination_date="2026-07-31")
    assert await stewards.listed("conflicts") == []
    assert await stewards.listed("proposals") == []
    assert await drift(stewards) == [("termination_date", HCM, "2026-07-31")]


async def test_two_owners_that_changed_it_wait_for_a_steward_with_what_they_agreed_on(
    stewards: Stewards,
) -> None:
    conflict = await stewards.contradict()
    assert (conflict["agreed"], conflict["attribute"]) == (None, "termination_date")
    assert {each["connection"]: each["value"] for each in conflict["claims"]} == {
        HCM: "2026-05-31",
        ERP: "2026-07-31",
    }
    case = await stewards.tier.case()
    assert (case["code"], case["severity"], case["owner"]) == (
        "MD_OWNERSHIP_CONFLICT",
        "S3",
        "data.steward",
    )
    assert "termination_date of worker Ada Obi" in case["sentence"]
    assert await drift(stewards) == [], "nobody has to mend anything yet"
    await stewards.hours("e1", "2026-08-05")
    assert len(stewards.tier.system.lines) == 1, "they had agreed that she stays"


async def test_two_readings_that_end_at_once_do_not_both_miss_it(stewards: Stewards) -> None:
    lists = stewards.tier.system.other_systems[HCM].lists
    lists["workers"] = [{**lists["workers"][0], "termination_date": "2026-05-31"}]
    stewards.tier.system.masters["workers"][0]["termination_date"] = "2026-07-31"
    tier = stewards.tier
    async with tier.runtime.database.transaction() as holding:
        # Nobody can write down what follows from what they have read: both are at work by then.
        await holding.execute(text("LOCK TABLE settled_value IN EXCLUSIVE MODE"))
        both = [asyncio.create_task(tier.worker.work(Stage.MASTERS, name)) for name in (HCM, ERP)]

        async def both_wait() -> bool:
            waiting = text(
                "SELECT count(*) FROM pg_locks JOIN pg_database AS here ON here.oid = database"
                " WHERE NOT granted AND datname = current_database()"
            )
            return bool((await holding.execute(waiting)).scalar_one() == 2)

        await until_true(both_wait, "both readings wait")
    await asyncio.gather(*both)
    (conflict,) = await stewards.listed("conflicts", open=True)
    assert conflict["agreed"] is None


async def test_a_worker_killed_while_it_takes_over_leaves_one_conflict(
    stewards: Stewards,
    settings: ProcessSettings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    await stewards.hcm_says(termination_date="2026-05-31")
    tier = stewards.tier
    tier.system.masters["workers"][0]["termination_date"] = "2026-07-31"
    monkeypatch.setenv("TIMEPOST_PROCESS_OWNERSHIP_FILE", str(tmp_path / "ownership.toml"))
    run = (await tier.call("POST", f"/v1/master-data/{ERP}/refresh")).json()
    await died_at(settings, tmp_path / "killed.log", "masters_batch_taken")
    (conflict,) = await stewards.listed("conflicts", open=True)

    async def done() -> bool:
        return bool((await run_of(tier, run["id"]))["status"] == "DONE")

    with running(settings, tmp_path / "another.log", "worker"):
        await until_true(done, "another worker has brought it to its end")
    (same,) = await stewards.listed("conflicts")
    assert (same["id"], same["resolved_at"]) == (conflict["id"], None)
    assert (await tier.case())["code"] == "MD_OWNERSHIP_CONFLICT"


async def test_a_conflict_is_over_when_they_say_the_same(stewards: Stewards) -> None:
    await stewards.contradict()
    await stewards.hcm_says(termination_date="2026-07-31")
    assert await stewards.listed("conflicts", open=True) == []
    (over,) = await stewards.listed("conflicts", open=False)
    assert over["resolution"].startswith("auto: nothing contradicts any more")
    assert await stewards.tier.cases() == []
    await stewards.hours("e1", "2026-08-05")
    assert stewards.tier.system.lines == []


async def test_a_steward_chooses_and_hours_that_waited_go_on(stewards: Stewards) -> None:
    await stewards.hcm_says(termination_date="2026-05-31")
    await stewards.hours("e1", "2026-06-05")
    assert (await stewards.tier.case())["code"] == "MD_WORKER_INACTIVE"
    await stewards.erp_says(termination_date="2026-07-31")
    (conflict,) = await stewards.listed("conflicts", open=True)
    path = f"conflicts/{conflict['id']}/choose"
    choice = {"connection": ERP, "value": "2026-07-31", "reason": WHY}

    assert (await stewards.call("carl", "POST", path, choice)).status_code == 403
    stale = await stewards.call("stella", "POST", path, {**choice, "value": "2026-07-30"})
    assert (stale.status_code, stale.json()["code"]) == (409, "claim_changed")
    nobody = await stewards.call("stella", "POST", path, {**choice, "connection": CRM})
    assert nobody.json()["code"] == "no_such_claim"
    assert (
        await stewards.call("stella", "POST", path, {**choice, "reason": ""})
    ).status_code == 422
    assert len(await stewards.listed("conflicts", open=True)) == 1

    chosen = await stewards.call("stella", "POST", path, choice)
    assert chosen.status_code == 200, chosen.text
    assert (chosen.json()["resolved_by"], chosen.json()["value"]) == ("stella", "2026-07-31")
    assert chosen.json()["reason"] == WHY
    again = await stewards.call("stella", "POST", path, choice)
    assert (again.status_code, again.json()["code"]) == (409, "conflict_over")
    await stewards.tier.settle()
    assert len(stewards.tier.system.lines) == 1
    assert await stewards.tier.cases() == []

    (line,) = await stewards.listed("drift")
    assert (line["copy_connection"], line["owner_connection"]) == (HCM, "timepost")
    assert (line["owner_external_id"], line["why"]) == (conflict["id"], "stella chose it")


async def test_what_was_decided_against_counts_again_when_it_changes(stewards: Stewards) -> None:
    conflict = await stewards.contradict()
    choice = {"connection": ERP, "value": "2026-07-31", "reason": WHY}
    await stewards.call("stella", "POST", f"conflicts/{conflict['id']}/choose", choice)
    await stewards.hcm_says(name="Ada Obi")
    assert await drift(stewards) == [("termination_date", HCM, "2026-07-31")]
    await stewards.hcm_says(termination_date="2026-06-30")
    assert await drift(stewards) == [("termination_date", ERP, "2026-06-30")], "a new word"
    await stewards.erp_says(termination_date="2026-08-31")
    (conflict,) = await stewards.listed("conflicts", open=True)
    assert conflict["agreed"] == "2026-07-31"


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


async def test_a_write_by_a_system_that_does_not_own_it_is_a_proposal(stewards: Stewards) -> None:
    await stewards.crm_says("Acme Holding")
    (proposal,) = await stewards.listed("proposals")
    assert (proposal["source_connection"], proposal["status"]) == (CRM, "OPEN")
    assert (proposal["value"], proposal["instead_of"]) == ("Acme Holding", "Acme")
    await stewards.crm_says("Acme Group")
    first, second = await stewards.listed("proposals")
    assert (first["value"], second["status"]) == ("Acme Group", "WITHDRAWN")

    path = f"proposals/{first['id']}/decision"
    yes = {"accept": True, "reason": "the commercial register says so"}
    accepted = await stewards.call("carl", "POST", path, yes)
    assert accepted.status_code == 200, accepted.text
    assert (accepted.json()["status"], accepted.json()["decided_by"]) == ("ACCEPTED", "carl")
    (line,) = await stewards.listed("drift")
    assert (line["copy_connection"], line["owner_value"]) == (ERP, "Acme Group")
    assert line["why"] == "carl accepted it"
    again = await stewards.call("carl", "POST", path, yes)
    assert (again.status_code, again.json()["code"]) == (409, "proposal_over")

    stewards.tier.system.masters["clients"][0]["name"] = "Acme Group"
    await stewards.tier.read_masters()
    assert await stewards.listed("drift") == [], "the ERP was mended"
    await stewards.crm_says("Acme")
    (open_now,) = await stewards.listed("proposals", status="OPEN")
    assert open_now["instead_of"] == "Acme Group", "the ERP owns it as before"


async def test_a_rejected_proposal_changes_nothing_and_its_owner_may_adopt_one(
    stewards: Stewards,
) -> None:
    await stewards.crm_says("ACME")
    (proposal,) = await stewards.listed("proposals")
    no = {"accept": False, "reason": "only spelling"}
    path = f"proposals/{proposal['id']}/decision"
    assert (await stewards.call("stella", "POST", path, no)).json()["status"] == "REJECTED"
    (line,) = await stewards.listed("drift")
    assert (line["copy_connection"], line["owner_value"]) == (CRM, "Acme")

    await stewards.crm_says("Acme plc")
    stewards.tier.system.masters["clients"][0]["name"] = "Acme plc"
    await stewards.tier.read_masters()
    assert [each["status"] for each in await stewards.listed("proposals")] == [
        "ADOPTED",
        "REJECTED",
    ]


async def test_whoever_pinned_it_decides_on_no_proposal_about_it(stewards: Stewards) -> None:
    about = {"kind": "client", "external_id": "21", "attribute": "name", "value": "Acme SE"}
    assert (await stewards.pin(**about)).status_code == 201
    await stewards.crm_says("Acme Holding")
    (proposal,) = await stewards.listed("proposals")
    path = f"proposals/{proposal['id']}/decision"
    yes = {"accept": True, "reason": "mine"}
    mine = await stewards.call("stella", "POST", path, yes)
    assert (mine.status_code, mine.json()["code"]) == (403, "own_pin")
    assert (await stewards.call("carl", "POST", path, yes)).status_code == 200


async def test_lists_are_read_page_by_page(stewards: Stewards) -> None:
    for name in ("A", "B", "C"):
        await stewards.crm_says(name)
    seen, cursor = [], None
    while True:
        asked = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        path = "/v1/master-data/proposals"
        page = (await stewards.tier.call("GET", path, params=asked)).json()
        seen += [each["value"] for each in page["proposals"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ["C", "B", "A"]


async def test_a_conflict_is_over_when_an_owner_has_no_such_record_any_more(
    stewards: Stewards,
) -> None:
    await stewards.contradict()
    stewards.tier.system.others.pop(HCM)
    await stewards.tier.read_masters()
    (over,) = await stewards.listed("conflicts")
    assert over["resolution"] == "auto: its records, or its owners, are others now"
    assert await stewards.tier.cases() == []


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
