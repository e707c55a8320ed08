"""Replay: a person sees exactly what would be sent, and then that is sent, once."""

import asyncio
from typing import Any

import psycopg
import pytest

from deploy.identity.in_thread import RunningIdentityServer
from process_apis.doorbell import Stage
from process_apis.settings import ProcessSettings
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.signing_in import token_of
from process_apis.tests.system_stand_in import ERP, TRACKER

EVERYTHING = {"kind": "connection", "connection": ERP}
NOBODY = "00000000-0000-4000-8000-000000000007"


async def dead_letters(tier: Tier, *names: str) -> None:
    """Entries to whose postings the ERP said "not now" until they were given up."""
    for number, name in enumerate(names):
        firm.enter(tier.system, name, work_date=f"2026-06-{number % 28 + 1:02}", minutes=60)
    tier.system.down = "retry:stale_version"
    await tier.approve(*names)
    for _ in range(9):
        await tier.settle()
    tier.system.down = ""
    states = {posting["state"] for posting in await tier.postings()}
    assert states == {"DEAD_LETTER"}
    tier.system.posts.clear()


async def refused(tier: Tier, *names: str) -> None:
    """Entries whose lines the ERP refused for a reason that it does not tell in advance."""
    for number, name in enumerate(names):
        firm.enter(tier.system, name, work_date=f"2026-07-{number % 28 + 1:02}", minutes=30)
    tier.system.post_faults.append("reject:rejected")
    await tier.approve(*names, approval=f"approval of {names[0]}")
    tier.system.posts.clear()


async def dry_run(tier: Tier, scope: dict[str, Any] = EVERYTHING, **more: Any) -> dict[str, Any]:
    answer = await tier.call("POST", "/v1/replays/dry-run", json={"scope": scope, **more})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def start(
    tier: Tier, shown: str, scope: dict[str, Any] = EVERYTHING, key: str = "k-1", **more: Any
) -> Any:
    body = {"scope": scope, "hash": shown, **more}
    return await tier.call("POST", "/v1/replays", json=body, headers={"Idempotency-Key": key})


async def replay(tier: Tier, scope: dict[str, Any] = EVERYTHING, **more: Any) -> dict[str, Any]:
    """Dry run, start, and what a worker makes of it, up to the ERP."""
    shown = await dry_run(tier, scope, **more)
    answer = await start(tier, shown["hash"], scope, **more)
    assert answer.status_code == 202, answer.text
    await tier.worker.work(Stage.REPLAY, "")
    await tier.settle()
    done = await tier.call("GET", answer.headers["location"])
    return dict(done.json())


async def test_a_dry_run_shows_what_would_be_sent_and_changes_nothing(tier: Tier) -> None:
    await dead_letters(tier, "e1", "e2")
    before = await tier.postings()
    steps = await tier.lineage()

    shown = await dry_run(tier)

    assert shown["total"] == shown["would_send"] == {"lines": 2, "minutes": 120}
    assert shown["would_fail"] == []
    line = next(each for each in shown["lines"] if each["entry_external_id"] == "e1")
    assert line["posting_key"] in {posting["posting_key"] for posting in before}
    facts = ("state", "would_be", "leg", "kind", "minutes", "work_date", "accounting_date")
    assert [line[name] for name in facts] == [
        "DEAD_LETTER",
        "READY",
        "COST",
        "ORIGINAL",
        60,
        "2026-06-01",
        "2026-06-01",
    ]
    at_the_erp = ("worker_id", "project_id", "task_id", "legal_entity_id", "target_connection")
    assert [line[name] for name in at_the_erp] == ["11", "31", "41", "1", ERP]
    assert (line["attempts"], line["last_refusal"]) == (8, "busy")
    assert "SECRET-NARRATIVE" not in str(shown)
    assert await tier.postings() == before
    assert await tier.lineage() == steps
    assert tier.system.posts == []


