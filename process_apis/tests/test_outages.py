"""A connection that does not work: it waits, its postings pay nothing, one case speaks for all."""

from typing import Any

import pytest

from process_apis import schedule
from process_apis.doorbell import Stage
from process_apis.runtime import build
from process_apis.tests import firm
from process_apis.tests.conftest import LEASE, Tier
from process_apis.tests.system_stand_in import ERP
from process_apis.worker import Worker


def _enter(tier: Tier, total: int) -> list[str]:
    names = [f"e{number}" for number in range(total)]
    for number, name in enumerate(names):
        firm.enter(tier.system, name, work_date=f"2026-06-{number % 28 + 1:02}", minutes=30)
    return names


async def _fail(tier: Tier, *, times: int = 3) -> None:
    for _ in range(times):
        await tier.settle()


async def _settled(tier: Tier) -> None:
    """Until the wait between probes is over and all that was held back is gone."""
    for _ in range(4):
        await tier.settle()


async def _words(tier: Tier, entry: str) -> list[str]:
    return [step["what"] for step in await tier.lineage(entry)]


async def test_one_call_that_comes_to_nothing_is_a_blip_and_no_incident(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    tier.system.post_faults.append("status:503")

    await tier.approve("e1")
    posting = await tier.posting()
    assert (posting["state"], posting["attempts"], posting["lookups"]) == ("READY", 0, 0)
    assert await tier.cases() == []
    await tier.settle()

    assert len(tier.system.lines) == 1
    assert await _words(tier, "e1") == [
        *("created", "approved", "posting ready", "sending", "posted", "feedback delivered")
    ]


async def test_an_outage_is_one_incident_and_costs_those_that_wait_nothing(tier: Tier) -> None:
    names = _enter(tier, 120)
    tier.system.down = "status:503"

    await tier.approve(*names)
    for _ in range(8):
        await tier.settle()

    incident = await tier.case()
    assert (incident["code"], incident["severity"]) == ("IO_UNAVAILABLE", "S1")
    assert (incident["owner"], incident["connection"]) == ("integration.operator", ERP)
    assert (incident["affected"], incident["minutes"]) == (120, 3600)
    assert incident["entry_external_id"] is None
    assert "120 postings of 60.00 hours wait" in incident["sentence"]
    assert {(each["state"], each["attempts"]) for each in await tier.postings(limit="500")} == {
        ("READY", 0)
    }
    assert await _words(tier, "e7") == ["created", "approved", "posting ready"]
    # Three tries of a whole batch, and from then on a few postings at a time.
    assert [len(post["items"]) for post in tier.system.posts[:4]] == [50, 50, 50, 10]

    tier.system.down = ""
    await _settled(tier)
    assert len(tier.system.lines) == 120
    assert len({line["posting_key"] for line in tier.system.lines}) == 120
    assert await tier.cases() == []
    (resolved,) = await tier.cases(open_only="false")
    assert resolved["id"] == incident["id"]
    assert resolved["resolution"].startswith(f"auto: {ERP} works again since ")


async def test_more_that_wait_update_the_incident_and_open_no_second_one(tier: Tier) -> None:
    firm.enter(tier.system, "e1", minutes=60)
    tier.system.down = "status:503"
    await tier.approve("e1")
    await _fail(tier)
    first = await tier.case()

    firm.enter(tier.system, "e2", minutes=90)
    await tier.approve("e2", approval="a2")
    await schedule.due(tier.runtime)

    second = await tier.case()
    assert (second["id"], second["affected"], second["minutes"]) == (first["id"], 2, 150)
    assert (second["opened_at"], second["version"]) == (first["opened_at"], first["version"])


async def test_what_waited_is_sent_in_the_order_in_which_it_came(tier: Tier) -> None:
    tier.system.down = "status:503"
    names = _enter(tier, 6)
    for number, name in enumerate(names):
        await tier.approve(name, approval=f"a{number}")
    await _fail(tier)

    tier.system.down = ""
    await _settled(tier)

    assert [line["work_date"] for line in tier.system.lines] == [
        f"2026-06-0{day}" for day in range(1, 7)
    ]


@pytest.mark.parametrize("fault", ["retry:auth", "status:401"])
async def test_refused_credentials_stop_everything_at_once(tier: Tier, fault: str) -> None:
    names = _enter(tier, 120)
    tier.system.down = fault

    await tier.approve(*names)

    assert len(tier.system.posts) == 1
    assert (await tier.case())["affected"] == 120
    assert (await tier.status())["postings"] == {"READY": 120}


async def test_lines_that_the_erp_cannot_take_now_are_no_dead_letters(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    tier.system.down = "retry:unavailable"
    await tier.approve("e1")
    for _ in range(10):
        await tier.settle()
    posting = await tier.posting()
    assert (posting["state"], posting["attempts"]) == ("READY", 0)

    tier.system.down = ""
    await _settled(tier)
    assert len(tier.system.lines) == 1


async def test_calls_that_are_not_answered_stop_the_connection_before_all_are_in_doubt(
    tier: Tier,
) -> None:
    names = _enter(tier, 200)
    tier.system.down = "drop"
    tier.system.lookup_status = 502

    await tier.approve(*names)
    await _fail(tier, times=2)
    assert (await tier.status())["postings"] == {"IN_DOUBT": 150, "READY": 50}
    for _ in range(4):
        await tier.look_up(after=LEASE)

    assert {case["code"] for case in await tier.cases()} == {"IO_UNAVAILABLE"}
    assert (await tier.case())["affected"] == 200
    tier.system.down, tier.system.lookup_status = "", 200
    for _ in range(4):
        await tier.look_up(after=LEASE)
    assert len(tier.system.lines) == 200
    assert len({line["posting_key"] for line in tier.system.lines}) == 200
    assert await tier.cases() == []


async def test_an_outage_that_only_look_ups_meet_is_an_incident_too(tier: Tier) -> None:
    names = _enter(tier, 5)
    tier.system.post_faults.append("commit then drop")
    tier.system.lookup_status = 503
    await tier.approve(*names)

    for _ in range(6):
        await tier.look_up(after=LEASE)
    incident = await tier.case()
    assert (incident["code"], incident["affected"]) == ("IO_UNAVAILABLE", 5)

    tier.system.lookup_status = 200
    await tier.look_up(after=LEASE)
    assert (await tier.status())["postings"] == {"POSTED": 5}
    assert await tier.cases() == []


async def test_a_system_tier_that_is_away_is_an_incident_too(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    tier.system.erp_status = 503
    await tier.approve("e1")
    await _fail(tier)
    case = await tier.case()
    assert (case["code"], case["severity"]) == ("IO_UNAVAILABLE", "S1")
    assert tier.system.posts == []

    tier.system.erp_status = 200
    await _settled(tier)
    assert len(tier.system.lines) == 1
    assert await tier.cases() == []


async def test_throttling_slows_the_connection_down_and_fails_nothing(tier: Tier) -> None:
    names = _enter(tier, 120)
    tier.system.post_faults += ["throttle after:20", "throttle after:20"]
    tier.system.retry_after = 30

    await tier.approve(*names)
    assert len(tier.system.lines) == 20
    await tier.settle()
    assert len(tier.system.posts) == 1, "nothing is sent before the time that the ERP named"
    for _ in range(9):
        tier.clock.move(40)
        await tier.settle()

    assert [len(post["items"]) for post in tier.system.posts[:4]] == [50, 25, 12, 24]
    assert len(tier.system.lines) == 120
    assert len({line["posting_key"] for line in tier.system.lines}) == 120
    assert {each["attempts"] for each in await tier.postings(limit="500")} == {1}
    assert await tier.cases(open_only="false") == []


async def test_a_slow_erp_is_no_outage_and_what_was_not_begun_in_time_counts_no_attempt(
    tier: Tier,
) -> None:
    names = _enter(tier, 100)
    tier.system.down = "late after:5"

    await tier.approve(*names)

    assert len(tier.system.lines) == 100
    assert len({line["posting_key"] for line in tier.system.lines}) == 100
    assert {each["attempts"] for each in await tier.postings(limit="500")} == {1}
    assert await tier.cases(open_only="false") == []


async def test_a_storm_of_429_is_one_incident_and_no_dead_letter(tier: Tier) -> None:
    names = _enter(tier, 60)
    tier.system.down = "status:429"
    tier.system.retry_after = 20
    await tier.approve(*names)
    for _ in range(10):
        tier.clock.move(30)
        await tier.settle()
    incident = await tier.case()
    assert (incident["code"], incident["affected"]) == ("IO_UNAVAILABLE", 60)
    assert len(tier.system.posts) <= 11

    tier.system.down = ""
    for _ in range(9):
        tier.clock.move(30)
        await tier.settle()
    assert len(tier.system.lines) == 60
    assert await tier.cases() == []


async def test_a_line_that_cannot_even_be_read_does_not_stop_the_others(tier: Tier) -> None:
    names = _enter(tier, 7)
    firm.enter(tier.system, "e4", work_date="2026-06-04", minutes=77)
    tier.system.unreadable_minutes = 77

    await tier.approve(*names)

    assert len(tier.system.lines) == 6
    case = await tier.case()
    assert (case["code"], case["entry_external_id"]) == ("IO_SCHEMA", "e4")
    tier.system.unreadable_minutes = -1
    answer = await tier.call("POST", f"/v1/cases/{case['id']}/retry")
    assert answer.json()["posting_state"] == "READY"
    await tier.settle()
    assert len(tier.system.lines) == 7
    assert await tier.cases() == []


async def test_two_workers_on_two_hosts_share_one_breaker(tier: Tier) -> None:
    names = _enter(tier, 20)
    tier.system.down = "status:503"
    await tier.approve(*names)
    await _fail(tier)
    sent = len(tier.system.posts)

    runtime = build(tier.runtime.settings, tier.clock)
    await runtime.open()
    other = Worker(runtime)
    await other.work(Stage.SEND, ERP)
    assert len(tier.system.posts) == sent, "what the first found out, the second knows"

    tier.clock.move(1)
    tier.system.down = ""
    await other.work(Stage.PROBE, ERP)
    await tier.worker.work(Stage.SEND, ERP)
    await runtime.close()
    assert len(tier.system.lines) == 20
    assert await tier.cases() == []


async def test_while_one_worker_tries_the_others_wait(tier: Tier) -> None:
    names = _enter(tier, 20)
    tier.system.down = "status:503"
    await tier.approve(*names)
    await _fail(tier)
    tier.clock.move(1)
    due: list[Any] = await schedule.due(tier.runtime)
    assert (Stage.PROBE, ERP) in due
    assert (Stage.SEND, ERP) not in due


async def test_a_person_who_mended_it_need_not_wait(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    tier.system.down = "status:503"
    await tier.approve("e1")
    await _fail(tier)
    incident = await tier.case()
    tier.system.down = ""
    await tier.worker.work(Stage.PROBE, ERP)
    assert tier.system.lines == [], "it is not time to try yet"

    answer = await tier.call("POST", f"/v1/cases/{incident['id']}/retry")
    assert answer.status_code == 200, answer.text
    await tier.worker.work(Stage.PROBE, ERP)

    assert len(tier.system.lines) == 1
    detail = (await tier.call("GET", f"/v1/cases/{incident['id']}")).json()
    assert (detail["source"], detail["would_post"], detail["erp"]) == (None, None, None)
    assert [(step["what"], step["actor"].partition(":")[0]) for step in detail["lineage"]] == [
        ("stopped working", "timepost"),
        ("try asked for", "user"),
        ("works again", "timepost"),
    ]


async def test_an_incident_is_assigned_and_commented_like_any_case(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    tier.system.down = "retry:auth"
    await tier.approve("e1")
    incident = await tier.case()

    assigned = await tier.call(
        "PUT",
        f"/v1/cases/{incident['id']}/assignee",
        json={"assignee": "ivan"},
        headers={"If-Match": f'"{incident["version"]}"'},
    )
    assert assigned.status_code == 200, assigned.text
    said = await tier.call(
        "POST", f"/v1/cases/{incident['id']}/comments", json={"text": "New password asked for."}
    )
    assert said.status_code == 201, said.text

    detail = (await tier.call("GET", f"/v1/cases/{incident['id']}")).json()
    assert [step["what"] for step in detail["lineage"]][1:] == ["case assigned", "commented"]
    assert [each["text"] for each in detail["comments"]] == ["New password asked for."]


async def test_an_incident_ends_when_nobody_waits_any_more(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    tier.system.down = "retry:auth"
    await tier.approve("e1")
    await tier.case()

    await tier.approve("e1", status="WITHDRAWN")
    await schedule.due(tier.runtime)

    assert await tier.cases() == []
