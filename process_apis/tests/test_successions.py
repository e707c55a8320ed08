"""Projects of the ERP that are merged or split, and bindings for a span of days."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from deploy.identity.in_thread import RunningIdentityServer
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.signing_in import token_of
from process_apis.tests.system_stand_in import ERP, TRACKER

Json = dict[str, Any]
MERGE: Json = {
    "connection": ERP,
    "kind": "project",
    "external_ids": ["31"],
    "into": "33",
    "from_date": "2026-06-10",
    "reason": "the two were put together",
}
SPLIT: Json = {
    "connection": ERP,
    "external_id": "31",
    "rules": [{"task": "Design", "into": "33"}],
    "from_date": "2026-06-10",
    "reason": "it became two",
}
BUILD = {"external_id": "t-2", "code": None, "name": "Build", "email": None}


@pytest.fixture
async def tier(tier: Tier) -> Tier:
    """An ERP with two more projects, both with tasks of the same names."""
    projects, tasks = tier.system.masters["projects"], tier.system.masters["tasks"]
    for number in ("33", "34"):
        projects.append(
            {**projects[0], "external_id": number, "code": f"N-{number}", "name": number}
        )
    for external_id, within, name in (
        ("43", "33", "Design"),
        ("44", "34", "Build"),
        ("42", "31", "Build"),
    ):
        task = {**tasks[0], "external_id": external_id, "project_id": within, "name": name}
        tasks.append(task)
    await tier.read_masters()
    return tier


async def posted(tier: Tier, name: str, day: str, **more: Any) -> None:
    firm.enter(tier.system, name, **{"minutes": 60, "work_date": day, **more})
    await tier.approve(name, approval=f"a-{name}")


async def stated(tier: Tier, what: str, body: Json) -> list[Json]:
    answer = await tier.call("POST", f"/v1/code-drift/{what}", json=body)
    assert answer.status_code == 201, answer.text
    await tier.settle()
    return list(answer.json()["successions"])


def placed(tier: Tier) -> list[tuple[str, str, int]]:
    return [(line["project_id"], line["task_id"], line["minutes"]) for line in tier.system.lines]


async def test_merged_from_a_day_on_what_was_posted_stays_and_is_corrected_across(
    tier: Tier,
) -> None:
    await posted(tier, "e1", "2026-06-02")
    (said,) = await stated(tier, "merges", MERGE)
    assert (said["external_id"], said["into"], said["decided_by"]) == (
        *("31", "33"),
        "user:timepost-operator",
    )
    await posted(tier, "e2", "2026-06-09", minutes=70)
    await posted(tier, "e3", "2026-06-10", minutes=80)
    assert placed(tier) == [("31", "41", 60), ("31", "41", 70), ("33", "43", 80)]
    firm.enter(tier.system, "e1", work_date="2026-06-02", minutes=50)
    await tier.approve("e1", approval="a-e1", decided_at=firm.LATER)
    await tier.settle()
    assert placed(tier)[3:] == [("31", "41", -60), ("33", "43", 50)]


async def test_hours_on_a_deleted_project_go_on_when_a_steward_says_where_to(tier: Tier) -> None:
    await posted(tier, "e1", "2026-06-02")
    projects = tier.system.masters["projects"]
    tier.system.masters["projects"] = [each for each in projects if each["external_id"] != "31"]
    await tier.read_masters()
    await posted(tier, "e2", "2026-06-10")
    codes = sorted(each["code"] for each in await tier.cases())
    assert codes == ["MD_PROJECT_CLOSED", "MP_CODE_DRIFT"]
    await stated(tier, "merges", MERGE)
    assert placed(tier) == [("31", "41", 60), ("33", "43", 60)]
    assert await tier.cases() == []
    listed = await tier.call("GET", "/v1/code-drift", params={"state": "ACCEPTED"})
    assert [each["reason"] for each in listed.json()["drifts"]] == [MERGE["reason"]]
    woken = [
        each["detail"]["reason"] for each in await tier.lineage("e2") if each["what"] == "woken"
    ]
    assert woken[0].startswith(f"project 31 of {ERP} was merged or split by")


async def test_a_split_goes_by_task_and_what_has_no_rule_waits(tier: Tier) -> None:
    await stated(tier, "splits", SPLIT)
    await posted(tier, "e1", "2026-06-10")
    await posted(tier, "e2", "2026-06-10", task=BUILD, minutes=70)
    await posted(tier, "e3", "2026-06-09", task=BUILD, minutes=80)
    assert placed(tier) == [("33", "43", 60), ("31", "42", 80)]
    assert [each["code"] for each in await tier.cases()] == ["MP_AMBIGUOUS"]
    rules = [*SPLIT["rules"], {"task": " build", "into": "34"}]
    (said,) = await stated(tier, "splits", {**SPLIT, "rules": rules})
    assert placed(tier)[2:] == [("34", "44", 70)]
    assert await tier.cases() == []
    listed = (await tier.call("GET", "/v1/code-drift/successions")).json()["successions"]
    assert listed == [said]
    assert {each["task"]: each["into"] for each in said["rules"]} == {"design": "33", "build": "34"}


async def test_a_task_that_the_new_project_does_not_have_waits_for_it(tier: Tier) -> None:
    await stated(tier, "merges", MERGE)
    await posted(tier, "e1", "2026-06-10", task=BUILD)
    assert [each["code"] for each in await tier.cases()] == ["MP_UNMAPPED"]
    task = {**tier.system.masters["tasks"][0], "external_id": "45", "project_id": "33"}
    tier.system.masters["tasks"].append({**task, "name": "Build"})
    await tier.read_masters()
    await tier.settle()
    assert placed(tier) == [("33", "45", 60)]


async def test_a_merge_that_is_taken_back_holds_no_more(tier: Tier) -> None:
    (said,) = await stated(tier, "merges", MERGE)
    path = f"/v1/code-drift/successions/{said['id']}/end"
    assert (await tier.call("POST", path)).status_code == 204
    assert (await tier.call("POST", path)).status_code == 404
    await posted(tier, "e1", "2026-06-10")
    assert placed(tier) == [("31", "41", 60)]


@pytest.mark.parametrize(
    ("what", "body", "field", "message"),
    [
        (
            "merges",
            {**MERGE, "external_ids": ["31", "99"]},
            "body.external_ids[1]",
            "no project 99",
        ),
        ("merges", {**MERGE, "into": "99"}, "body.into", "no project 99"),
        ("merges", {**MERGE, "external_ids": ["33"]}, "body", "in its own place"),
        ("merges", {**MERGE, "kind": "task"}, "body.external_ids[0]", "no task 31"),
        ("splits", {**SPLIT, "rules": SPLIT["rules"] * 2}, "body.rules[1].task", "a rule already"),
        ("splits", {**SPLIT, "external_id": "x"}, "body.external_id", "no project x"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_field(
    tier: Tier, what: str, body: Json, field: str, message: str
) -> None:
    answer = await tier.call("POST", f"/v1/code-drift/{what}", json=body)
    assert answer.status_code == 422, answer.text
    error = answer.json()["errors"][0]
    assert error["field"] == field
    assert message in error["message"]
    listed = await tier.call("GET", "/v1/code-drift/successions")
    assert listed.json()["successions"] == []


async def test_a_mapping_is_tried_on_where_hours_go_by_now(tier: Tier) -> None:
    await stated(tier, "merges", MERGE)
    await posted(tier, "e1", "2026-06-10")
    rule = {"conditions": {"task": "Build"}, "target_task": "44"}
    body = {"tracker": TRACKER, "target": ERP, "rules": [rule]}
    mapping = (await tier.call("POST", "/v1/mappings", json=body)).json()["mapping"]
    days = {"first_day": "2026-06-01", "last_day": "2026-06-30"}
    tried = await tier.call("POST", f"/v1/mappings/{mapping['id']}/test", json=days)
    period = tried.json()["period"]
    assert (period["postings"], period["would_change"]) == (1, 0)


async def test_two_merges_do_not_lead_in_a_circle(tier: Tier) -> None:
    await stated(tier, "merges", MERGE)
    back = {**MERGE, "external_ids": ["33"], "into": "31"}
    answer = await tier.call("POST", "/v1/code-drift/merges", json=back)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body")


@pytest.mark.parametrize(("who", "status"), [("maya", 403), ("stella", 201)])
async def test_stating_takes_a_steward(
    tier: Tier, identity: RunningIdentityServer, who: str, status: int
) -> None:
    headers = {"Authorization": f"Bearer {await token_of(identity, who, 'bindings:write')}"}
    for what, body in (("merges", MERGE), ("splits", SPLIT)):
        answer = await tier.call("POST", f"/v1/code-drift/{what}", json=body, headers=headers)
        assert answer.status_code == status, answer.text


async def test_an_id_is_bound_by_day_of_work(tier: Tier) -> None:
    await posted(tier, "e1", "2026-06-30", task=None)
    listed = (await tier.call("GET", "/v1/masters/project")).json()["records"]
    (record,) = [each for each in listed if each["owner_external_id"] == "33"]
    body = {
        "connection": TRACKER,
        "kind": "project",
        "external_id": firm.LEDGER["external_id"],
        "canonical_id": record["id"],
        "valid_from": "2026-07-01",
    }
    answer = await tier.call("PUT", "/v1/bindings", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["canonical_id"] == record["id"]
    await posted(tier, "e2", "2026-06-30", task=None, minutes=70)
    await posted(tier, "e3", "2026-07-01", task=None, minutes=80)
    assert [line["project_id"] for line in tier.system.lines] == ["31", "31", "33"]
    query = {"connection": TRACKER, "kind": "project"}
    bound = (await tier.call("GET", "/v1/bindings", params=query)).json()["bindings"]
    assert [(each["valid_from"], each["valid_to"], each["origin"]) for each in bound] == [
        (None, "2026-06-30", "natural_key"),
        ("2026-07-01", None, "manual"),
    ]
    on = {**query, "day": "2026-07-15"}
    (july,) = (await tier.call("GET", "/v1/bindings", params=on)).json()["bindings"]
    assert july["canonical_id"] == record["id"]
    await tier.call("PUT", "/v1/bindings", json={**body, "valid_from": None})
    history = {**query, "day": "2026-06-15", "archived": "true"}
    kept = (await tier.call("GET", "/v1/bindings", params=history)).json()["bindings"]
    assert [each["archived_at"] is None for each in kept] == [False, False, True]
    bound = (await tier.call("GET", "/v1/bindings", params=query)).json()["bindings"]
    assert [(each["valid_from"], each["canonical_id"]) for each in bound] == [(None, record["id"])]


async def test_an_id_that_many_bind_at_once_is_bound_once_a_day(tier: Tier) -> None:
    listed = (await tier.call("GET", "/v1/masters/project")).json()["records"]
    ids = {each["owner_external_id"]: each["id"] for each in listed}
    body = {"connection": TRACKER, "kind": "project", "external_id": "p-7"}

    async def bind(number: int) -> None:
        span = {"valid_from": f"2026-06-{number + 1:02}", "valid_to": f"2026-06-{number + 5:02}"}
        wanted = {**body, **span, "canonical_id": ids["33" if number % 2 else "34"]}
        answer = await tier.call("PUT", "/v1/bindings", json=wanted)
        assert answer.status_code == 200, answer.text

    await asyncio.gather(*(bind(number) for number in range(12)))
    query = {"connection": TRACKER, "kind": "project", "external_id": "p-7"}
    bound = (await tier.call("GET", "/v1/bindings", params=query)).json()["bindings"]
    ends = [(each["valid_from"], each["valid_to"]) for each in bound]
    assert (ends[0][0], ends[-1][1]) == ("2026-06-01", "2026-06-16")
    assert all(before[1] < after[0] for before, after in pairwise(ends))