async def test_the_real_run_sends_exactly_that_with_the_same_keys(tier: Tier) -> None:
    await dead_letters(tier, "e1", "e2")
    keys = {posting["posting_key"] for posting in await tier.postings()}

    done = await replay(tier)

    assert (done["state"], done["sent_on"], done["done"], done["lines"]) == ("DONE", 2, 2, 2)
    assert done["postings"] == {"POSTED": 2}
    assert (done["started_by"], done["minutes"]) == ("timepost-operator", 120)
    lanes = {posting["lane"] for posting in await tier.postings()}
    assert lanes == {"bulk"}, "what comes in meanwhile goes before it"
    assert {line["posting_key"] for line in tier.system.lines} == keys
    assert len(tier.system.lines) == 2
    assert await tier.cases() == []
    steps = {step["what"]: step for step in await tier.lineage()}
    assert steps["replayed"]["actor"] == "user:timepost-operator"
    assert steps["replayed"]["detail"]["replay"] == done["id"]


async def test_a_replayed_dead_letter_is_tried_as_often_as_at_first(tier: Tier) -> None:
    await dead_letters(tier, "e1")
    tier.system.post_faults += ["retry:stale_version"] * 7
    await replay(tier)
    for _ in range(6):
        await tier.settle()
    assert (await tier.posting())["state"] == "READY"
    await tier.settle()
    assert (await tier.posting())["state"] == "POSTED"
    assert len({item["posting_key"] for post in tier.system.posts for item in post["items"]}) == 1


async def test_what_would_still_fail_says_why_and_stays_a_case(tier: Tier) -> None:
    await refused(tier, "e1")
    firm.enter(tier.system, "e2", project=firm.CLOSED, task=None, minutes=90)
    await tier.approve("e2", approval="a2")

    shown = await dry_run(tier)
    assert shown["would_send"] == {"lines": 1, "minutes": 30}
    assert shown["would_fail"] == [{"code": "MD_PROJECT_CLOSED", "lines": 1, "minutes": 90}]
    line = next(each for each in shown["lines"] if each["entry_external_id"] == "e2")
    assert line["would_be"] == "PARKED"
    (reason,) = line["reasons"]
    assert (reason["code"], "HR-0987 Old is closed" in reason["sentence"]) == (
        "MD_PROJECT_CLOSED",
        True,
    )

    done = await replay(tier)
    assert (done["sent_on"], done["still_fails"]) == (1, 1)
    assert [case["code"] for case in await tier.cases()] == ["MD_PROJECT_CLOSED"]
    listed = await tier.call("GET", f"/v1/replays/{done['id']}/lines?outcome=STILL_FAILS")
    (kept,) = listed.json()["lines"]
    assert (kept["entry_external_id"], kept["posting_state"]) == ("e2", "PARKED")


@pytest.mark.parametrize("change", ["a binding", "a newcomer", "one less", "another hash"])
async def test_a_run_that_would_differ_from_its_dry_run_is_refused(tier: Tier, change: str) -> None:
    await dead_letters(tier, "e1", "e2")
    shown = (await dry_run(tier))["hash"]
    if change == "a binding":
        await tier.bind("worker", "u-ada", "12")
    elif change == "a newcomer":
        await refused(tier, "e3")
    elif change == "one less":
        case = next(case for case in await tier.cases() if case["entry_external_id"] == "e1")
        await tier.call("POST", f"/v1/cases/{case['id']}/retry")
        await tier.settle()
    else:
        shown = "0" * 64
    tier.system.posts.clear()

    answer = await start(tier, shown)

    assert (answer.status_code, answer.json()["code"]) == (409, "replay_changed")
    assert (await tier.call("GET", "/v1/replays")).json()["replays"] == []
    await tier.worker.work(Stage.REPLAY, "")
    await tier.settle()
    assert tier.system.posts == []


async def test_what_changes_after_the_start_is_left_alone(tier: Tier) -> None:
    await dead_letters(tier, "e1", "e2", "e3")
    await start(tier, (await dry_run(tier))["hash"])
    firm.enter(tier.system, "e1", minutes=75)  # a new version takes the place of the first
    await tier.see("e1")
    await tier.bind("worker", "u-ada", "12")
    tier.system.posts.clear()

    await tier.worker.work(Stage.REPLAY, "")
    await tier.settle()

    (done,) = (await tier.call("GET", "/v1/replays")).json()["replays"]
    assert (done["state"], done["changed"], done["gone"], done["sent_on"]) == ("DONE", 2, 1, 0)
    assert tier.system.posts == []
    states = [posting["state"] for posting in await tier.postings()]
    assert sorted(states) == ["DEAD_LETTER", "DEAD_LETTER", "POSTED", "SUPERSEDED"]


