"""What finance reads: through a real token exchange, shaped for people."""

import pytest

from experience_apis.tests.cases import CASE_ID, a_case
from experience_apis.tests.fixtures import SignIn
from experience_apis.tests.process_tier import ProcessTier
from shared.http_client import HttpClient

_CASES = "/workbench/v1/cases"


async def test_a_list_is_shaped_for_people(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    process_tier.case = a_case(assignee="maya")
    answer = await api.get(_CASES, headers=await signed_in("maya"))

    assert answer.status_code == 200
    assert answer.json()["next_cursor"] == "bmV4dA"
    assert answer.json()["totals"] == {
        "matching": 41,
        "shown": 1,
        "minutes_shown": 50,
        "hours_shown": "0.83",
    }
    row = answer.json()["cases"][0]
    assert row["minutes"] == 50
    assert row["hours"] == "0.83"
    assert row["severity_label"] == "Blocks this entry now"
    assert row["owner_label"] == "Project manager"
    assert row["state_label"] == "Waiting"
    assert row["waiting_for"] == ["project 42 in erp-uk"]
    assert row["assigned_to_me"] is True
    assert row["age_seconds"] > 0
    assert row["age"].endswith(("week", "weeks", "day", "days"))
    assert (row["worker"], row["project"], row["task"]) == ("Ada Byron", "Harbour refit", "Survey")


async def test_the_process_tier_sees_the_person_and_who_acts_for_them(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    await api.get(_CASES, headers=await signed_in("maya"))

    caller = process_tier.last.caller
    assert caller.subject == "maya"
    assert caller.roles == {"finance.analyst"}
    assert caller.actors == ("timepost-experience",)
    assert caller.scopes == {"cases:read"}, "a read must not carry the right to change"


async def test_every_filter_is_handed_on(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    query = (
        "?code=MD_PROJECT_CLOSED&code=MP_UNMAPPED&severity=S1&severity=S2&owner=data.steward"
        "&state=OPEN&state=WAITING&assignee=carl&connection=clockify-uk&open_only=false"
        "&cursor=abc&limit=7"
    )
    await api.get(_CASES + query, headers=await signed_in("maya"))

    assert sorted(process_tier.last.query) == [
        ("assignee", "carl"),
        ("code", "MD_PROJECT_CLOSED"),
        ("code", "MP_UNMAPPED"),
        ("connection", "clockify-uk"),
        ("cursor", "abc"),
        ("limit", "7"),
        ("open_only", "false"),
        ("owner", "data.steward"),
        ("severity", "S1"),
        ("severity", "S2"),
        ("state", "OPEN"),
        ("state", "WAITING"),
    ]


async def test_me_is_the_caller(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    await api.get(f"{_CASES}?assignee=me", headers=await signed_in("stella"))
    assert ("assignee", "stella") in process_tier.last.query


async def test_a_case_shows_both_sides_and_its_history(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    answer = await api.get(f"{_CASES}/{CASE_ID}", headers=await signed_in("maya"))

    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"3"'
    view = answer.json()
    rows = {row["field"]: row for row in view["comparison"]}
    assert list(rows) == ["worker", "project", "minutes", "tag"]
    assert rows["worker"] == {
        "field": "worker",
        "label": "Worker",
        "source": "ada@example.com",
        "canonical": "Ada Byron",
        "would_post": "Ada Byron",
        "erp": None,
        "differs": True,
    }
    assert rows["minutes"]["differs"] is False
    assert view["differences"] == 2
    assert view["also"] == ["MD_NOT_ASSIGNED"]
    assert [step["sentence"] for step in view["timeline"]] == [
        "Version appended by the tracker clockify-uk (version: 1, approved: yes)",
        "Blocked by Timepost (codes: MD_PROJECT_CLOSED and MD_NOT_ASSIGNED)",
    ]
    assert view["timeline"][1]["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(
    ("user", "scope", "refusals"),
    [
        (
            "maya",
            None,
            {
                **dict.fromkeys(("retry", "assign", "comment", "confirm", "waive")),
                "agree": "This needs the role finance.controller.",
            },
        ),
        (
            "petra",
            None,
            {
                "retry": "This needs the role billing.analyst or data.steward or "
                "finance.analyst or finance.controller or integration.operator.",
                "assign": None,
                "comment": None,
                "confirm": "This needs the role finance.analyst or finance.controller or "
                "integration.operator.",
                "waive": None,
                "agree": "This needs the role finance.controller.",
            },
        ),
        (
            "maya",
            "openid cases:read",
            dict.fromkeys(
                ("retry", "assign", "comment", "confirm", "waive", "agree"),
                "The token lacks the scope cases:write.",
            ),
        ),
    ],
)
async def test_the_caller_is_told_what_they_may_do(
    api: HttpClient,
    signed_in: SignIn,
    user: str,
    scope: str | None,
    refusals: dict[str, str | None],
) -> None:
    answer = await api.get(f"{_CASES}/{CASE_ID}", headers=await signed_in(user, scope))
    offers = {offer["name"]: offer for offer in answer.json()["actions"]}
    assert {name: offer["reason"] for name, offer in offers.items()} == refusals
    assert {name: offer["allowed"] for name, offer in offers.items()} == {
        name: reason is None for name, reason in refusals.items()
    }
