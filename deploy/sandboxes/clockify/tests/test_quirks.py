"""The original's quirks, as documented or recorded, that a connector has to live with."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from deploy.sandboxes.clockify import create_sandbox
from deploy.sandboxes.clockify.background import serving
from deploy.sandboxes.clockify.seed import seed
from deploy.sandboxes.clockify.tests.fixtures import Sandbox

_NINE, _TEN = "2026-11-16T14:00:00Z", "2026-11-16T15:00:00Z"


def _ids(documents: list[dict[str, Any]]) -> list[str]:
    return [document["id"] for document in documents]


def _feed(sandbox: Sandbox, feed: str, first: timedelta, last: timedelta) -> list[str]:
    """Ids of a feed between two distances from now."""
    now = sandbox.clock.now()
    start, end = (f"{now + step:%Y-%m-%dT%H:%M:%SZ}" for step in (first, last))
    path = f"/entities/{feed}?type=TIME_ENTRY&start={start}&end={end}"
    return _ids(sandbox.call("GET", path))


def test_changed_in_the_window_of_its_creation_stands_only_under_created(sandbox: Sandbox) -> None:
    entry = sandbox.track("ada", _NINE, _TEN)
    sandbox.clock.advance(timedelta(minutes=2))
    sandbox.call("PUT", f"/time-entries/{entry}", {"start": _NINE, "end": _TEN})

    hour, minute = timedelta(hours=1), timedelta(minutes=1)
    assert _feed(sandbox, "created", -hour, hour) == [entry]
    assert _feed(sandbox, "updated", -hour, hour) == []
    assert _feed(sandbox, "updated", -minute, hour) == [entry]


def test_deletions_come_late_and_not_with_their_creation(sandbox: Sandbox) -> None:
    entry = sandbox.track("ada", _NINE, _TEN)
    sandbox.clock.advance(timedelta(minutes=10))
    sandbox.call("DELETE", f"/time-entries/{entry}")
    hour, minutes = timedelta(hours=1), timedelta(minutes=5)

    assert _feed(sandbox, "deleted", -minutes, hour) == []
    sandbox.clock.advance(timedelta(seconds=61))
    assert _feed(sandbox, "deleted", -minutes, hour) == [entry]
    assert _feed(sandbox, "deleted", -hour, hour) == []


def test_approved_time_is_locked_until_the_approval_is_withdrawn(sandbox: Sandbox) -> None:
    entry = sandbox.track("ada", _NINE, _TEN)
    request = sandbox.submit("ada")
    sandbox.decide(request, "APPROVED")
    change = {"start": _NINE, "end": _TEN, "description": "changed"}
    with pytest.raises(httpx2.HTTPStatusError):
        sandbox.call("PUT", f"/time-entries/{entry}", change)
    with pytest.raises(httpx2.HTTPStatusError):
        sandbox.call("DELETE", f"/time-entries/{entry}")

    sandbox.decide(request, "WITHDRAWN_APPROVAL")
    assert sandbox.call("PUT", f"/time-entries/{entry}", change)["isLocked"] is False


def test_rejected_requests_cannot_be_asked_for(sandbox: Sandbox) -> None:
    sandbox.track("ada", _NINE, _TEN)
    request = sandbox.submit("ada")
    sandbox.decide(request, "REJECTED", "wrong project")
    with pytest.raises(httpx2.HTTPStatusError) as refusal:
        sandbox.call("GET", "/approval-requests?status=REJECTED")

    item = sandbox.call("GET", "/approval-requests")[0]["approvalRequest"]
    assert refusal.value.response.json()["code"] == 501
    assert (item["id"], item["status"]["note"]) == (request, "wrong project")


def test_the_period_is_the_owners_local_week(sandbox: Sandbox) -> None:
    """Monday 08:00 in Sydney is Sunday evening in UTC, and belongs to the week."""
    early = sandbox.track("kirra", "2026-11-15T21:00:00Z", "2026-11-15T22:00:00Z")
    sandbox.track("kirra", "2026-11-15T11:00:00Z", "2026-11-15T12:00:00Z")
    sandbox.submit("kirra")

    item = sandbox.call("GET", "/approval-requests")[0]
    assert item["approvalRequest"]["dateRange"]["start"] == "2026-11-15T13:00:00Z"
    assert _ids(item["entries"]) == [early]


def test_list_windows_are_wall_clock_of_the_keys_account(sandbox: Sandbox) -> None:
    """The key's account lives in New York: 09:00 there is 14:00 UTC, whatever the suffix says."""
    entry = sandbox.track("ada", _NINE, _TEN)
    path = f"/user/{sandbox.user_id('ada')}/time-entries?start=2026-11-16T09:00:00Z"

    assert _ids(sandbox.call("GET", f"{path}&end=2026-11-16T09:30:00Z")) == [entry]
    assert _ids(sandbox.call("GET", f"{path}&start=2026-11-16T10:00:00Z")) == []


def test_a_restart_forgets_nothing(firm_file: Path, tmp_path: Path) -> None:
    state = tmp_path / "state" / "clockify.sqlite"
    with serving(create_sandbox(state)) as url:
        first = seed(url, firm_file, webhooks="http://127.0.0.1:9/hook")
    with serving(create_sandbox(state)) as url:
        second = seed(url, firm_file, webhooks="http://127.0.0.1:9/hook")

    assert first.firm == second.firm
    assert first.webhook_tokens == second.webhook_tokens


@pytest.mark.parametrize(
    ("fault", "statuses"),
    [
        ({"rate_limited": 2}, [429, 429, 200]),
        ({"server_errors": 1, "error_status": 503}, [503, 200]),
        ({"server_errors": 1, "path": "/tags"}, [200]),
    ],
)
def test_faults_strike_as_often_as_asked(
    sandbox: Sandbox, fault: dict[str, Any], statuses: list[int]
) -> None:
    sandbox.control("PUT", "/faults", fault)
    headers = {"X-Api-Key": sandbox.key("admin")}
    answers = [sandbox.http.get("/api/v1/user", headers=headers) for _ in statuses]

    assert [answer.status_code for answer in answers] == statuses
    assert [call["status"] for call in sandbox.control("GET", "/calls")] == statuses


def test_an_answer_can_be_lost_after_the_work_was_done(sandbox: Sandbox) -> None:
    sandbox.control("PUT", "/faults", {"fail_after_commit": 1})
    with pytest.raises(httpx2.HTTPStatusError):
        sandbox.track("ada", _NINE, _TEN)

    assert sandbox.control("GET", "/status")["time_entries"] == 1
