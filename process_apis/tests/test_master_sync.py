"""Readings of masters: what they stop at, what they refuse, and what they say they changed."""

from pathlib import Path
from typing import Any

from process_apis import schedule
from process_apis.doorbell import Stage
from process_apis.settings import ProcessSettings
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.programs import kill, running, until
from process_apis.tests.system_stand_in import ERP
from process_apis.tests.test_replay_kills import hand, waiting

Json = dict[str, Any]
REASON = {"reason": "the old projects were archived"}


def projects(total: int, first: int = 100) -> list[Json]:
    known = firm.masters()["projects"]
    return known + [
        {**known[0], "external_id": str(number), "code": f"N-{number}", "name": f"N-{number}"}
        for number in range(first, first + total)
    ]


async def sync(tier: Tier, **wanted: Any) -> Json:
    """One run, to its end."""
    answer = await tier.call("POST", f"/v1/master-data/{ERP}/refresh", json=wanted)
    assert answer.status_code == 202, answer.text
    await tier.read_masters()
    return await run_of(tier, answer.json()["id"])


async def run_of(tier: Tier, run_id: str) -> Json:
    return dict((await tier.call("GET", f"/v1/master-data/runs/{run_id}")).json())


async def diff(tier: Tier, run: Json, **query: Any) -> list[Json]:
    path = f"/v1/master-data/runs/{run['id']}/changes"
    answer = await tier.call("GET", path, params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["changes"])


async def vanished(tier: Tier, kind: str) -> set[str]:
    records = (await tier.call("GET", f"/v1/masters/{kind}?limit=1000")).json()["records"]
    return {each["owner_external_id"] for each in records if each["vanished_at"]}


async def confirm(tier: Tier, run: Json, body: Json | None = None) -> Any:
    path = f"/v1/master-data/runs/{run['id']}/confirm"
    return await tier.call("POST", path, json=REASON if body is None else body)


async def shrunk(tier: Tier) -> Json:
    """A run that was stopped: 20 projects are known, 8 of them are gone; a worker is new."""
    tier.system.masters["projects"] = projects(18)
    await sync(tier)
    tier.system.masters["projects"] = projects(10)
    new = {**tier.system.masters["workers"][0], "external_id": "13", "employee_number": "E003"}
    tier.system.masters["workers"].append(new)
    return await sync(tier)


async def test_a_list_that_shrank_suddenly_stops_the_run_before_it_changes_anything(
    tier: Tier,
) -> None:
    run = await shrunk(tier)

    assert run["status"] == "STOPPED"
    said = "40 % of projects vanished (8 of 20): stopped, confirm"
    assert run["stopped_because"] == said
    assert await vanished(tier, "project") == set()
    workers = (await tier.call("GET", "/v1/masters/worker")).json()["records"]
    assert {each["owner_external_id"] for each in workers} == {"11", "12"}
    assert len(await diff(tier, run, change="vanished")) == 8
    case = await tier.case()
    assert (case["code"], case["owner"]) == ("MD_FEED_SHRANK", "data.steward")
    assert said in case["sentence"]
    assert run["id"] in case["sentence"]
    firm.enter(tier.system, "e1")
    await tier.approve("e1")
    assert len(tier.system.lines) == 1


async def test_a_steward_lets_that_very_change_through(tier: Tier) -> None:
    run = await shrunk(tier)
    tier.system.masters["projects"] = []

    answer = await confirm(tier, run)
    assert answer.status_code == 202, answer.text
    assert (Stage.MASTERS, ERP) in await schedule.due(tier.runtime)
    await tier.read_masters()

    done = await run_of(tier, run["id"])
    assert (done["status"], done["vanished"], done["created"]) == ("DONE", 8, 1)
    assert done["confirmed_reason"] == REASON["reason"]
    assert done["confirmed_by"] == "timepost-operator"
    assert await vanished(tier, "project") == {str(number) for number in range(110, 118)}
    assert await tier.cases() == []
    again = await confirm(tier, run)
    assert (again.status_code, again.json()["code"]) == (409, "run_not_stopped")


async def test_a_confirmation_needs_a_reason_and_a_run(tier: Tier) -> None:
    run = await shrunk(tier)
    nobody = {"id": "00000000-0000-0000-0000-000000000000"}

    assert (await confirm(tier, run, {})).status_code == 422
    assert (await confirm(tier, nobody)).status_code == 404
    assert (await run_of(tier, run["id"]))["status"] == "STOPPED"


