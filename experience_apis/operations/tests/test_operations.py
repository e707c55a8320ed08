"""Connections as operators see and switch them, before a stand-in of the process tier."""

from typing import Any

import pytest

from experience_apis.tests.connections import ERP, a_flow
from experience_apis.tests.fixtures import SignIn
from experience_apis.tests.process_tier import ProcessTier
from shared.http_client import HttpClient

_CONNECTIONS = "/operations/v1/connections"
_SCOPE = "openid masters:read connections:operate"
_SINCE = "2026-06-08T09:14:00Z"


@pytest.mark.parametrize(
    ("flow", "works", "sentence", "offers"),
    [
        (a_flow(), True, "Everything goes through.", ["pause", "drain"]),
        (
            a_flow(
                mode="PAUSED", mode_since=_SINCE, mode_by="user:ivan", mode_reason="ERP upgrade"
            ),
            False,
            "Paused by ivan since 2026-06-08 09:14 UTC: ERP upgrade.",
            ["resume"],
        ),
        (
            a_flow(circuit="OPEN", failing_since=_SINCE, said="Tryton does not answer."),
            False,
            "Does not work since 2026-06-08 09:14 UTC: Tryton does not answer.",
            ["pause", "drain", "resume"],
        ),
    ],
)
async def test_a_sentence_says_whether_anything_goes_through(
    api: HttpClient,
    process_tier: ProcessTier,
    signed_in: SignIn,
    *,
    flow: dict[str, Any],
    works: bool,
    sentence: str,
    offers: list[str],
) -> None:
    process_tier.flow = flow
    answer = await api.get(_CONNECTIONS, headers=await signed_in("ivan", _SCOPE))
    assert answer.status_code == 200, answer.text
    (row,) = answer.json()["connections"]
    assert (row["works"], row["sentence"], row["offers"]) == (works, sentence, offers)
    assert row["capability_label"] == "ERP"


async def test_an_operator_switches_under_their_own_name(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    headers = await signed_in("ivan", _SCOPE)
    answer = await api.post(
        f"{_CONNECTIONS}/{ERP}/pause", json={"reason": "month-end"}, headers=headers
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["sentence"].startswith("Paused by ivan since ")
    assert process_tier.last.caller.scopes == {"connections:operate"}
    assert process_tier.last.path == f"/v1/connections/{ERP}/pause"


async def test_others_look_and_are_offered_nothing(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    headers = await signed_in("maya", _SCOPE)
    page = (await api.get(f"{_CONNECTIONS}/{ERP}", headers=headers)).json()
    assert page["connection"]["offers"] == []
    assert [step["sentence"] for step in page["history"]] == [
        "Paused by ivan: ERP upgrade",
        "Stopped working: no answer",
    ]
    refused = await api.post(f"{_CONNECTIONS}/{ERP}/resume", json={"reason": "x"}, headers=headers)
    assert refused.status_code == 403
    assert "integration.operator" in refused.json()["detail"]
    assert not [each for each in process_tier.seen if each.method == "POST"]


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("nowhere/pause", {"reason": "x"}, 404, "unknown_connection"),
        (f"{ERP}/stop", {"reason": "x"}, 422, "validation_failed"),
        (f"{ERP}/pause", {"reason": ""}, 422, "validation_failed"),
    ],
)
async def test_what_cannot_be_done_is_said(
    api: HttpClient,
    signed_in: SignIn,
    path: str,
    body: dict[str, str],
    status: int,
    code: str,
) -> None:
    headers = await signed_in("ivan", _SCOPE)
    answer = await api.post(f"{_CONNECTIONS}/{path}", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
