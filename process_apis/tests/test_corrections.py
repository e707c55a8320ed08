"""What happens in the ERP when an entry changes before, while and after it is posted.

`sums` are the hours that stand in the ERP: whatever the way, they are those of the latest approved
version once nothing is pending.
"""

import asyncio

import pytest

from process_apis import schedule
from process_apis.doorbell import Stage
from process_apis.tests import firm
from process_apis.tests.conftest import LEASE, Tier
from process_apis.tests.corrections import change, finish, posted, states, sums
from process_apis.tests.system_stand_in import ERP, TRACKER

WAYS = ["negative_line", "delete_uninvoiced", "update_in_place"]


async def test_eight_hours_become_six_by_a_negative_line_and_a_new_one(tier: Tier) -> None:
    """Worked example 1: +8.00, -8.00, +6.00; net 6.00."""
    await posted(tier)
    firm.enter(tier.system, "e1", minutes=360)
    await tier.approve("e1", status="SUBMITTED")
    assert await tier.cases() == []
    assert [line["minutes"] for line in tier.system.lines] == [480], "until it is approved again"

    await tier.approve("e1")
    await finish(tier)

    assert [line["minutes"] for line in tier.system.lines] == [480, -480, 360]
    assert len({line["posting_key"] for line in tier.system.lines}) == 3
    original, reversal, _ = [post["items"][0] for post in tier.system.posts]
    assert (reversal["target_line"], reversal["target_key"]) == ("1", original["posting_key"])
    same = ("worker_id", "project_id", "task_id", "work_date", "legal_entity_id")
    assert {name: original[name] for name in same} == {name: reversal[name] for name in same}
    assert await states(tier) == [
        ("ORIGINAL", 1, "REVERSED"),
        ("REPLACEMENT", 2, "POSTED"),
        ("REVERSAL", 1, "POSTED"),
    ]
    groups = {each["correction_group"] for each in await tier.postings()}
    assert len(groups) == 2  # the original has none, the correction has one
    assert await tier.cases() == []


@pytest.mark.parametrize("way", WAYS)
async def test_every_way_ends_with_the_approved_hours(tier: Tier, way: str) -> None:
    tier.system.reversal_modes = [way]
    await posted(tier)
    await change(tier, minutes=360)
    assert sums(tier) == {("11", "31", "2026-06-02"): 360}
    await change(tier, minutes=300, work_date="2026-06-04")
    assert sums(tier) == {("11", "31", "2026-06-04"): 300}
    await change(tier, minutes=300, work_date="2026-06-04", worker=firm.BEN)
    assert sums(tier) == {("12", "31", "2026-06-04"): 300}
    assert (len(tier.system.deleted), len(tier.system.history)) == {
        "negative_line": (0, 0),
        "delete_uninvoiced": (3, 0),
        "update_in_place": (0, 3),
    }[way]

    del tier.system.entries["e1"]
    await tier.see("e1")
    await finish(tier)

    assert sums(tier) == {}
    assert {state for _, _, state in await states(tier)} == {"POSTED", "REVERSED"}
    assert await tier.cases() == []


@pytest.mark.parametrize("way", WAYS)
async def test_a_correction_of_a_correction_takes_back_the_latest_only(
    tier: Tier, way: str
) -> None:
    """Worked example 7."""
    tier.system.reversal_modes = [way]
    await posted(tier)
    await change(tier, minutes=360)
    await change(tier, minutes=240)

    assert sums(tier) == {("11", "31", "2026-06-02"): 240}
    assert await states(tier) == [
        ("ORIGINAL", 1, "REVERSED"),
        ("REPLACEMENT", 2, "REVERSED"),
        ("REPLACEMENT", 3, "POSTED"),
        ("REVERSAL", 1, "POSTED"),
        ("REVERSAL", 2, "POSTED"),
    ]


async def test_a_move_to_another_project_is_checked_before_anything_is_taken_back(
    tier: Tier,
) -> None:
    await posted(tier)
    await change(tier, project=firm.CLOSED, task=None)

    assert [line["minutes"] for line in tier.system.lines] == [480]
    assert (await tier.case())["code"] == "MD_PROJECT_CLOSED"
    assert ("ORIGINAL", 1, "REVERSAL_PENDING") in await states(tier)

    tier.system.masters["projects"][1]["status"] = "OPEN"
    await tier.read_masters()
    await finish(tier)

    assert sums(tier) == {("11", "32", "2026-06-02"): 480}
    assert await tier.cases() == []