async def test_the_same_again_leaves_the_run_that_waits_and_a_whole_list_ends_it(
    tier: Tier,
) -> None:
    first = await shrunk(tier)

    second = await sync(tier)
    assert second["status"] == "SUPERSEDED"
    assert (await run_of(tier, first["id"]))["status"] == "STOPPED"

    tier.system.masters["projects"] = projects(9)
    third = await sync(tier)
    assert third["status"] == "STOPPED"
    assert (await run_of(tier, first["id"]))["status"] == "SUPERSEDED"

    tier.system.masters["projects"] = projects(18)
    assert (await sync(tier))["status"] == "DONE"
    assert (await run_of(tier, third["id"]))["status"] == "SUPERSEDED"
    assert await tier.cases() == []


async def test_an_empty_list_stops_the_run_and_a_handful_does_not(tier: Tier) -> None:
    tier.system.masters["tasks"] = []
    run = await sync(tier)
    assert run["stopped_because"] == "the list of tasks is empty, 1 are known: stopped, confirm"

    tier.system.masters = firm.masters()
    del tier.system.masters["projects"][0]
    run = await sync(tier)
    assert (run["status"], run["vanished"], run["stopped_because"]) == ("DONE", 1, None)
    assert await vanished(tier, "project") == {"31"}


async def test_a_dry_run_tells_before_and_after_and_changes_nothing(tier: Tier) -> None:
    tier.system.masters["projects"][1]["status"] = "OPEN"
    tier.system.masters["workers"][0]["name"] = "Ada Obi-Lund"
    new = {**firm.masters()["clients"][0], "external_id": "22", "code": "C-102"}
    tier.system.masters["clients"].append(new)

    rehearsed = await sync(tier, dry_run=True)
    assert (rehearsed["status"], rehearsed["dry_run"]) == ("DONE", True)
    for _ in range(2):
        lines = await diff(tier, rehearsed)
        assert [(each["kind"], each["change"], each["external_id"]) for each in lines] == [
            ("worker", "changed", "11"),
            ("client", "created", "22"),
            ("project", "changed", "32"),
        ]
        assert lines[0]["attributes"] == {"name": {"before": "Ada Obi", "after": "Ada Obi-Lund"}}
        assert lines[2]["attributes"] == {"status": {"before": "CLOSED", "after": "OPEN"}}
        assert [each["applied_at"] for each in lines] == [None] * 3

    taken = await sync(tier)
    assert [taken[each] for each in ("created", "changed", "vanished", "applied")] == [1, 2, 0, 3]
    assert all(each["applied_at"] for each in await diff(tier, taken))
    assert await diff(tier, await sync(tier)) == []


async def test_old_diffs_go_and_what_a_person_has_let_through_stays(tier: Tier) -> None:
    let_through = await shrunk(tier)
    assert (await confirm(tier, let_through)).status_code == 202
    await tier.read_masters()
    tier.system.masters["projects"] = projects(11)
    old = await sync(tier)
    assert await diff(tier, old) != []

    tier.clock.move(91 * 86_400)
    await sync(tier)
    assert await diff(tier, old) == []
    assert (await run_of(tier, old["id"]))["changed"] == old["changed"] > 0, "its counts stay"
    assert await diff(tier, let_through) != []


async def test_a_diff_and_the_runs_are_read_page_by_page(tier: Tier) -> None:
    tier.system.masters["projects"] = projects(5)
    run = await sync(tier)
    path = f"/v1/master-data/runs/{run['id']}/changes"
    seen: list[str] = []
    after: int | None = 0
    while after is not None:
        query = {"after": after, "limit": 2}
        page = (await tier.call("GET", path, params=query)).json()
        assert len(page["changes"]) <= 2
        seen += [each["external_id"] for each in page["changes"]]
        after = page["next_after"]
    assert seen == ["100", "101", "102", "103", "104"]

    first = (await tier.call("GET", "/v1/master-data/runs", params={"limit": 1})).json()
    assert [each["id"] for each in first["runs"]] == [run["id"]]
    query = {"limit": 1, "cursor": first["next_cursor"]}
    second = (await tier.call("GET", "/v1/master-data/runs", params=query)).json()
    assert second["runs"][0]["id"] != run["id"]


async def test_a_dry_run_and_a_run_do_not_join_each_other(tier: Tier) -> None:
    path = f"/v1/master-data/{ERP}/refresh"
    assert (await tier.call("POST", path, json={"dry_run": True})).status_code == 202
    answer = await tier.call("POST", path)
    assert (answer.status_code, answer.json()["code"]) == (409, "run_under_way")


