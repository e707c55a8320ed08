"""Mappings: written by one, published by another, and seen in what the ERP gets."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from deploy.identity.in_thread import RunningIdentityServer
from deploy.local.processes import free_ports
from process_apis.doorbell import Stage
from process_apis.settings import ProcessSettings
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.programs import running, until
from process_apis.tests.signing_in import token_of
from process_apis.tests.system_stand_in import ERP, TRACKER

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]

PAIR: Json = {"tracker": TRACKER, "target": ERP}
TRAVEL: Json = {"conditions": {"tag": "Travel"}, "target_task": "42", "billing_code": "B-TRV"}
DESIGN: Json = {"conditions": {"task": "Design"}, "target_task": "41", "activity": "Consulting"}


@pytest.fixture
async def call(tier: Tier, identity: RunningIdentityServer) -> Call:
    """A call as somebody of the firm, whose ERP has a second task, of a project of its own."""
    project = {**tier.system.masters["projects"][0], "external_id": "33", "code": "HR-2000"}
    task = {**tier.system.masters["tasks"][0], "external_id": "42", "name": "Travelling"}
    tier.system.masters["projects"].append(project | {"name": "HR-2000 Travel"})
    tier.system.masters["tasks"].append(task | {"project_id": "33"})
    await tier.read_masters()

    async def as_somebody(who: str, method: str, path: str, **more: Any) -> Any:
        token = await token_of(identity, who, "bindings:read", "bindings:write")
        return await tier.call(method, path, headers={"Authorization": f"Bearer {token}"}, **more)

    return as_somebody


async def drafted(call: Call, *rules: Json, who: str = "ivan", **more: Any) -> Json:
    answer = await call(who, "POST", "/v1/mappings", json={**PAIR, "rules": rules, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["mapping"])


async def published(call: Call, *rules: Json, **more: Any) -> Json:
    mapping = await drafted(call, *rules, **more)
    answer = await call("stella", "POST", f"/v1/mappings/{mapping['id']}/publish")
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["mapping"])


def enter(tier: Tier, name: str, *tags: str, **more: Any) -> None:
    firm.enter(tier.system, name, **more)
    tier.system.entries[name]["tags"] = list(tags)


async def tried(call: Call, mapping: Json, **wanted: Any) -> Json:
    answer = await call("ivan", "POST", f"/v1/mappings/{mapping['id']}/test", json=wanted)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def placed(tier: Tier) -> list[tuple[str, str, int]]:
    """In the order in which the ERP got them; those of one batch, in no order of ours."""
    return [(line["project_id"], line["task_id"], line["minutes"]) for line in tier.system.lines]


async def test_a_rule_sends_hours_to_its_task_and_every_posting_names_the_version(
    tier: Tier, call: Call
) -> None:
    mapping = await published(call, TRAVEL, DESIGN)
    enter(tier, "e1", "travel", minutes=60, task=None)
    enter(tier, "e2", minutes=120)
    await tier.approve("e1", "e2")
    assert sorted(placed(tier)) == [("31", "41", 120), ("33", "42", 60)]
    rows = {each["minutes"]: each for each in await tier.postings()}
    names = ("mapping_id", "mapping_version", "mapping_row", "billing_code", "activity")
    assert [rows[60][name] for name in names] == [mapping["id"], 1, 1, "B-TRV", None]
    assert [rows[120][name] for name in names] == [mapping["id"], 1, 2, None, "Consulting"]
    one = await tier.call("GET", f"/v1/postings/{rows[60]['id']}")
    assert one.json() == rows[60]
    assert (await tier.call("GET", f"/v1/postings/{mapping['id']}")).status_code == 404
    said = [each["detail"].get("mapping") for each in await tier.lineage("e1") if each["detail"]]
    assert "row 1 of mapping version 1 holds" in said


async def test_what_was_sent_stays_and_its_correction_goes_by_what_holds_now(
    tier: Tier, call: Call
) -> None:
    await published(call, DESIGN)
    enter(tier, "e1")
    await tier.approve("e1")
    await published(call, {**DESIGN, "target_task": "42", "billing_code": "B-9"})
    await tier.settle()
    assert placed(tier) == [("31", "41", 480)], "what was sent is not mapped again"
    enter(tier, "e1", minutes=360)
    await tier.approve("e1", decided_at=firm.LATER)
    await tier.settle()
    assert placed(tier) == [("31", "41", 480), ("31", "41", -480), ("33", "42", 360)]
    rows = {each["kind"]: each for each in await tier.postings()}
    kinds = ("ORIGINAL", "REVERSAL", "REPLACEMENT")
    assert [rows[kind]["mapping_version"] for kind in kinds] == [1, 1, 2]
    assert [rows[kind]["billing_code"] for kind in kinds] == [None, None, "B-9"]


async def test_what_waits_for_a_rule_goes_on_when_the_next_version_is_published(
    tier: Tier, call: Call
) -> None:
    await published(call, TRAVEL, requires=["target_task"])
    enter(tier, "e1")
    await tier.approve("e1")
    case = await tier.case()
    assert case["code"] == "MP_UNMAPPED"
    assert "no rule of mapping version 1 holds" in case["sentence"]
    assert case["fingerprint"] == f"MP_UNMAPPED|binding-task:{TRACKER}:t-1"
    assert tier.system.lines == []
    await published(call, TRAVEL, DESIGN, requires=["target_task"])
    await tier.settle()
    assert placed(tier) == [("31", "41", 480)]
    assert await tier.cases() == []
    woken = [each["detail"]["reason"] for each in await tier.lineage() if each["what"] == "woken"]
    assert woken[0].startswith(f"mapping of {TRACKER} to {ERP} version 2 was published by stella")


async def test_what_is_ready_and_was_never_sent_goes_the_new_way(tier: Tier, call: Call) -> None:
    await published(call, DESIGN)
    enter(tier, "e1")
    firm.decide(tier.system, "a1", ["e1"])
    await tier.hint("a1", kind="approval")
    for stage, name in ((Stage.READ_APPROVALS, TRACKER), (Stage.VALIDATE, "")):
        await tier.worker.work(stage, name)
    ready = await tier.posting()
    assert (ready["state"], ready["mapping_version"]) == ("READY", 1)
    await published(call, {**DESIGN, "target_task": "42"})
    await tier.settle()
    assert placed(tier) == [("33", "42", 480)]
    assert (await tier.posting())["mapping_version"] == 2
    said = [each["detail"] for each in await tier.lineage() if each["what"] == "judged again"]
    assert said[0]["reason"].startswith(f"mapping of {TRACKER} to {ERP} version 2 was published")


async def test_the_first_mapping_releases_what_nothing_is_bound_to(tier: Tier, call: Call) -> None:
    enter(tier, "e1", "travel", project=firm.NOWHERE, task=firm.UNMAPPED)
    await tier.approve("e1")
    assert tier.system.lines == []
    await published(call, TRAVEL)
    await tier.settle()
    assert placed(tier) == [("33", "42", 480)]


async def test_two_rules_that_are_equally_specific_are_a_case(tier: Tier, call: Call) -> None:
    await published(call, TRAVEL, DESIGN)
    enter(tier, "e1", "travel")
    await tier.approve("e1")
    case = await tier.case()
    assert (case["code"], tier.system.lines) == ("MP_AMBIGUOUS", [])
    assert "rows 1 and 2 of mapping version 1 hold alike" in case["sentence"]
    both = {"conditions": {"tag": "travel", "task": "design"}, "target_task": "42"}
    await published(call, TRAVEL, DESIGN, both)
    await tier.settle()
    assert placed(tier) == [("33", "42", 480)]


async def test_the_day_of_work_chooses_the_rule(tier: Tier, call: Call) -> None:
    june = {**DESIGN, "valid_to": "2026-06-30"}
    july = {**DESIGN, "target_task": "42", "valid_from": "2026-07-01"}
    await published(call, june, july)
    enter(tier, "e1", work_date="2026-06-30", minutes=60)
    enter(tier, "e2", work_date="2026-07-01", minutes=120)
    await tier.approve("e1", "e2")
    assert sorted(placed(tier)) == [("31", "41", 60), ("33", "42", 120)]


async def test_a_test_says_what_would_change_and_changes_nothing(tier: Tier, call: Call) -> None:
    enter(tier, "e1", minutes=60)
    enter(tier, "e2", "travel", minutes=120)
    enter(tier, "e3", "travel", minutes=240, project=firm.NOWHERE, task=None)
    await tier.approve("e1", "e2", "e3")
    before = await tier.postings()
    mapping = await drafted(call, TRAVEL)
    days = {"first_day": "2026-06-01", "last_day": "2026-06-30"}
    found = (await tried(call, mapping, **days))["period"]
    counts = ("postings", "would_change", "sent", "waiting", "minutes", "unmapped", "ambiguous")
    assert [found[name] for name in counts] == [3, 2, 1, 1, 360, 0, 0]
    lines = {each["entry_external_id"]: each for each in found["lines"]}
    assert (lines["e2"]["before"]["task_id"], lines["e2"]["after"]["task_id"]) == ("41", "42")
    assert lines["e2"]["after"]["billing_code"] == "B-TRV"
    assert (lines["e3"]["before"], lines["e3"]["after"]["project_id"]) == (None, "33")
    assert len((await tried(call, mapping, show=1, **days))["period"]["lines"]) == 1
    sample = {"work_date": "2026-06-02", "tags": ["Travel"]}
    other = {**sample, "tags": []}
    told = (await tried(call, mapping, samples=[sample, other]))["samples"]
    assert [(each["target_task"], each["rows"]) for each in told] == [("42", [1]), (None, [])]
    assert await tier.postings() == before
    answer = await call("ivan", "POST", f"/v1/mappings/{mapping['id']}/test", json={})
    assert answer.status_code == 422


async def test_its_author_does_not_publish_it_and_only_drafts_are_published(call: Call) -> None:
    own = await drafted(call, DESIGN, who="stella")
    path = f"/v1/mappings/{own['id']}/publish"
    refused = await call("stella", "POST", path)
    assert (refused.status_code, refused.json()["code"]) == (403, "author_may_not_publish")
    refused = await call("ivan", "POST", path)
    assert (refused.status_code, refused.json()["code"]) == (403, "role_missing")
    mapping = await published(call, DESIGN)
    again = await call("stella", "POST", f"/v1/mappings/{mapping['id']}/publish")
    assert (again.status_code, again.json()["code"]) == (409, "mapping_not_draft")
    await published(call, TRAVEL)
    listed = (await call("stella", "GET", "/v1/mappings")).json()["mappings"]
    assert [(each["version"], each["state"]) for each in listed] == [
        (3, "PUBLISHED"),
        (2, "SUPERSEDED"),
        (1, "DRAFT"),
    ]
    kept = (await call("stella", "GET", f"/v1/mappings/{mapping['id']}")).json()["rules"]
    assert [each["target_task"] for each in kept] == ["41"]
    nobody = await call("maya", "POST", "/v1/mappings", json={**PAIR, "rules": [DESIGN]})
    assert nobody.status_code == 403


async def test_rules_that_make_no_sense_are_refused_by_row_and_the_last_version_stays(
    tier: Tier, call: Call
) -> None:
    mapping = await published(call, DESIGN)
    draft = await drafted(call, DESIGN, TRAVEL)
    gone = [each for each in tier.system.masters["tasks"] if each["external_id"] != "42"]
    tier.system.masters["tasks"] = gone
    await tier.read_masters()
    for path, body in (
        (f"/v1/mappings/{draft['id']}/publish", {}),
        ("/v1/mappings", {"json": {**PAIR, "rules": [DESIGN, TRAVEL]}}),
    ):
        answer = await call("stella", "POST", path, **body)
        assert answer.status_code == 422, answer.text
        (error,) = answer.json()["errors"]
        assert error["field"] == "body.rules[1].target_task"
        assert error["message"] == "the ERP knows no task 42"
    listed = await call("stella", "GET", "/v1/mappings", params={"state": "PUBLISHED"})
    assert [each["id"] for each in listed.json()["mappings"]] == [mapping["id"]]
    nowhere = await call(
        "ivan", "POST", "/v1/mappings", json={**PAIR, "target": "x", "rules": [{}]}
    )
    assert nowhere.status_code == 404


async def test_an_api_that_dies_when_it_has_published_has_woken_what_waits(
    tier: Tier,
    call: Call,
    settings: ProcessSettings,
    identity: RunningIdentityServer,
    tmp_path: Path,
) -> None:
    await published(call, TRAVEL, requires=["target_task"])
    enter(tier, "e1")
    await tier.approve("e1")
    mapping = await drafted(call, DESIGN)
    token = await token_of(identity, "stella", "bindings:write")
    (port,) = free_ports(1)
    command = ("serve", "process", "--port", str(port))
    with running(settings, tmp_path / "api.log", *command, stop_at="mapping_published") as api:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:

            async def ready() -> bool:
                try:
                    return (await client.get("/ready")).status_code == 200
                except httpx2.TransportError:
                    return False

            await until(ready, "the API is ready")
            path = f"/v1/mappings/{mapping['id']}/publish"
            with pytest.raises(httpx2.TransportError):
                await client.post(path, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        assert await asyncio.to_thread(api.wait, 60) == -signal.SIGKILL
    await tier.settle()
    assert placed(tier) == [("31", "41", 480)]
