"""One entry that nothing can be done with stops no other, at no stage."""

from typing import LiteralString

import psycopg

from process_apis.doorbell import Stage
from process_apis.settings import ProcessSettings
from process_apis.tests import firm
from process_apis.tests.conftest import LEASE, Tier
from process_apis.tests.system_stand_in import ERP

NO_WORKER = "content - 'worker'"
NAMES = [f"e{number}" for number in range(9)]


def enter(tier: Tier) -> None:
    for number, name in enumerate(NAMES):
        firm.enter(tier.system, name, work_date=f"2026-06-{number + 1:02}", minutes=60)


def spoil(settings: ProcessSettings, name: str, content: LiteralString = NO_WORKER) -> None:
    """As an older release, or a hand in the database, may have left it."""
    with psycopg.connect(settings.database_url.get_secret_value()) as connection:
        connection.execute(
            f"UPDATE time_entry_version SET content = {content} WHERE time_entry_id ="  # noqa: S608 - our own words
            " (SELECT id FROM time_entry WHERE external_id = %s)",
            [name],
        )


async def test_receiving(tier: Tier, settings: ProcessSettings) -> None:
    enter(tier)
    firm.decide(tier.system, "a1", NAMES)
    await tier.hint("a1", kind="approval")
    await tier.take_in_approvals_only()
    spoil(settings, "e4", "jsonb_set(content, '{minutes}', '\"many\"')")

    await tier.settle()

    assert len(tier.system.lines) == 8
    case = await tier.case()
    assert (case["code"], case["entry_external_id"]) == ("IO_SCHEMA", "e4")
    firm.enter(tier.system, "e4", work_date="2026-06-05", minutes=75)
    await tier.approve("e4", approval="a2")
    assert len(tier.system.lines) == 9, "read anew, it is posted like any other"
    assert await tier.cases() == []


async def test_validating(tier: Tier, settings: ProcessSettings) -> None:
    enter(tier)
    firm.decide(tier.system, "a1", NAMES)
    await tier.hint("a1", kind="approval")
    await tier.take_in_approvals_only()
    spoil(settings, "e4")

    await tier.settle()

    assert len(tier.system.lines) == 8
    case = await tier.case()
    assert (case["code"], case["entry_external_id"]) == ("IO_SCHEMA", "e4")
    assert case["posting_id"] in case["sentence"]
    (blocked,) = await tier.postings(state="BLOCKED")
    assert blocked["id"] == case["posting_id"]

    firm.enter(tier.system, "e4", work_date="2026-06-05", minutes=75)
    await tier.approve("e4", approval="a2")
    assert len(tier.system.lines) == 9, "read anew, it is posted like any other"
    assert await tier.cases() == []


async def test_looking_up(tier: Tier) -> None:
    enter(tier)
    tier.system.post_faults.append("commit then drop")
    await tier.approve(*NAMES)
    assert (await tier.status())["postings"] == {"IN_DOUBT": 9}
    tier.system.lines[4]["work_date"] = "no date at all"

    for _ in range(3):
        await tier.look_up(after=LEASE)

    assert (await tier.status())["postings"] == {"IN_DOUBT": 1, "POSTED": 8}
    assert (len(tier.system.lines), len(tier.system.posts)) == (9, 1)
    case = await tier.case()
    assert (case["code"], "cannot be read" in case["sentence"]) == ("IO_IN_DOUBT", True)
    # The connection works: what comes next is posted.
    firm.enter(tier.system, "e9", work_date="2026-06-20", minutes=60)
    await tier.approve("e9", approval="a9")
    assert len(tier.system.lines) == 10


async def test_replaying(tier: Tier, settings: ProcessSettings) -> None:
    enter(tier)
    tier.system.post_faults.append("reject:rejected")
    await tier.approve(*NAMES)
    spoil(settings, "e4")
    scope = {"kind": "connection", "connection": ERP}

    shown = (await tier.call("POST", "/v1/replays/dry-run", json={"scope": scope})).json()
    assert shown["would_send"]["lines"] == 8
    assert shown["would_fail"] == [{"code": "IO_SCHEMA", "lines": 1, "minutes": 60}]

    body, key = {"scope": scope, "hash": shown["hash"]}, {"Idempotency-Key": "k-1"}
    answer = await tier.call("POST", "/v1/replays", json=body, headers=key)
    await tier.worker.work(Stage.REPLAY, "")
    await tier.settle()

    done = (await tier.call("GET", answer.headers["location"])).json()
    assert (done["state"], done["sent_on"], done["still_fails"]) == ("DONE", 8, 1)
    assert done["postings"] == {"BLOCKED": 1, "POSTED": 8}
    assert (await tier.case())["code"] == "IO_SCHEMA"
