"""A connection whose hours are submitted and decided entry by entry, not by the week."""

import pytest

from process_apis.tests import firm
from process_apis.tests.approvals.people import PETRA, Office


@pytest.fixture
def approvals_toml() -> str:
    return """
        [[connections]]
        name = "clockify-main"
        mode = "timepost"
        scope = "entry"
        approvers = { default = "petra@example.com" }
    """


async def test_each_entry_is_a_request_of_its_own(office: Office) -> None:
    for number in (1, 2, 3):
        firm.enter(office.tier.system, f"e{number}", minutes=60 * number)
    await office.tier.see("e1", "e2", "e3")

    done = await office.submit("ada", day=None, entries=["e1", "e2"])

    assert done["submitted"] == 2
    first, second = sorted(done["requests"], key=lambda each: int(each["minutes"]))
    assert [(each["scope"], each["entries"]) for each in (first, second)] == [("entry", 1)] * 2
    assert await office.states() == {"SUBMITTED": 2, "DRAFT": 1}
    assert (await office.decide("petra", first)).status_code == 200
    assert (await office.decide("petra", second, "reject", "Which client?")).status_code == 200
    await office.tier.settle()

    assert [line["minutes"] for line in office.tier.system.lines] == [60]
    assert await office.states() == {"APPROVED": 1, "REJECTED": 1, "DRAFT": 1}


async def test_what_is_not_known_or_submitted_already_is_left_out_by_name(office: Office) -> None:
    firm.enter(office.tier.system, "e1")
    firm.enter(office.tier.system, "e2")
    await office.tier.see("e1", "e2")
    await office.submit("ada", day=None, entries=["e1"])

    done = await office.submit("ada", day=None, entries=["e1", "typo", "e2", "typo"])

    assert done["submitted"] == 1
    assert sorted((each["external_id"], each["reason"]) for each in done["skipped"]) == [
        ("e1", "already submitted"),
        ("typo", "not known here, or not yet"),
    ]


async def test_an_entry_of_somebody_else_refuses_the_whole_submission(office: Office) -> None:
    firm.enter(office.tier.system, "e1")
    firm.enter(office.tier.system, "e2", worker=PETRA)
    await office.tier.see("e1", "e2")

    body = {"connection": "clockify-main", "entries": ["e1", "e2"]}
    answer = await office.call("ada", "POST", "/submissions", json=body)

    assert (answer.status_code, answer.json()["code"]) == (403, "not_your_hours")
    assert await office.states() == {"DRAFT": 2}


async def test_a_day_instead_of_entries_is_refused_by_the_field(office: Office) -> None:
    body = {"connection": "clockify-main", "day": "2026-06-02"}
    answer = await office.call("ada", "POST", "/submissions", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert [each["field"] for each in answer.json()["errors"]] == ["$.entries"]