async def test_rows_that_make_no_sense_are_refused_with_row_and_reason(tier: Tier) -> None:
    masters = tier.system.masters
    known = firm.masters()
    company = known["legal-entities"][0]
    masters["legal-entities"].append(
        {**company, "external_id": "2", "code": "HRC-XX", "currency": "XXQ"}
    )
    masters["workers"][0]["termination_date"] = "2019-12-31"
    masters["workers"].append({**known["workers"][1], "external_id": "14"})
    masters["projects"] += [
        {**known["projects"][0], "external_id": "33", "code": "hr-1042", "name": "Copy"},
        {**known["projects"][0], "external_id": "34", "code": "Twin", "name": "One"},
        {**known["projects"][0], "external_id": "35", "code": "TWIN", "name": "Other"},
        {**known["projects"][0], "external_id": "36", "code": "T-1", "name": "Once"},
        {**known["projects"][0], "external_id": "36", "code": "T-2", "name": "Twice"},
        {**known["projects"][0], "external_id": "37", "code": "Good", "name": "Good"},
        {**known["projects"][0], "external_id": "37", "code": "Good", "name": "Good"},
    ]
    masters["tasks"].append(
        {
            **known["tasks"][0],
            "external_id": "42",
            "start_date": "2026-06-02",
            "end_date": "2026-06-01",
        }
    )
    late = {**known["periods"][0], "external_id": "odd", "name": "odd"}
    masters["periods"].append({**late, "start_date": "2026-09-15", "end_date": "2026-10-14"})

    run = await sync(tier)

    refused = {
        (each["kind"], each["row"]): each["reason"]
        for each in await diff(tier, run, change="refused")
    }
    assert refused == {
        ("legal_entity", 2): "XXQ is no currency",
        ("worker", 1): "ends on 2019-12-31, before it starts on 2020-01-01",
        ("worker", 3): "number e002 belongs to several: 12, 14",
        ("project", 3): "code hr-1042 belongs to several: 31, 33",
        ("project", 4): "code twin belongs to several: 34, 35",
        ("project", 5): "code twin belongs to several: 34, 35",
        ("project", 6): "is listed twice, with different values",
        ("project", 7): "is listed twice, with different values",
        ("task", 2): "ends on 2026-06-01, before it starts on 2026-06-02",
        ("period", 6): "overlaps with 2026-09 (2026-09-01 to 2026-09-30)",
    }
    assert (run["status"], run["refused"], run["created"]) == ("DONE", 10, 1)
    assert await vanished(tier, "worker") == set()
    firm.enter(tier.system, "e1")
    await tier.approve("e1")
    assert len(tier.system.lines) == 1


async def test_a_worker_killed_while_it_takes_over_leaves_the_rest_to_another(
    tier: Tier, settings: ProcessSettings, tmp_path: Path
) -> None:
    tier.system.masters["projects"] = projects(2500, first=1000)
    run = (await tier.call("POST", f"/v1/master-data/{ERP}/refresh")).json()
    async with hand(settings) as holder, hand(settings) as observer:
        # What the last batch is about to insert.
        await holder.execute("BEGIN")
        await holder.execute(
            "INSERT INTO project (id, owner_connection, owner_external_id, name, updated_at,"
            " legal_entity_external_id, status, bookable)"
            " VALUES (gen_random_uuid(), %s, '3400', 'held', now(), '1', 'OPEN', true)",
            [ERP],
        )
        with running(settings, tmp_path / "worker.log", "worker") as worker:
            await waiting(observer, "INSERT INTO project")
            halfway = await run_of(tier, run["id"])
            kill(worker)
        await holder.execute("ROLLBACK")
    assert (halfway["status"], halfway["applied"]) == ("RUNNING", 2000)
    tier.system.masters["projects"] = []

    async def done() -> bool:
        return bool((await run_of(tier, run["id"]))["status"] == "DONE")

    with running(settings, tmp_path / "another.log", "worker"):
        await until(done, "another worker has taken over the rest")
    ended = await run_of(tier, run["id"])
    assert (ended["created"], ended["applied"]) == (2500, 2500)
    listed = await tier.call("GET", "/v1/masters/project", params={"q": "N-3499"})
    assert [each["owner_external_id"] for each in listed.json()["records"]] == ["3499"]
