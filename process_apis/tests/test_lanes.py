"""A backlog is sent by lane, nothing waits for ever, and workers share the limits of an ERP."""

import asyncio
from datetime import timedelta

from process_apis.doorbell import Stage
from process_apis.runtime import build
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.system_stand_in import ERP, TRACKER
from process_apis.worker import Worker

OLD, CLOSING = "2026-05-04", "2026-06-02"
_MODES = {"pause": "ERP upgrade", "resume": "done"}


async def _switch(tier: Tier, verb: str) -> None:
    path = f"/v1/connections/{ERP}/{verb}"
    answer = await tier.call("POST", path, json={"reason": _MODES[verb]})
    assert answer.status_code == 200, answer.text


async def _three_kinds_of_periods(tier: Tier) -> str:
    """May is closed, June ended and is still open, and one is under way; a day of that one."""
    today = tier.clock.now().date()
    periods = tier.system.masters["periods"]
    periods[0]["status"] = "CLOSED"
    first, last = today - timedelta(days=10), today + timedelta(days=20)
    span = {"start_date": first.isoformat(), "end_date": last.isoformat()}
    periods.append({**periods[1], "external_id": "now", "name": "now", **span})
    await tier.read_masters()
    return today.isoformat()


async def _enter(tier: Tier, prefix: str, day: str, total: int = 1, minutes: int = 6) -> None:
    names = [f"{prefix}{number}" for number in range(total)]
    for name in names:
        firm.enter(tier.system, name, work_date=day, minutes=minutes)
    await tier.approve(*names, approval=f"a-{prefix}")


def _days(tier: Tier) -> list[str]:
    return [item["work_date"] for post in tier.system.posts for item in post["items"]]


async def test_what_invoices_wait_for_goes_before_everything_else(tier: Tier) -> None:
    today = await _three_kinds_of_periods(tier)
    await _switch(tier, "pause")
    for prefix, day in (("old", OLD), ("new", today), ("due", CLOSING)):
        await _enter(tier, prefix, day)
    lanes = {each["work_date"]: each["lane"] for each in await tier.postings()}
    assert lanes == {OLD: "bulk", today: "normal", CLOSING: "invoice"}

    await _switch(tier, "resume")
    await tier.settle()

    assert _days(tier) == [CLOSING, today, OLD]


async def test_what_has_waited_for_long_has_a_share_of_every_batch(tier: Tier) -> None:
    today = await _three_kinds_of_periods(tier)
    await _switch(tier, "pause")
    await _enter(tier, "old", OLD, 8)
    tier.clock.move(16 * 60)
    await _enter(tier, "new", today, 60)

    await _switch(tier, "resume")
    await tier.settle()

    first, second = tier.system.posts
    assert [item["work_date"] for item in first["items"]].count(OLD) == 5
    assert len(first["items"]) == 50
    assert [item["work_date"] for item in second["items"]].count(OLD) == 3
    assert len(tier.system.lines) == 68


async def test_a_replay_waits_behind_what_comes_in_meanwhile(tier: Tier) -> None:
    today = await _three_kinds_of_periods(tier)
    tier.system.post_faults.append("reject:rejected")
    await _enter(tier, "replayed", today, minutes=7)
    scope = {"kind": "connection", "connection": ERP}
    dry = await tier.call("POST", "/v1/replays/dry-run", json={"scope": scope})
    body = {"scope": scope, "hash": dry.json()["hash"]}
    keyed = {"Idempotency-Key": "k-1"}
    started = await tier.call("POST", "/v1/replays", json=body, headers=keyed)
    assert started.status_code == 202, started.text
    await _switch(tier, "pause")
    await _enter(tier, "new", today, minutes=8)
    await tier.worker.work(Stage.REPLAY, "")
    assert {each["minutes"]: each["lane"] for each in await tier.postings()} == {
        7: "bulk",
        8: "normal",
    }

    tier.system.posts.clear()
    await _switch(tier, "resume")
    await tier.settle()
    assert [item["minutes"] for post in tier.system.posts for item in post["items"]] == [8, 7]


async def test_a_file_of_entries_waits_behind_what_comes_singly(tier: Tier) -> None:
    today = await _three_kinds_of_periods(tier)
    await _switch(tier, "pause")
    approval = {"status": "APPROVED", "approval_id": "x", "approver": firm.MIA, "decided_at": None}
    for name, bulk in (("file", True), ("single", False)):
        firm.enter(tier.system, name, work_date=today, minutes=60 if bulk else 30)
        entry = tier.system.entries.pop(name) | {"approval": approval}
        event = {
            "specversion": "1.0",
            "id": name,
            "source": f"/connections/{TRACKER}",
            "type": "timepost.time_entry.changed.v1",
            "subject": name,
            "data": {"change": "CHANGED", "entry": entry, "final": True, "bulk": bulk},
        }
        answer = await tier.call("POST", "/v1/events", json=[event])
        assert answer.status_code == 202, answer.text
        await tier.settle()

    await _switch(tier, "resume")
    await tier.settle()

    assert [line["minutes"] for line in tier.system.lines] == [30, 60]


async def test_no_two_workers_send_at_once_where_the_connection_takes_one_batch(
    tier: Tier,
) -> None:
    tier.system.limits = {"max_concurrent_batches": 1}
    for number in range(120):
        firm.enter(tier.system, f"e{number}", minutes=6, work_date=f"2026-06-{number % 28 + 1:02}")
    await _switch(tier, "pause")
    await tier.approve(*(f"e{number}" for number in range(120)))
    await _switch(tier, "resume")
    runtime = build(tier.runtime.settings, tier.clock)
    await runtime.open()

    tier.system.hold = "post"
    first = asyncio.create_task(tier.worker.work(Stage.SEND, ERP))
    await asyncio.to_thread(tier.system.held.wait, 20)
    await Worker(runtime).work(Stage.SEND, ERP)
    assert (await tier.status())["postings"] == {"READY": 70, "SENDING": 50}
    tier.system.hold = ""
    await first
    await runtime.close()

    assert len(tier.system.lines) == 120


async def test_all_workers_together_keep_to_the_rate(tier: Tier) -> None:
    tier.system.limits = {"postings_per_second": 20}
    for number in range(50):
        firm.enter(tier.system, f"e{number}", minutes=6, work_date=f"2026-06-{number % 28 + 1:02}")
    await _switch(tier, "pause")
    await tier.approve(*(f"e{number}" for number in range(50)))
    await _switch(tier, "resume")
    runtime = build(tier.runtime.settings, tier.clock)
    await runtime.open()

    started = tier.clock.now()
    await asyncio.gather(tier.worker.work(Stage.SEND, ERP), Worker(runtime).work(Stage.SEND, ERP))
    await runtime.close()

    assert len(tier.system.lines) == 50
    # A second's worth at once, and the rest as the rate allows.
    assert tier.clock.now() - started >= timedelta(seconds=30 / 20 - 0.1)
    assert max(len(post["items"]) for post in tier.system.posts) == 20