async def test_each_scope_finds_its_own(tier: Tier, settings: ProcessSettings) -> None:
    await refused(tier, "e1")
    tier.system.entries.clear()
    firm.enter(tier.system, "e2", project=firm.CLOSED, task=None)
    firm.enter(tier.system, "e3", project=firm.CLOSED, task=None)
    firm.decide(tier.system, "a2", ["e2", "e3"])
    event = {
        "specversion": "1.0",
        "id": "d-7",
        "source": f"/connections/{TRACKER}",
        "type": "timepost.approval.changed.v1",
        "subject": "a2",
        "deliveryid": "d-7",
        "traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01",
        "data": {},
    }
    await tier.call("POST", "/v1/events", json=[event])
    await tier.settle()
    fingerprints = {case["entry_external_id"]: case["fingerprint"] for case in await tier.cases()}
    with psycopg.connect(settings.database_url.get_secret_value()) as connection:
        (second,) = connection.execute(
            "SELECT min(posting.created_at) FROM posting"
            " JOIN time_entry AS entry ON entry.id = time_entry_id WHERE entry.external_id <> 'e1'"
        ).fetchone() or (None,)
    assert second is not None
    far = "2999-01-01T00:00:00Z"
    window = {"kind": "window", "received_from": second.isoformat(), "received_to": far}
    expected: list[tuple[dict[str, Any], set[str]]] = [
        ({"kind": "entry", "connection": TRACKER, "external_id": "e1"}, {"e1"}),
        ({"kind": "problem", "fingerprint": fingerprints["e2"]}, {"e2", "e3"}),
        ({"kind": "problem", "fingerprint": fingerprints["e1"]}, {"e1"}),
        ({"kind": "batch", "connection": TRACKER, "delivery_id": "d-7"}, {"e2", "e3"}),
        ({"kind": "batch", "connection": TRACKER, "trace_id": "ab" * 16}, {"e2", "e3"}),
        (window, {"e2", "e3"}),
        ({**window, "connection": ERP}, {"e2", "e3"}),
        ({**window, "received_from": "2020-01-01T00:00:00Z"}, {"e1", "e2", "e3"}),
        ({"kind": "connection", "connection": TRACKER}, {"e1", "e2", "e3"}),
        (EVERYTHING, {"e1", "e2", "e3"}),
    ]
    for scope, entries in expected:
        shown = await dry_run(tier, scope)
        assert {line["entry_external_id"] for line in shown["lines"]} == entries, scope
    blocked = await dry_run(tier, EVERYTHING, states=["BLOCKED"])
    assert [line["entry_external_id"] for line in blocked["lines"]] == ["e1"]