async def test_another_text_posts_nothing(tier: Tier) -> None:
    await posted(tier)
    tier.system.masters["projects"][0]["status"] = "CLOSED"
    await tier.read_masters()
    tier.system.entries["e1"]["narrative"] = "SECRET-NARRATIVE, better worded"
    await tier.approve("e1")
    await finish(tier)

    assert [line["minutes"] for line in tier.system.lines] == [480]
    assert await states(tier) == [
        ("ORIGINAL", 1, "POSTED"),
        ("REPLACEMENT", 2, "SUPERSEDED"),
        ("REVERSAL", 1, "SUPERSEDED"),
    ]
    assert "nothing to correct" in [step["what"] for step in await tier.lineage()]
    assert await tier.cases() == []

    tier.system.masters["projects"][0]["status"] = "OPEN"
    await tier.read_masters()
    await change(tier, minutes=300)
    assert sums(tier) == {("11", "31", "2026-06-02"): 300}


async def test_a_deletion_after_posting_takes_the_hours_back(tier: Tier) -> None:
    await posted(tier)
    del tier.system.entries["e1"]
    await tier.see("e1")
    await finish(tier)

    assert [line["minutes"] for line in tier.system.lines] == [480, -480]
    assert await tier.cases() == []


async def test_a_rejection_takes_the_hours_back_and_a_later_approval_posts_them_again(
    tier: Tier,
) -> None:
    await posted(tier)
    await tier.approve("e1", status="REJECTED", decided_at=firm.LATER)
    await finish(tier)
    assert sums(tier) == {}

    for _ in range(2):
        await tier.approve("e1", approval="again", decided_at=firm.LATEST)
        await finish(tier)
    assert [line["minutes"] for line in tier.system.lines] == [480, -480, 480]
    assert len({line["posting_key"] for line in tier.system.lines}) == 3


async def test_a_rejection_after_it_was_only_reopened_takes_the_hours_back(tier: Tier) -> None:
    await posted(tier)
    await tier.approve("e1", status="WITHDRAWN")
    await tier.approve("e1", approval="again", status="SUBMITTED", decided_at=firm.LATER)
    await tier.approve("e1", approval="again", status="REJECTED", decided_at=firm.LATEST)
    await finish(tier)
    assert sums(tier) == {}


@pytest.mark.parametrize("fault", ["status:503", "drop"])
async def test_a_reversal_that_did_not_arrive_is_given_up_when_the_entry_is_submitted_again(
    tier: Tier, fault: str
) -> None:
    """Until it is decided anew, what stands stays; and nothing waits for ever to be sent."""
    await posted(tier)
    tier.system.post_faults.append(fault)
    tier.system.down = "status:503"
    await tier.approve("e1", status="REJECTED", decided_at=firm.LATER)
    await tier.look_up(after=LEASE)
    assert ("REVERSAL", 1, "READY") in await states(tier)

    await tier.approve("e1", approval="again", status="SUBMITTED", decided_at=firm.LATEST)
    tier.system.down = ""
    await finish(tier)
    assert await states(tier) == [("ORIGINAL", 1, "POSTED"), ("REVERSAL", 1, "SUPERSEDED")]
    assert sums(tier) == {("11", "31", "2026-06-02"): 480}

    await tier.approve("e1", approval="again", status="REJECTED", decided_at=firm.LATEST)
    await finish(tier)
    assert sums(tier) == {}


async def test_reopened_and_approved_again_unchanged_is_posted_once(tier: Tier) -> None:
    await posted(tier)
    for number in range(3):
        await tier.approve("e1", status="WITHDRAWN")
        await tier.approve("e1", approval=f"again-{number}")

    assert len(tier.system.lines) == 1
    assert await tier.cases() == []


