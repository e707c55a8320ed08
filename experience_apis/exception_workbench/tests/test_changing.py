"""What finance changes: with roles, versions and keys, and with the process tier deciding."""

import pytest

from experience_apis.tests.cases import CASE_ID
from experience_apis.tests.fixtures import SignIn
from experience_apis.tests.process_tier import ProcessTier
from shared.http_client import HttpClient

_CASE = f"/workbench/v1/cases/{CASE_ID}"


async def test_retry_says_what_it_led_to(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    answer = await api.post(f"{_CASE}/retry", headers=await signed_in("maya"))

    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"4"'
    assert answer.json()["posting_state"] == "READY"
    assert answer.json()["sentence"] == "The posting is valid and is sent in the background."
    assert answer.json()["case"]["state_label"] == "Resolved by itself"
    assert process_tier.last.caller.scopes == {"cases:write"}
    assert process_tier.last.caller.subject == "maya"


@pytest.mark.parametrize(("assignee", "stored"), [("me", "petra"), ("carl", "carl"), (None, None)])
async def test_assigning_needs_the_version_that_was_read(
    api: HttpClient,
    process_tier: ProcessTier,
    signed_in: SignIn,
    assignee: str | None,
    stored: str | None,
) -> None:
    headers = await signed_in("petra")
    version = (await api.get(_CASE, headers=headers)).headers["ETag"]

    answer = await api.request(
        "PUT",
        f"{_CASE}/assignee",
        json={"assignee": assignee},
        headers={**headers, "If-Match": version},
    )

    assert answer.status_code == 200
    assert process_tier.case["assignee"] == stored
    assert answer.json()["assignee"] == stored
    assert answer.json()["assigned_to_me"] is (stored == "petra")
    assert answer.headers["ETag"] == '"4"'


async def test_a_stale_version_is_refused_in_the_process_tiers_words(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    answer = await api.request(
        "PUT",
        f"{_CASE}/assignee",
        json={"assignee": "me"},
        headers={**await signed_in("maya"), "If-Match": '"2"'},
    )
    assert answer.status_code == 412
    assert answer.json()["code"] == "precondition_failed"
    assert answer.json()["detail"] == "The case was changed at 09:14 by carl."
    assert process_tier.case["assignee"] is None


@pytest.mark.parametrize("version", [{}, {"If-Match": "*"}, {"If-Match": 'W/"3"'}])
async def test_without_a_strong_version_nothing_is_sent(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn, version: dict[str, str]
) -> None:
    answer = await api.request(
        "PUT",
        f"{_CASE}/assignee",
        json={"assignee": "me"},
        headers={**await signed_in("maya"), **version},
    )
    assert answer.status_code == 422
    assert answer.json()["code"] == "validation_failed"
    assert [error["field"] for error in answer.json()["errors"]] == ["header.If-Match"]
    assert process_tier.seen == []


async def test_a_comment_that_is_sent_twice_is_written_once(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    headers = {**await signed_in("petra"), "Idempotency-Key": "k-1"}
    for _ in range(2):
        answer = await api.post(
            f"{_CASE}/comments", json={"text": "Reopened at noon."}, headers=headers
        )
        assert answer.status_code == 201
        assert answer.json()["mine"] is True
        assert answer.json()["author"] == "petra"
    assert [comment["text"] for comment in process_tier.comments.values()] == ["Reopened at noon."]
    assert process_tier.last.headers["idempotency-key"] == "k-1"


async def test_a_comment_needs_no_key(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    answer = await api.post(
        f"{_CASE}/comments", json={"text": "Noted."}, headers=await signed_in("maya")
    )
    assert answer.status_code == 201
    assert "idempotency-key" not in process_tier.last.headers


@pytest.mark.parametrize(
    ("body", "field"),
    [({"text": ""}, "$.text"), ({"text": "x" * 4001}, "$.text"), ({"note": "x"}, "$.text")],
)
async def test_a_comment_outside_of_the_contract_is_refused(
    api: HttpClient,
    process_tier: ProcessTier,
    signed_in: SignIn,
    body: dict[str, str],
    field: str,
) -> None:
    answer = await api.post(f"{_CASE}/comments", json=body, headers=await signed_in("maya"))
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert process_tier.seen == []


async def test_a_missing_role_is_named_before_anything_is_sent(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    answer = await api.post(f"{_CASE}/retry", headers=await signed_in("petra"))
    assert answer.status_code == 403
    assert answer.json()["code"] == "role_missing"
    assert "finance.analyst" in answer.json()["detail"]
    assert process_tier.seen == []


async def test_what_was_found_in_the_erp_is_confirmed_with_its_evidence(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    headers = await signed_in("maya")
    version = (await api.get(_CASE, headers=headers)).headers["ETag"]
    line = {"external_id": "17", "work_date": "2026-11-12", "minutes": 50}
    said = {"outcome": "posted", "line": line, "evidence": "Searched for the key, found line 17."}

    answer = await api.post(
        f"{_CASE}/confirmation",
        json=said,
        headers={**headers, "If-Match": version, "Idempotency-Key": "k-7"},
    )

    assert answer.status_code == 200, answer.text
    assert answer.headers["ETag"] == '"4"'
    assert answer.json()["sentence"] == "It is posted."
    assert answer.json()["case"]["state_label"] == "Resolved by a person"
    assert process_tier.last.headers["idempotency-key"] == "k-7"
    assert process_tier.last.caller.subject == "maya"
    assert [process_tier.confirmations[0][name] for name in ("line", "evidence")] == [
        line,
        said["evidence"],
    ]
    (shown,) = (await api.get(_CASE, headers=headers)).json()["confirmations"]
    assert shown["sentence"] == "Line 17 stands in the ERP: 0.83 hours on 2026-11-12."
    assert (shown["mine"], shown["evidence"]) == (True, said["evidence"])


async def test_nobody_confirms_without_the_role_the_version_and_evidence(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    said = {"outcome": "not_posted", "evidence": "Searched for the key: nothing there."}
    for subject, changes, version, status, code in (
        ("stella", {}, {"If-Match": '"3"'}, 403, "role_missing"),
        ("maya", {}, {}, 422, "validation_failed"),
        ("maya", {"evidence": "yes"}, {"If-Match": '"3"'}, 422, "validation_failed"),
        ("maya", {}, {"If-Match": '"2"'}, 412, "precondition_failed"),
    ):
        answer = await api.post(
            f"{_CASE}/confirmation",
            json={**said, **changes},
            headers={**await signed_in(subject), **version},
        )
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert process_tier.confirmations == []


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/retry"), ("POST", "/confirmation"), ("PUT", "/assignee"), ("POST", "/comments")],
)
async def test_changing_needs_the_scope(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn, method: str, path: str
) -> None:
    headers = await signed_in("maya", "openid cases:read")
    answer = await api.request(method, f"{_CASE}{path}", json={}, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["code"] == "scope_missing"
    assert process_tier.seen == []
