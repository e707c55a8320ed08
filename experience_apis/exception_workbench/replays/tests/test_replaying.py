"""Replays as finance runs them: seen first, started once, watched, stopped."""

from typing import Any

import pytest

from experience_apis.exception_workbench.replays.shaping import scope_in_words
from experience_apis.tests.fixtures import SignIn
from experience_apis.tests.process_tier import ProcessTier
from experience_apis.tests.replays import HASH, POSTING_ID, REPLAY_ID
from shared.http_client import HttpClient

_BASE = "/workbench/v1/replays"
_SCOPE = {"kind": "entry", "connection": "clockify-uk", "external_id": "64f0"}


async def test_a_dry_run_says_in_a_sentence_and_in_lines_what_would_be_sent(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    headers = await signed_in("maya")
    answer = await api.post(f"{_BASE}/dry-run", json={"scope": _SCOPE}, headers=headers)

    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert shown["sentence"] == "1,200 lines with 1000.00 hours would be sent; 3 would fail."
    assert (shown["hash"], shown["paused"], shown["total"]["hours"]) == (
        HASH,
        ["erp-uk"],
        "1002.50",
    )
    assert shown["would_fail"] == [
        {"code": "MD_PROJECT_CLOSED", "lines": 3, "minutes": 150, "hours": "2.50"}
    ]
    sent, failing = shown["lines"]
    assert (sent["entry"], sent["would_be_label"], sent["hours"]) == (
        "64f0",
        "Would be sent",
        "0.83",
    )
    assert (sent["worker_id"], sent["project_id"], sent["state_label"]) == (
        "11",
        "31",
        "Dead letter",
    )
    assert failing["would_be_label"] == "Would wait"
    assert failing["reasons"][0]["sentence"] == "Project Old is closed."
    assert process_tier.last.caller.subject == "maya"
    assert process_tier.last.caller.scopes == {"replays:read"}, "nothing is changed by looking"

    body = {"scope": _SCOPE, "after": shown["next_after"]}
    more = await api.post(f"{_BASE}/dry-run/lines", json=body, headers=headers)
    assert [line["posting_id"] for line in more.json()["lines"]] == [POSTING_ID]


async def test_a_start_that_is_sent_twice_is_one_replay(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    headers = {**await signed_in("maya"), "Idempotency-Key": "k-1"}
    for _ in range(2):
        answer = await api.post(_BASE, json={"scope": _SCOPE, "hash": HASH}, headers=headers)
        assert answer.status_code == 202, answer.text
        assert answer.headers["location"] == f"{_BASE}/{REPLAY_ID}"
    assert list(process_tier.replays) == ["k-1"]
    started = answer.json()
    assert (started["scope"], started["mine"]) == ("entry 64f0 of clockify-uk", True)
    assert started["state_label"] == "Waiting for a worker"
    assert process_tier.last.caller.scopes == {"replays:write"}


async def test_what_the_process_tier_refuses_is_told_in_its_words(
    api: HttpClient, signed_in: SignIn
) -> None:
    headers = {**await signed_in("maya"), "Idempotency-Key": "k-1"}
    changed = await api.post(_BASE, json={"scope": _SCOPE, "hash": "0" * 64}, headers=headers)
    assert (changed.status_code, changed.json()["code"]) == (409, "replay_changed")
    unknown = {"scope": {**_SCOPE, "external_id": "unknown"}}
    missing = await api.post(f"{_BASE}/dry-run", json=unknown, headers=headers)
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown_scope")


async def test_progress_is_a_sentence_and_stopping_names_who_did_it(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    headers = await signed_in("carl")
    seen = (await api.get(f"{_BASE}/{REPLAY_ID}", headers=headers)).json()
    assert seen["sentence"] == "401 of 1,203 lines done: 400 sent on, 1 still failing."
    assert (seen["percent"], seen["mine"], seen["postings"]["POSTED"]) == (33, False, 380)

    path = f"{_BASE}/{REPLAY_ID}/lines?outcome=STILL_FAILS"
    (line,) = (await api.get(path, headers=headers)).json()["lines"]
    assert (line["outcome_label"], line["code"]) == ("Still fails", "MD_PROJECT_CLOSED")
    assert process_tier.last.query == [("outcome", "STILL_FAILS"), ("limit", "100")]

    stopped = (await api.post(f"{_BASE}/{REPLAY_ID}/stop", headers=headers)).json()
    assert (stopped["state_label"], stopped["stopped_by"]) == ("Stopped", "carl")
    listed = (await api.get(f"{_BASE}?state=RUNNING", headers=headers)).json()
    assert [each["id"] for each in listed["replays"]] == [REPLAY_ID]
    assert listed["next_cursor"] == "bmV4dA"


async def test_entries_are_read_again(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    headers = await signed_in("maya")
    answer = await api.post(f"{_BASE}/reread", json={"scope": _SCOPE}, headers=headers)
    assert (answer.status_code, answer.json()) == (
        202,
        {"entries": 1, "sentence": "1 entry is read again in their tracker."},
    )
    assert process_tier.last.caller.scopes == {"replays:write"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scope": {"kind": "galaxy"}, "hash": HASH}, "$.scope"),
        ({"scope": {**_SCOPE, "more": 1}, "hash": HASH}, "$.scope.entry.more"),
        ({"scope": _SCOPE, "hash": "short"}, "$.hash"),
        ({"scope": _SCOPE, "hash": HASH, "states": ["POSTED"]}, "$.states[0]"),
        ({"hash": HASH}, "$.scope"),
    ],
)
async def test_what_is_no_replay_is_not_sent_on(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn, body: Any, field: str
) -> None:
    headers = {**await signed_in("maya"), "Idempotency-Key": "k-1"}
    answer = await api.post(_BASE, json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert process_tier.seen == []


async def test_who_may_replay(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    for subject, scope, code in (
        ("petra", None, "role_missing"),
        ("stella", None, "role_missing"),
        ("maya", "openid cases:read cases:write", "scope_missing"),
    ):
        headers = {**await signed_in(subject, scope), "Idempotency-Key": "k-1"}
        for path in ("/dry-run", ""):
            body = {"scope": _SCOPE, **({} if path else {"hash": HASH})}
            answer = await api.post(f"{_BASE}{path}", json=body, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, code)
    assert process_tier.seen == []


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ({"kind": "problem", "fingerprint": "EX|1"}, "problem EX|1"),
        ({"kind": "connection", "connection": "erp"}, "connection erp"),
        ({"kind": "batch", "connection": "c", "delivery_id": "d"}, "delivery d of c"),
        ({"kind": "batch", "connection": "c", "trace_id": "ab"}, "delivery with trace ab of c"),
        (
            {"kind": "window", "received_from": "A", "received_to": "B", "connection": "erp"},
            "received from A to B over erp",
        ),
    ],
)
def test_a_scope_in_words(scope: dict[str, Any], words: str) -> None:
    assert scope_in_words(scope) == words