async def test_what_stands_in_the_erp_or_is_no_longer_approved_is_in_no_scope(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    await tier.approve("e1")
    await refused(tier, "e2")
    await tier.approve("e2", approval="approval of e2", status="WITHDRAWN")
    tier.system.posts.clear()
    for path in ("dry-run", ""):
        body: dict[str, Any] = {"scope": EVERYTHING, **({} if path else {"hash": "0" * 64})}
        headers = {"Idempotency-Key": "k"}
        answer = await tier.call(
            "POST", f"/v1/replays/{path}".rstrip("/"), json=body, headers=headers
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "empty_scope"), answer.text
    assert (await tier.call("GET", "/v1/replays")).json()["replays"] == []


@pytest.mark.parametrize(
    ("scope", "status", "code"),
    [
        ({"kind": "entry", "connection": TRACKER, "external_id": "e9"}, 404, "unknown_scope"),
        ({"kind": "problem", "fingerprint": "nothing"}, 404, "unknown_scope"),
        ({"kind": "batch", "connection": TRACKER, "delivery_id": "d"}, 404, "unknown_scope"),
        ({"kind": "connection", "connection": "nowhere"}, 404, "unknown_scope"),
        ({"kind": "galaxy"}, 422, "validation_failed"),
        ({"kind": "entry", "connection": TRACKER}, 422, "validation_failed"),
        ({"kind": "problem", "fingerprint": "a\x00b"}, 422, "validation_failed"),
        ({"kind": "batch", "connection": TRACKER}, 422, "validation_failed"),
        ({**EVERYTHING, "colour": "red"}, 422, "validation_failed"),
        (
            {
                "kind": "window",
                "received_from": "2026-06-02T00:00:00Z",
                "received_to": "2026-06-01T00:00:00Z",
            },
            422,
            "validation_failed",
        ),
        (
            {
                "kind": "window",
                "received_from": "2026-06-01T00:00:00Z",
                "received_to": "2026-06-02T00:00:00Z",
            },
            409,
            "empty_scope",
        ),
    ],
)
async def test_a_scope_that_means_nothing_is_a_clear_problem(
    tier: Tier, scope: dict[str, Any], status: int, code: str
) -> None:
    answer = await tier.call("POST", "/v1/replays/dry-run", json={"scope": scope})
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.json()["detail"]
    assert answer.json()["action"]


async def test_the_same_start_twice_is_one_replay(tier: Tier) -> None:
    await dead_letters(tier, "e1", "e2")
    shown = (await dry_run(tier))["hash"]

    first, second = await asyncio.gather(start(tier, shown), start(tier, shown))
    assert (first.status_code, second.status_code) == (202, 202), second.text
    assert first.json()["id"] == second.json()["id"]
    await tier.worker.work(Stage.REPLAY, "")
    await tier.settle()
    # Nothing of it is left to be replayed, and yet the answer is the same.
    again = await start(tier, shown)
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
    other = await start(tier, shown, states=["BLOCKED"])
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    without = await tier.call("POST", "/v1/replays", json={"scope": EVERYTHING, "hash": shown})
    assert (without.status_code, without.json()["code"]) == (422, "validation_failed")
    assert len(tier.system.lines) == 2


async def test_pages_of_a_dry_run_show_every_line_once(tier: Tier) -> None:
    names = [f"e{number}" for number in range(7)]
    await refused(tier, *names)
    shown = await dry_run(tier, limit=3)
    assert shown["total"]["lines"] == 7
    lines, after = shown["lines"], shown["next_after"]
    while after:
        body = {"scope": EVERYTHING, "after": after, "limit": 3}
        page = (await tier.call("POST", "/v1/replays/dry-run/lines", json=body)).json()
        lines, after = lines + page["lines"], page["next_after"]
    assert sorted(line["entry_external_id"] for line in lines) == names


async def test_a_replay_can_be_stopped(tier: Tier) -> None:
    await refused(tier, *(f"e{number}" for number in range(5)))
    started = (await start(tier, (await dry_run(tier))["hash"])).json()
    path = f"/v1/replays/{started['id']}"

    stopped = await tier.call("POST", f"{path}/stop")
    assert (stopped.json()["state"], stopped.json()["stopped_by"]) == (
        "STOPPED",
        "timepost-operator",
    )
    assert (await tier.call("POST", f"{path}/stop")).status_code == 200
    await tier.worker.work(Stage.REPLAY, "")
    await tier.settle()
    assert tier.system.posts == []
    assert {posting["state"] for posting in await tier.postings()} == {"BLOCKED"}


async def test_a_reversal_that_was_given_up_is_replayed_with_what_replaces_it(tier: Tier) -> None:
    firm.enter(tier.system, "e1", minutes=480)
    await tier.approve("e1")
    firm.enter(tier.system, "e1", minutes=360)
    tier.system.down = "retry:stale_version"
    await tier.see("e1")
    for _ in range(10):
        await correct(tier)
    tier.system.down = ""
    states = {posting["kind"]: posting["state"] for posting in await tier.postings()}
    assert states == {
        "ORIGINAL": "REVERSAL_PENDING",
        "REPLACEMENT": "PARKED",
        "REVERSAL": "DEAD_LETTER",
    }

    shown = await dry_run(tier)
    assert shown["would_send"] == {"lines": 1, "minutes": -480}
    assert shown["would_wait"] == {"lines": 1, "minutes": 360}
    reversal = next(line for line in shown["lines"] if line["kind"] == "REVERSAL")
    assert (reversal["minutes"], reversal["worker_id"], reversal["attempts"]) == (-480, "11", 8)

    answer = await start(tier, shown["hash"])
    await tier.worker.work(Stage.REPLAY, "")
    await correct(tier)
    await correct(tier)

    done = (await tier.call("GET", answer.headers["location"])).json()
    assert (done["sent_on"], done["waits"], done["postings"]) == (1, 1, {"POSTED": 2})
    assert [line["minutes"] for line in tier.system.lines] == [480, -480, 360]
    assert len({line["posting_key"] for line in tier.system.lines}) == 3
    assert await tier.cases() == []


async def correct(tier: Tier) -> None:
    await tier.worker.work(Stage.CORRECT, ERP)
    await tier.settle()


async def test_a_replay_to_a_paused_erp_is_refused_and_changes_nothing(tier: Tier) -> None:
    await refused(tier, "e1")
    for verb in ("pause", "drain"):
        why = {"reason": "moving house"}
        switched = await tier.call("POST", f"/v1/connections/{ERP}/{verb}", json=why)
        assert switched.status_code == 200, switched.text
        shown = await dry_run(tier)
        assert shown["paused"] == [ERP]

        answer = await start(tier, shown["hash"])

        assert (answer.status_code, answer.json()["code"]) == (409, "connection_paused")
        assert "moving house" in answer.json()["detail"]
    assert (await tier.call("GET", "/v1/replays")).json()["replays"] == []
    assert (await tier.posting())["state"] == "BLOCKED"

    await tier.call("POST", f"/v1/connections/{ERP}/resume", json={"reason": "moved"})
    assert (await replay(tier))["postings"] == {"POSTED": 1}


async def test_entries_of_a_scope_are_read_again_in_the_tracker(tier: Tier) -> None:
    await refused(tier, "e1", "e2", "e3")
    for name in ("e1", "e2"):
        tier.system.entries[name]["minutes"] = 45  # and no webhook tells of it
    scope = {"kind": "connection", "connection": TRACKER}
    for _ in range(2):
        answer = await tier.call("POST", "/v1/replays/reread", json={"scope": scope})
        assert (answer.status_code, answer.json()) == (202, {"entries": 3}), answer.text
    assert (await tier.status())["inbox_pending"] == 3

    await tier.settle()

    posted = {line["minutes"] for line in tier.system.lines}
    assert (posted, len(tier.system.lines)) == ({45}, 2), "the third is as it was: still refused"
    steps = [step for step in await tier.lineage() if step["what"] == "reading again asked for"]
    assert {step["actor"] for step in steps} == {"user:timepost-operator"}


async def test_reading_again_needs_somebody_who_can_be_asked(tier: Tier) -> None:
    await refused(tier, "e1")
    scope = {"kind": "entry", "connection": TRACKER, "external_id": "e1"}

    async def reread(wanted: dict[str, Any]) -> tuple[int, str]:
        answer = await tier.call("POST", "/v1/replays/reread", json={"scope": wanted})
        return answer.status_code, answer.json()["code"]

    assert await reread({**scope, "external_id": "e9"}) == (404, "unknown_scope")
    await tier.call("POST", f"/v1/connections/{TRACKER}/pause", json={"reason": "so be it"})
    assert await reread(scope) == (409, "connection_paused")
    tier.system.change_feed = tier.system.lists = False
    assert await reread(scope) == (409, "tracker_cannot_be_asked")
    assert (await tier.status())["inbox_pending"] == 0


async def test_a_replay_that_has_ended_is_not_stopped(tier: Tier) -> None:
    await refused(tier, "e1")
    done = await replay(tier)
    answer = await tier.call("POST", f"/v1/replays/{done['id']}/stop")
    assert (answer.status_code, answer.json()["code"]) == (409, "replay_over")
    missing = await tier.call("POST", f"/v1/replays/{NOBODY}/stop")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


async def test_who_may_replay(tier: Tier, identity: RunningIdentityServer) -> None:
    await refused(tier, "e1")
    for subject in ("stella", "petra", "ada"):
        token = await token_of(identity, subject, "replays:read", "replays:write")
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k"}
        for path, more in (("/dry-run", {}), ("", {"hash": "0" * 64})):
            wanted = {"scope": EVERYTHING, **more}
            answer = await tier.call("POST", f"/v1/replays{path}", json=wanted, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "role_missing")
    token = await token_of(identity, "maya", "replays:read", "replays:write")
    shown = (await dry_run(tier))["hash"]
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k"}
    wanted = {"scope": EVERYTHING, "hash": shown}
    answer = await tier.call("POST", "/v1/replays", json=wanted, headers=headers)
    assert (answer.status_code, answer.json()["started_by"]) == (202, "maya")
