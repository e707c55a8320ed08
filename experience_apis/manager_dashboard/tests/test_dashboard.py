"""Approvals for people: listed with age and hours, decided, handed to a deputy."""

import pytest

from experience_apis.tests.approvals import DELEGATION_ID, REQUEST_ID
from experience_apis.tests.cases import OTHER_CASE_ID
from experience_apis.tests.fixtures import SignIn
from experience_apis.tests.process_tier import ProcessTier
from shared.http_client import HttpClient

_BASE = "/dashboard/v1"
_SCOPE = "openid approvals:read approvals:write"


async def test_what_waits_is_listed_with_age_and_hours(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    answer = await api.get(f"{_BASE}/approvals", headers=await signed_in("petra", _SCOPE))

    assert answer.status_code == 200, answer.text
    assert answer.json()["totals"] == {"matching": 7, "minutes": 9000, "hours": "150.00"}
    (row,) = answer.json()["approvals"]
    assert row["sentence"] == "Ada Obi asks for approval of 37.50 hours, 1 to 7 June 2026."
    assert (row["age"], row["changed_since"]) == ("2 days", 1)
    asked = dict(process_tier.last.query)
    assert (asked["view"], asked["newest_first"]) == ("to_decide", "false")
    assert process_tier.last.caller.subject == "petra"
    assert process_tier.last.caller.scopes == {"approvals:read"}
    assert process_tier.last.caller.actors == ("timepost-experience",)


async def test_one_is_shown_with_its_entries_and_whether_one_may_decide(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    headers = await signed_in("petra", _SCOPE)
    answer = await api.get(f"{_BASE}/approvals/{REQUEST_ID}", headers=headers)

    assert answer.headers["ETag"] == '"2"'
    shown = answer.json()
    assert (shown["may_decide"], shown["acting_as"]) == (True, "in place of carl@example.com")
    assert [(each["hours"], each["remark"]) for each in shown["entries"]] == [
        ("7.50", None),
        ("7.50", "changed after it was submitted"),
    ]
    missing = await api.get(f"{_BASE}/approvals/{OTHER_CASE_ID}", headers=headers)
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


async def test_decisions_tell_each_what_became_of_it(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    decisions = [
        {"id": REQUEST_ID, "version": 2, "decision": "reject", "reason": "Which client?"},
        {"id": OTHER_CASE_ID, "version": 1, "decision": "approve"},
    ]

    answer = await api.post(
        f"{_BASE}/approvals/decisions",
        json={"decisions": decisions},
        headers=await signed_in("petra", _SCOPE),
    )

    assert (answer.json()["done"], answer.json()["refused"]) == (1, 1)
    assert [each["sentence"] for each in answer.json()["outcomes"]] == [
        "Rejected by petra: Which client?",
        "Nobody decides on their own hours.",
    ]
    assert answer.json()["outcomes"][1]["code"] == "self_approval"
    assert process_tier.last.caller.scopes == {"approvals:write"}


async def test_a_consultant_submits_and_takes_back_and_decides_nothing(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    headers = await signed_in("ada", _SCOPE)
    body = {"connection": "timetagger-main", "day": "2026-06-02"}

    submitted = await api.post(f"{_BASE}/approvals/submissions", json=body, headers=headers)
    taken_back = await api.post(f"{_BASE}/approvals/{REQUEST_ID}/withdrawal", headers=headers)
    seen = len(process_tier.seen)
    refused = await api.post(
        f"{_BASE}/approvals/decisions",
        json={"decisions": [{"id": REQUEST_ID, "version": 2, "decision": "approve"}]},
        headers=headers,
    )

    assert submitted.json()["sentence"] == "3 entries are submitted."
    assert submitted.json()["left_out"] == [{"entry": "e9", "reason": "its timer still runs"}]
    assert taken_back.json()["state_label"] == "Taken back"
    assert (refused.status_code, refused.json()["code"]) == (403, "role_missing")
    assert len(process_tier.seen) == seen


async def test_a_deputy_is_named_listed_and_ended(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    headers = await signed_in("carl", _SCOPE)
    wanted = {
        "delegate": "petra@example.com",
        "valid_from": "2026-06-01T00:00:00Z",
        "valid_to": "2099-06-15T00:00:00Z",
        "reason": "on leave",
    }

    made = await api.post(f"{_BASE}/delegations", json=wanted, headers=headers)
    listed = await api.get(f"{_BASE}/delegations?in_force=true", headers=headers)
    query = process_tier.last.query
    ended = await api.request("DELETE", f"{_BASE}/delegations/{DELEGATION_ID}", headers=headers)

    assert made.json()["sentence"].startswith("petra@example.com acts in place of carl@example.com")
    assert query == [("in_force", "true")]
    (row,) = listed.json()["delegations"]
    assert row["state"] == "over"
    assert ended.json()["state"] == "ended"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("approvals/decisions", {"decisions": []}, "$.decisions"),
        (
            "approvals/decisions",
            {"decisions": [{"id": REQUEST_ID, "version": 1, "decision": "perhaps"}]},
            "$.decisions[0].decision",
        ),
        ("approvals/submissions", {"connection": "No Such"}, "$.connection"),
        ("delegations", {"delegate": "petra", "reason": ""}, "$.delegate"),
    ],
)
async def test_what_is_outside_of_the_contract_goes_no_further(
    api: HttpClient,
    process_tier: ProcessTier,
    signed_in: SignIn,
    path: str,
    body: dict[str, object],
    field: str,
) -> None:
    headers = await signed_in("petra", _SCOPE)
    answer = await api.post(f"{_BASE}/{path}", json=body, headers=headers)
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert process_tier.seen == []


async def test_the_scope_is_demanded(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    headers = await signed_in("petra", "openid cases:read")
    answer = await api.get(f"{_BASE}/approvals", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert process_tier.seen == []
