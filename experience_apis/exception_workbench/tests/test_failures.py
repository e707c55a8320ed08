"""What the caller hears when something is wrong: here, in the process tier, or between."""

import json
import socket
from typing import Any

import pytest
from fastapi import Response
from pydantic import SecretStr

from experience_apis.settings import ExperienceSettings
from experience_apis.tests.cases import CASE_ID, OTHER_CASE_ID, a_case
from experience_apis.tests.fixtures import SignIn, serving
from experience_apis.tests.process_tier import ProcessTier, hanging_up
from shared.http_client import HttpClient

_CASES = "/workbench/v1/cases"


async def test_nobody_gets_in_without_a_token(api: HttpClient, process_tier: ProcessTier) -> None:
    answer = await api.get(_CASES)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")
    assert process_tier.seen == []


async def test_a_token_for_another_tier_is_refused(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    headers = await signed_in("maya")
    await api.get(_CASES, headers=headers)
    exchanged = process_tier.last.headers["authorization"]

    answer = await api.get(_CASES, headers={"Authorization": exchanged})

    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
    assert "timepost-experience" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("severity=S9", "query.severity.0"),
        ("owner=boss", "query.owner.0"),
        ("state=DONE", "query.state.0"),
        ("limit=0", "query.limit"),
        ("limit=201", "query.limit"),
        ("assignee=", "query.assignee"),
        ("open_only=perhaps", "query.open_only"),
        ("colour=red", "query.colour"),
    ],
)
async def test_a_wrong_filter_is_named(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn, query: str, field: str
) -> None:
    answer = await api.get(f"{_CASES}?{query}", headers=await signed_in("maya"))
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert process_tier.seen == []


async def test_an_id_that_is_none_is_named(api: HttpClient, signed_in: SignIn) -> None:
    answer = await api.get(f"{_CASES}/17", headers=await signed_in("maya"))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["path.case_id"]


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "/retry")])
async def test_an_unknown_case_is_not_found(
    api: HttpClient, signed_in: SignIn, method: str, path: str
) -> None:
    answer = await api.request(
        method, f"{_CASES}/{OTHER_CASE_ID}{path}", headers=await signed_in("maya")
    )
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"
    assert answer.json()["detail"] == f"There is no case {OTHER_CASE_ID}."
    assert answer.json()["action"] == "Look for it in the list of cases."
    assert answer.json()["instance"] == answer.headers["X-Request-ID"], "ours, for support"


async def test_a_problem_of_the_process_tier_is_passed_on_whole(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    problem = {
        "type": "urn:timepost:problem:case_resolved",
        "title": "The current state does not allow this",
        "status": 409,
        "detail": "The case was resolved at 09:14.",
        "code": "case_resolved",
        "kind": "needs_correction",
        "action": "Nothing is left to do.",
        "errors": [{"field": "$.state", "message": "is RESOLVED_AUTO"}],
    }
    process_tier.instead = _problem(problem)
    answer = await api.post(f"{_CASES}/{CASE_ID}/retry", headers=await signed_in("maya"))
    assert answer.status_code == 409
    assert {**problem, "instance": answer.headers["X-Request-ID"]} == answer.json()


async def test_the_process_tiers_throttle_is_passed_on(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    process_tier.instead = _problem(
        {
            "type": "urn:timepost:problem:too_many_requests",
            "title": "Too many requests",
            "status": 429,
            "detail": "This caller has used up its allowance for this operation.",
            "code": "too_many_requests",
            "kind": "retryable",
            "action": "Try again after the time in Retry-After.",
        },
        {"Retry-After": "17"},
    )
    answer = await api.get(_CASES, headers=await signed_in("maya"))
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "17"


async def test_our_own_throttle(
    settings: ExperienceSettings, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    web = settings.web.model_copy(
        update={"throttle_overrides": {"list_workbench_cases": "2/minute"}}
    )
    headers = await signed_in("maya")
    async with serving(settings.model_copy(update={"web": web})) as api:
        answers = [await api.get(_CASES, headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["Retry-After"]) > 0
    assert len(process_tier.seen) == 2


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", f"/{CASE_ID}/retry")])
async def test_a_process_tier_that_is_down_has_changed_nothing(
    settings: ExperienceSettings, signed_in: SignIn, method: str, path: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    async with serving(settings.model_copy(update={"process_url": nobody})) as api:
        answer = await api.request(method, f"{_CASES}{path}", headers=await signed_in("maya"))
    assert answer.status_code == 502
    assert answer.json()["code"] == "upstream_unreachable"
    assert answer.json()["kind"] == "retryable"


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [("GET", "", 502, "retryable"), ("POST", f"/{CASE_ID}/retry", 504, "outcome_unknown")],
)
async def test_a_process_tier_that_dies_on_us_may_have_acted(
    settings: ExperienceSettings,
    signed_in: SignIn,
    *,
    method: str,
    path: str,
    status: int,
    kind: str,
) -> None:
    with hanging_up() as address:
        async with serving(settings.model_copy(update={"process_url": address})) as api:
            answer = await api.request(method, f"{_CASES}{path}", headers=await signed_in("maya"))
    assert (answer.status_code, answer.json()["kind"]) == (status, kind)
    assert answer.json()["code"] == "upstream_no_answer"


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [("GET", "", 502, "needs_operator"), ("POST", f"/{CASE_ID}/retry", 504, "outcome_unknown")],
)
async def test_an_answer_outside_of_the_contract_is_never_quoted(
    api: HttpClient,
    process_tier: ProcessTier,
    signed_in: SignIn,
    *,
    method: str,
    path: str,
    status: int,
    kind: str,
) -> None:
    body = {"cases": [a_case(minutes="Secret narrative")], "next_cursor": None, "total": 1}
    process_tier.instead = Response(json.dumps(body), media_type="application/json")
    answer = await api.request(method, f"{_CASES}{path}", headers=await signed_in("maya"))
    assert (answer.status_code, answer.json()["kind"]) == (status, kind)
    assert answer.json()["code"] == "upstream_contract_broken"
    assert "Secret narrative" not in answer.text


async def test_a_client_that_the_provider_refuses_is_the_operators_business(
    settings: ExperienceSettings, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    wrong = settings.identity.model_copy(update={"client_secret": SecretStr("guessed-secret")})
    async with serving(settings.model_copy(update={"identity": wrong})) as api:
        answer = await api.get(_CASES, headers=await signed_in("maya"))
    assert answer.status_code == 500
    assert answer.json()["code"] == "identity_client_refused"
    assert "guessed-secret" not in answer.text
    assert process_tier.seen == []


def _problem(document: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    return Response(
        json.dumps(document),
        status_code=document["status"],
        media_type="application/problem+json",
        headers=headers,
    )
