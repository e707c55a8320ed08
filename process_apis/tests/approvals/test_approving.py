"""From submission through a decision to the line in the ERP."""

import asyncio

import pytest

from process_apis import schedule
from process_apis.doorbell import Stage
from process_apis.tests import firm
from process_apis.tests.approvals.people import PETRA, Office


async def test_hours_are_submitted_approved_and_posted_and_the_tracker_is_told(
    office: Office,
) -> None:
    firm.enter(office.tier.system, "e1", minutes=450)
    firm.enter(office.tier.system, "e2", minutes=30, work_date="2026-06-07")
    firm.enter(office.tier.system, "next week", work_date="2026-06-08")
    await office.tier.see("e1", "e2", "next week")

    request = await office.request("ada", note="As agreed.")

    assert (request["period_start"], request["period_end"]) == ("2026-06-01", "2026-06-07")
    assert (request["approver"], request["submitted_as"]) == ("petra@example.com", "worker")
    assert (request["entries"], request["minutes"]) == (2, 480)
    assert await office.states() == {"SUBMITTED": 2, "DRAFT": 1}
    assert office.tier.system.lines == []

    answer = await office.decide("petra", request)
    assert answer.status_code == 200, answer.text
    await office.tier.settle()

    assert answer.json()["state"] == "APPROVED"
    assert sorted(line["minutes"] for line in office.tier.system.lines) == [30, 450]
    assert {each["outcome"] for each in office.tier.system.feedback} == {"POSTED"}
    assert (await office.tier.status())["open_cases"] == {}
    assert "POST /time-tracking/v1/clockify-main/approvals/lookup" not in office.tier.system.calls


async def test_the_lineage_says_who_submitted_who_decided_and_through_whom(office: Office) -> None:
    firm.enter(office.tier.system, "e1", project=firm.CLOSED)
    await office.tier.see("e1")
    assert (await office.delegate("carl", "petra")).status_code == 200
    request = await office.request("ada")

    await office.decide("petra", request)

    steps = {each["what"]: each for each in await office.tier.lineage()}
    assert steps["submitted"]["actor"] == "user:ada"
    approved = steps["approved"]
    assert approved["actor"] == "user:petra"
    assert approved["detail"]["decided_as"] == "delegate"
    assert approved["detail"]["on_behalf_of"] == "carl@example.com"
    assert approved["detail"]["approval"] == request["id"]
    assert approved["detail"]["through"] == ["timepost-experience"]
    shown = (await office.read("ada", request))["request"]
    assert (shown["decided_by"], shown["decided_for"]) == ("petra", "carl@example.com")


async def test_each_responsible_person_is_asked_for_their_own_projects(office: Office) -> None:
    firm.enter(office.tier.system, "e1", minutes=60)
    firm.enter(office.tier.system, "e2", minutes=90, project=firm.CLOSED)
    await office.tier.see("e1", "e2")

    done = await office.submit("ada")

    asked = {each["approver"]: each["minutes"] for each in done["requests"]}
    assert asked == {"petra@example.com": 60, "carl@example.com": 90}
    assert (await office.listed("petra", view="to_decide"))["total_minutes"] == 60


async def test_submitting_again_changes_nothing(office: Office) -> None:
    firm.enter(office.tier.system, "e1")
    await office.tier.see("e1")
    first = await office.submit("ada")

    again = await office.submit("ada")

    assert [each["id"] for each in again["requests"]] == [each["id"] for each in first["requests"]]
    assert (first["submitted"], again["submitted"]) == (1, 0)
    assert again["skipped"] == [{"external_id": "e1", "reason": "already submitted"}]


async def test_submitting_twice_at_once_makes_one_request(office: Office) -> None:
    firm.enter(office.tier.system, "e1")
    await office.tier.see("e1")

    both = await asyncio.gather(office.submit("ada"), office.submit("ada"))

    assert sorted(each["submitted"] for each in both) == [0, 1]
    assert (await office.listed("ada", view="own"))["total"] == 1


async def test_an_entry_that_was_changed_after_submission_is_not_approved(office: Office) -> None:
    firm.enter(office.tier.system, "e1", minutes=60)
    firm.enter(office.tier.system, "e2", minutes=120)
    await office.tier.see("e1", "e2")
    request = await office.request("ada")
    firm.enter(office.tier.system, "e1", minutes=600)
    await office.tier.hint("e1")
    # Only read, by whatever worker came first: nobody has taken it out of the request yet.
    await office.tier.worker.work(Stage.READ_ENTRIES, "clockify-main")

    shown = await office.read("petra", request)
    assert [(e["external_id"], e["state"], e["why"]) for e in shown["entries"]] == [
        ("e1", "VOID", "changed after it was submitted"),
        ("e2", "WAITING", None),
    ]
    stale = await office.decide("petra", request)
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert (await office.decide("petra", shown["request"])).status_code == 200
    await office.tier.settle()

    assert [line["minutes"] for line in office.tier.system.lines] == [120]
    assert await office.states() == {"DRAFT": 1, "APPROVED": 1}


