"""What only people decide: with roles, versions and reasons, the process tier having its say."""

import pytest

from experience_apis.tests.cases import CASE_ID
from experience_apis.tests.fixtures import SignIn
from experience_apis.tests.process_tier import ProcessTier
from shared.http_client import HttpClient

_CASE = f"/workbench/v1/cases/{CASE_ID}"
_REASON = "Agreed with the client on the phone."
_NOW = {"If-Match": '"3"'}


async def test_a_case_shows_what_its_reader_may_choose(api: HttpClient, signed_in: SignIn) -> None:
    for user, may in (("bill", [True, False]), ("carl", [True, True]), ("ivan", [False, False])):
        view = (await api.get(_CASE, headers=await signed_in(user))).json()
        assert [each["allowed"] for each in view["choices"]] == may, user
        assert [bool(each["reason"]) for each in view["choices"]] == [not each for each in may]
    assert (view["status"], view["status_label"]) == ("EXCEPTION", "Needs somebody")
    assert view["choices"][0]["label"] == "Offset on the next invoice"


async def test_a_choice_is_made_under_the_caller_s_own_name(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    answer = await api.post(
        f"{_CASE}/choice",
        json={"choice": "offset", "reason": _REASON},
        headers={**await signed_in("bill"), **_NOW},
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["ETag"] == '"4"'
    assert answer.json()["sentence"] == "It is validated in the background."
    assert answer.json()["case"]["resolution"] == f"bill chose offset: {_REASON}"
    assert process_tier.last.caller.subject == "bill"


async def test_two_people_leave_it_as_it_is(api: HttpClient, signed_in: SignIn) -> None:
    maya = await signed_in("maya")
    asked = await api.post(f"{_CASE}/waiver", json={"reason": _REASON}, headers={**maya, **_NOW})
    assert asked.status_code == 200, asked.text
    assert asked.json()["state_label"] == "Waits for a second person"
    assert (asked.json()["waiver"]["mine"], asked.json()["waiver"]["reason"]) == (True, _REASON)

    version = {"If-Match": asked.headers["ETag"]}
    forbidden = await api.post(f"{_CASE}/waiver/approval", headers={**maya, **version})
    assert forbidden.status_code == 403
    carl = await signed_in("carl")
    agreed = await api.post(f"{_CASE}/waiver/approval", headers={**carl, **version})
    assert agreed.status_code == 200, agreed.text
    assert agreed.json()["state_label"] == "Accepted as it is"


async def test_a_waiver_is_declined(api: HttpClient, signed_in: SignIn) -> None:
    petra = await signed_in("petra")
    asked = await api.post(f"{_CASE}/waiver", json={"reason": _REASON}, headers={**petra, **_NOW})
    declined = await api.request(
        "DELETE", f"{_CASE}/waiver", headers={**petra, "If-Match": asked.headers["ETag"]}
    )
    assert (declined.status_code, declined.json()["waiver"]) == (200, None)


@pytest.mark.parametrize(
    ("method", "path", "user", "body"),
    [
        ("POST", "/choice", "petra", {"choice": "offset", "reason": _REASON}),
        ("POST", "/choice", "stella", {"choice": "offset", "reason": _REASON}),
        ("POST", "/waiver", "ivan", {"reason": _REASON}),
        ("DELETE", "/waiver", "stella", None),
        ("POST", "/waiver/approval", "maya", None),
    ],
)
async def test_nobody_decides_without_the_role_the_version_and_a_reason(
    api: HttpClient,
    process_tier: ProcessTier,
    signed_in: SignIn,
    method: str,
    path: str,
    user: str,
    body: dict[str, str] | None,
) -> None:
    refused = await api.request(
        method, _CASE + path, json=body, headers={**await signed_in(user), **_NOW}
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "role_missing")
    carl = await signed_in("carl")
    unseen = await api.request(method, _CASE + path, json=body, headers=carl)
    assert unseen.status_code == 422
    assert process_tier.seen == []
    if body is not None:
        short = {**body, "reason": "no"}
        answer = await api.request(method, _CASE + path, json=short, headers={**carl, **_NOW})
        assert answer.status_code == 422
    stale = await api.request(method, _CASE + path, json=body, headers={**carl, "If-Match": '"2"'})
    assert stale.status_code == 412