async def test_a_correction_that_is_withdrawn_before_it_was_sent_is_given_up(tier: Tier) -> None:
    await posted(tier)
    tier.system.lookup_status = 500  # the line cannot be read, so nothing is decided yet
    await change(tier, minutes=360)
    assert ("ORIGINAL", 1, "REVERSAL_PENDING") in await states(tier)

    await tier.approve("e1", status="WITHDRAWN")
    tier.system.lookup_status = 200
    tier.clock.move(60)
    await finish(tier)
    assert [line["minutes"] for line in tier.system.lines] == [480]
    assert ("ORIGINAL", 1, "POSTED") in await states(tier)

    await tier.approve("e1")
    await finish(tier)
    assert [line["minutes"] for line in tier.system.lines] == [480, -480, 360]


@pytest.mark.parametrize("status", [500, 503])
async def test_a_line_that_cannot_be_read_is_an_incident_and_goes_on_by_itself(
    tier: Tier, status: int
) -> None:
    await posted(tier)
    tier.system.lookup_status = status
    del tier.system.entries["e1"]
    await tier.see("e1")
    assert await tier.cases() == [], "once is a blip"
    await finish(tier)

    incident = await tier.case()
    assert (incident["code"], incident["connection"]) == ("IO_UNAVAILABLE", ERP)
    assert (incident["owner"], incident["severity"]) == ("integration.operator", "S1")
    assert (incident["affected"], incident["minutes"]) == (1, 480)
    await schedule.due(tier.runtime)
    assert (await tier.case())["id"] == incident["id"], "something does wait"

    tier.system.lookup_status = 200
    await finish(tier)
    assert [line["minutes"] for line in tier.system.lines] == [480, -480]
    assert await tier.cases() == []


async def test_a_line_that_cannot_be_read_keeps_no_other_waiting(tier: Tier) -> None:
    for name in ("e1", "e2", "e3"):
        firm.enter(tier.system, name, minutes=60)
    await tier.approve("e1", "e2", "e3")
    tier.system.spoiled = {tier.system.lines[1]["external_id"]}
    for name in ("e1", "e2", "e3"):
        del tier.system.entries[name]
        await tier.hint(name)
    await finish(tier)
    assert sum(line["minutes"] for line in tier.system.lines) == 60

    for _ in range(3):
        tier.clock.move(LEASE)
        await finish(tier)
    case = await tier.case()
    assert (case["code"], case["severity"]) == ("CO_UNREADABLE", "S1")
    assert tier.system.lines[1]["external_id"] in case["sentence"]

    tier.system.spoiled = set()
    tier.clock.move(3600)
    await finish(tier)
    assert sum(line["minutes"] for line in tier.system.lines) == 0
    assert await tier.cases() == []


async def test_reversals_wait_in_the_open_where_posting_works_and_reading_does_not(
    tier: Tier,
) -> None:
    """Each posting that gets through would hide from the connection that reads do not."""
    await posted(tier)
    tier.system.lookup_status = 500
    del tier.system.entries["e1"]
    await tier.see("e1")
    for number in range(6):
        firm.enter(tier.system, f"more-{number}", minutes=60)
        await tier.approve(f"more-{number}")
        tier.clock.move(LEASE)
        await finish(tier)
    assert len(tier.system.lines) == 7, "what can be posted is"
    codes = {case["code"] for case in await tier.cases()}
    assert codes & {"CO_UNREADABLE", "IO_UNAVAILABLE"}

    tier.system.lookup_status = 200
    tier.clock.move(3600)
    await finish(tier)
    assert sum(line["minutes"] for line in tier.system.lines) == 360
    assert await tier.cases() == []


async def test_of_two_changes_in_a_row_only_the_last_is_posted(tier: Tier) -> None:
    await posted(tier)
    tier.system.lookup_status = 500
    await change(tier, minutes=360)
    await change(tier, minutes=240)
    tier.system.lookup_status = 200
    tier.clock.move(60)
    await finish(tier)

    assert [line["minutes"] for line in tier.system.lines] == [480, -480, 240]


async def test_withdrawn_before_it_was_sent_posts_nothing(tier: Tier) -> None:
    firm.enter(tier.system, "e1", project=firm.CLOSED, task=None)
    await tier.approve("e1")
    assert (await tier.case())["code"] == "MD_PROJECT_CLOSED"

    await tier.approve("e1", status="WITHDRAWN")
    assert await tier.cases() == []
    assert (await tier.posting())["state"] == "SUPERSEDED"
    tier.system.masters["projects"][1]["status"] = "OPEN"
    await tier.read_masters()
    await tier.settle()
    assert tier.system.lines == []

    await tier.approve("e1")
    assert len(tier.system.lines) == 1