async def test_a_change_back_to_what_was_submitted_still_needs_a_new_submission(
    office: Office,
) -> None:
    firm.enter(office.tier.system, "e1", minutes=60)
    await office.tier.see("e1")
    request = await office.request("ada")
    for minutes in (90, 60):
        firm.enter(office.tier.system, "e1", minutes=minutes)
        await office.tier.see("e1")

    answer = await office.decide("petra", request)

    assert (answer.status_code, answer.json()["code"]) == (409, "already_decided")
    assert (await office.read("ada", request))["request"]["state"] == "VOID"
    anew = await office.request("ada")
    assert anew["id"] != request["id"]
    assert (await office.decide("petra", anew)).status_code == 200


async def test_a_change_that_was_read_before_the_submission_is_not_lost(office: Office) -> None:
    """It may be recorded after it: the submission looked at nothing in the tracker."""
    firm.enter(office.tier.system, "e1", minutes=60)
    await office.tier.see("e1")
    firm.enter(office.tier.system, "e1", minutes=600)
    office.tier.system.hold = "read entries"
    await office.tier.hint("e1")
    reading = asyncio.create_task(office.tier.worker.work(Stage.READ_ENTRIES, "clockify-main"))
    while not office.tier.system.held.is_set():  # noqa: ASYNC110 - set by the server's thread
        await asyncio.sleep(0.01)
    request = await office.request("ada")
    office.tier.system.hold = ""
    await reading

    assert (await office.decide("petra", request)).status_code in (409, 412)
    assert await office.states() == {"DRAFT": 1}


async def test_a_change_after_approval_reopens_and_needs_a_new_submission(office: Office) -> None:
    firm.enter(office.tier.system, "e1", project=firm.CLOSED, minutes=60)
    await office.tier.see("e1")
    await office.decide("carl", await office.request("ada"))
    await office.tier.settle()
    assert (await office.tier.status())["postings"] == {"PARKED": 1}

    firm.enter(office.tier.system, "e1", minutes=90)
    await office.tier.see("e1")

    assert await office.states() == {"REOPENED": 1}
    assert (await office.tier.status())["postings"] == {"SUPERSEDED": 1}
    assert "clockify-main/approvals/lookup" not in " ".join(office.tier.system.calls)
    await office.decide("petra", await office.request("ada"))
    await office.tier.settle()
    assert [line["minutes"] for line in office.tier.system.lines] == [90]


async def test_what_the_tracker_says_about_approvals_does_not_count(office: Office) -> None:
    firm.enter(office.tier.system, "e1")
    office.tier.system.entries["e1"]["approval"] = {
        "status": "APPROVED",
        "approval_id": "a1",
        "approver": firm.MIA,
        "decided_at": "2026-06-08T09:00:00Z",
    }
    await office.tier.see("e1")
    await office.tier.approve("e1")

    assert await office.states() == {"DRAFT": 1}
    assert office.tier.system.lines == []


async def test_two_who_decide_at_once_make_one_decision(office: Office) -> None:
    firm.enter(office.tier.system, "e1")
    await office.tier.see("e1")
    request = await office.request("ada")

    answers = await asyncio.gather(
        office.decide("petra", request), office.decide("carl", request, "reject", "no budget")
    )

    assert sorted(each.status_code for each in answers) == [200, 409]
    decided = (await office.read("ada", request))["request"]
    winner = "petra" if answers[0].status_code == 200 else "carl"
    assert decided["decided_by"] == winner
    assert await office.states() == {decided["state"]: 1}


async def test_the_same_decision_again_is_answered_and_changes_nothing(office: Office) -> None:
    firm.enter(office.tier.system, "e1")
    await office.tier.see("e1")
    request = await office.request("ada")
    first = await office.decide("petra", request)

    again = await office.decide("petra", request)

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["version"] == again.json()["version"]
    other = await office.decide("petra", request, "reject", "changed my mind")
    assert (other.status_code, other.json()["code"]) == (409, "already_decided")


async def test_rejected_hours_post_nothing_and_can_be_submitted_again(office: Office) -> None:
    firm.enter(office.tier.system, "e1")
    await office.tier.see("e1")
    request = await office.request("ada")
    await office.decide("petra", request, "reject", "Which client?")
    await office.tier.settle()

    assert await office.states() == {"REJECTED": 1}
    assert (await office.read("ada", request))["request"]["reason"] == "Which client?"
    as_it_was = await office.request("ada")
    await office.decide("petra", as_it_was, "reject", "Still: which client?")
    firm.enter(office.tier.system, "e1", minutes=30)
    await office.tier.see("e1")
    await office.decide("petra", await office.request("ada"))
    await office.tier.settle()
    assert [line["minutes"] for line in office.tier.system.lines] == [30]