async def test_withdrawn_but_not_yet_looked_at_is_not_sent(tier: Tier) -> None:
    """The worker that sends may be quicker than the one that takes the withdrawal in."""
    firm.enter(tier.system, "e1")
    tier.system.post_faults.append("status:503")
    await tier.approve("e1")
    assert (await tier.posting())["state"] == "READY"
    firm.decide(tier.system, "a1", ["e1"], status="WITHDRAWN")
    await tier.hint("a1", kind="approval")
    tier.clock.move(5)

    await tier.take_in_approvals_only()
    await tier.worker.work(Stage.SEND, ERP)
    await tier.settle()

    assert tier.system.lines == []
    assert (await tier.posting())["state"] == "SUPERSEDED"
    assert await tier.cases() == []


async def test_only_the_newest_version_is_sent(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    tier.system.post_faults.append("status:503")
    await tier.approve("e1")
    firm.enter(tier.system, "e1", minutes=240)

    await tier.approve("e1")
    await tier.settle()

    assert [line["minutes"] for line in tier.system.lines] == [240]
    assert [each["state"] for each in await tier.postings()] == ["POSTED", "SUPERSEDED"]
    assert await tier.cases() == []


async def test_a_version_approved_while_the_earlier_one_is_in_doubt_waits_for_it(
    tier: Tier,
) -> None:
    firm.enter(tier.system, "e1")
    tier.system.post_faults.append("drop")
    await tier.approve("e1")
    firm.enter(tier.system, "e1", minutes=240)
    await tier.approve("e1")
    assert [each["state"] for each in await tier.postings()] == ["PARKED", "IN_DOUBT"]
    assert tier.system.lines == []

    await tier.look_up(after=LEASE)
    await tier.settle()

    assert [line["minutes"] for line in tier.system.lines] == [240]
    assert [each["state"] for each in await tier.postings()] == ["POSTED", "SUPERSEDED"]


async def test_a_case_of_an_unknown_outcome_stays_while_a_newer_version_waits(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    tier.system.post_faults.append("commit then drop")
    tier.system.lookup_status = 500
    await tier.approve("e1")
    for _ in range(3):
        await tier.look_up(after=LEASE)
    case = await tier.case()
    assert case["code"] == "IO_IN_DOUBT"

    firm.enter(tier.system, "e1", minutes=240)
    await tier.approve("e1")

    assert (await tier.case())["id"] == case["id"]


@pytest.mark.parametrize("what", ["changed", "rejected"])
async def test_what_is_changed_or_rejected_while_it_is_sent_is_posted_and_then_corrected(
    tier: Tier, what: str
) -> None:
    """Worked example 9: finish the send, then reverse; never cancel in flight."""
    firm.enter(tier.system, "e1")
    tier.system.hold = "post after commit"
    firm.decide(tier.system, "a1", ["e1"])
    await tier.hint("a1", kind="approval")
    sending = asyncio.create_task(tier.settle())
    await asyncio.to_thread(tier.system.held.wait, 20)
    if what == "changed":
        firm.enter(tier.system, "e1", minutes=240)
        firm.decide(tier.system, "a1", ["e1"])
    else:
        firm.decide(tier.system, "a1", ["e1"], status="REJECTED", decided_at=firm.LATER)
    await tier.hint("a1", kind="approval")
    await tier.settle()
    assert (await tier.postings())[-1]["state"] == "SENDING"

    tier.system.hold = ""
    await sending
    await finish(tier)

    expected = [480, -480, 240] if what == "changed" else [480, -480]
    assert [line["minutes"] for line in tier.system.lines] == expected
    assert await tier.cases() == []


@pytest.mark.parametrize("then", ["approved as it was", "approved anew", "rejected", "deleted"])
async def test_an_approval_withdrawn_while_its_hours_are_sent_is_a_case_until_that_is_settled(
    tier: Tier, then: str
) -> None:
    firm.enter(tier.system, "e1")
    tier.system.hold = "post after commit"
    firm.decide(tier.system, "a1", ["e1"])
    await tier.hint("a1", kind="approval")
    sending = asyncio.create_task(tier.settle())
    await asyncio.to_thread(tier.system.held.wait, 20)
    firm.decide(tier.system, "a1", ["e1"], status="WITHDRAWN", decided_at=firm.LATER)
    await tier.hint("a1", kind="approval")
    await tier.settle()
    tier.system.hold = ""
    await sending
    await finish(tier)
    case = await tier.case()
    assert (case["code"], case["owner"]) == ("AP_REVOKED_INFLIGHT", "finance.analyst")
    assert [line["minutes"] for line in tier.system.lines] == [480]

    expected = [480, -480]
    if then == "approved as it was":
        await tier.approve("e1", approval="a2")
        expected = [480]
    elif then == "approved anew":
        firm.enter(tier.system, "e1", minutes=240)
        await tier.approve("e1", approval="a2")
        expected = [480, -480, 240]
    elif then == "rejected":
        await tier.approve("e1", approval="a2", status="REJECTED")
    else:
        del tier.system.entries["e1"]
        await tier.see("e1")
    await finish(tier)
    assert [line["minutes"] for line in tier.system.lines] == expected
    assert await tier.cases() == []


async def test_a_worker_that_was_suspended_before_the_call_does_not_make_it(tier: Tier) -> None:
    """Another worker may have looked the posting up and sent it by then."""
    firm.enter(tier.system, "e1")
    firm.decide(tier.system, "a1", ["e1"])
    await tier.hint("a1", kind="approval")
    tier.clock.stalls = tier.runtime.settings.timing.call + 1

    await tier.settle()
    assert "not sent in time" in [step["what"] for step in await tier.lineage()]
    assert tier.system.posts == []

    tier.clock.stalls = 0
    await tier.settle()
    assert len(tier.system.lines) == 1


async def test_many_corrections_take_few_calls(tier: Tier) -> None:
    names = [f"e{number}" for number in range(40)]
    days = [f"2026-06-{number % 28 + 1:02}" for number in range(40)]
    for name, day in zip(names, days, strict=True):
        firm.enter(tier.system, name, work_date=day, minutes=60)
    await tier.approve(*names)
    for name, day in zip(names, days, strict=True):
        firm.enter(tier.system, name, work_date=day, minutes=30)
    calls = len(tier.system.calls)
    await tier.approve(*names)
    await finish(tier)

    assert sum(line["minutes"] for line in tier.system.lines) == 40 * 30
    assert len(tier.system.lines) == 120
    about_lines = [call for call in tier.system.calls[calls:] if "/postings" in call]
    assert len(about_lines) == 3, "read once, take back once, post once"


async def test_an_entry_that_moved_to_another_approval_stays_approved_when_both_are_read_at_once(
    tier: Tier,
) -> None:
    """Deleted, entered anew under its id, and approved with a later week's request."""
    await posted(tier)
    firm.decide(tier.system, "a1", [])
    firm.enter(tier.system, "e1", minutes=360)
    firm.decide(tier.system, "a2", ["e1"], decided_at=firm.LATER)
    await tier.hint("a1", "a2", kind="approval")
    await finish(tier)

    assert [line["minutes"] for line in tier.system.lines] == [480, -480, 360]
    (entry,) = (await tier.call("GET", "/v1/time-entries")).json()["entries"]
    assert (entry["state"], entry["version"], entry["approved_version"]) == ("APPROVED", 2, 2)


async def test_a_deletion_is_found_though_its_approval_was_read_while_the_entry_was(
    tier: Tier,
) -> None:
    """The approval says only that it does not cover the entry any more, and says so later."""
    await posted(tier)
    del tier.system.entries["e1"]
    firm.decide(tier.system, "a1", [], status="WITHDRAWN", decided_at=firm.LATER)
    tier.system.hold = "read entries"
    await tier.hint("e1")
    reading = asyncio.create_task(tier.worker.work(Stage.READ_ENTRIES, TRACKER))
    await asyncio.to_thread(tier.system.held.wait, 20)
    tier.clock.move(1)
    await tier.hint("a1", kind="approval")
    await tier.take_in_approvals_only()
    (entry,) = (await tier.call("GET", "/v1/time-entries")).json()["entries"]
    assert entry["state"] == "REOPENED"

    tier.system.hold = ""
    await reading
    await finish(tier)
    assert [line["minutes"] for line in tier.system.lines] == [480, -480]