async def test_a_submission_can_be_taken_back_until_it_is_decided(office: Office) -> None:
    firm.enter(office.tier.system, "e1")
    await office.tier.see("e1")
    request = await office.request("ada")
    path = f"/requests/{request['id']}/withdrawal"

    assert (await office.call("petra", "POST", path)).status_code == 403
    for _ in range(2):
        assert (await office.call("ada", "POST", path)).json()["state"] == "WITHDRAWN"

    assert await office.states() == {"DRAFT": 1}
    assert (await office.decide("petra", request)).status_code == 409
    anew = await office.request("ada")
    await office.decide("petra", anew)
    late = await office.call("ada", "POST", f"/requests/{anew['id']}/withdrawal")
    assert (late.status_code, late.json()["code"]) == (409, "already_decided")


async def test_a_batch_tells_of_each_what_became_of_it(office: Office) -> None:
    firm.enter(office.tier.system, "e1")
    firm.enter(office.tier.system, "e2", worker=PETRA)
    await office.tier.see("e1", "e2")
    mine, hers = await office.request("ada"), await office.request("petra")
    decisions = [
        {"request_id": mine["id"], "version": mine["version"], "decision": "approve"},
        {"request_id": hers["id"], "version": hers["version"], "decision": "approve"},
        {"request_id": mine["id"], "version": 1, "decision": "reject"},
        {"request_id": "6f1c2a34-0f5e-4c62-9a3b-7b1f8e1d2c3a", "version": 1, "decision": "approve"},
    ]

    answer = await office.call("petra", "POST", "/decisions", json={"decisions": decisions})

    results = answer.json()["results"]
    assert [(each["status"], each["code"]) for each in results] == [
        ("decided", None),
        ("refused", "self_approval"),
        ("refused", "validation_failed"),
        ("refused", "not_found"),
    ]
    await office.tier.settle()
    assert len(office.tier.system.lines) == 1


async def test_what_was_decided_and_not_posted_is_found_by_any_worker(office: Office) -> None:
    firm.enter(office.tier.system, "e1")
    await office.tier.see("e1")
    await office.decide("petra", await office.request("ada"))

    # The ring is lost with whoever heard it; the tables know the work.
    assert (Stage.VALIDATE, "") in await schedule.due(office.tier.runtime)
    await office.tier.settle()

    assert len(office.tier.system.lines) == 1
    assert (Stage.VALIDATE, "") not in await schedule.due(office.tier.runtime)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"connection": "clockify-main"}, 422, "validation_failed"),
        ({"connection": "nowhere", "day": "2026-06-02"}, 404, "unknown_connection"),
        ({"connection": "clockify-main", "day": "soon"}, 422, "validation_failed"),
        ({"connection": "clockify-main", "day": "9999-12-31"}, 422, "validation_failed"),
        ({"connection": "clockify-main", "day": "2026-06-02", "x": 1}, 422, "validation_failed"),
        ({"connection": "clockify-main", "day": "2026-06-02", "worker": "u-ben"}, 403, None),
    ],
)
async def test_a_bad_submission_says_what_is_wrong(
    office: Office, body: dict[str, object], status: int, code: str | None
) -> None:
    firm.enter(office.tier.system, "e1", worker=firm.BEN)
    await office.tier.see("e1")

    answer = await office.call("ada", "POST", "/submissions", json=body)

    assert (answer.status_code, answer.json()["code"]) == (status, code or "not_your_hours")
    assert await office.states() == {"DRAFT": 1}


async def test_hours_of_somebody_unknown_are_not_submitted(office: Office) -> None:
    firm.enter(office.tier.system, "e1", worker={**firm.STRANGER, "email": None})
    await office.tier.see("e1")
    body = {"connection": "clockify-main", "day": "2026-06-02", "worker": "u-x"}

    answer = await office.call("maya", "POST", "/submissions", json=body)

    assert (answer.status_code, answer.json()["code"]) == (409, "worker_not_identified")


@pytest.mark.parametrize(
    ("headers", "body", "status", "code"),
    [
        ({}, {"decision": "approve"}, 422, "if_match_missing"),
        ({"If-Match": '"9"'}, {"decision": "approve"}, 412, "precondition_failed"),
        ({"If-Match": '"1"'}, {"decision": "reject"}, 422, "validation_failed"),
        ({"If-Match": '"1"'}, {"decision": "perhaps"}, 422, "validation_failed"),
    ],
)
async def test_a_bad_decision_says_what_is_wrong(
    office: Office, headers: dict[str, str], body: dict[str, str], status: int, code: str
) -> None:
    firm.enter(office.tier.system, "e1")
    await office.tier.see("e1")
    request = await office.request("ada")

    path = f"/requests/{request['id']}/decision"
    answer = await office.call("petra", "POST", path, json=body, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await office.states() == {"SUBMITTED": 1}
