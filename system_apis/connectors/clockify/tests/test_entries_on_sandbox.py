"""Re-reading entries over real HTTP."""

import asyncio
import json
import tomllib
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from deploy.sandboxes.clockify.tests.fixtures import FIRM, Sandbox
from shared.problems import TooManyRequests, UpstreamUnavailable
from system_apis.capabilities.time_tracking.schemas import EntryStatus
from system_apis.connectors.clockify.port import ClockifyPort
from system_apis.connectors.clockify.tests.recordings import NARRATIVE

_NINE, _HALF_PAST_TEN = "2026-11-16T14:00:00Z", "2026-11-16T15:30:00Z"
_ABSENT = "f" * 24


def _calls(sandbox: Sandbox, ending: str) -> int:
    return sum(call["path"].endswith(ending) for call in sandbox.control("GET", "/calls"))


async def test_entries_come_with_the_names_that_people_know(
    sandbox: Sandbox, port: ClockifyPort
) -> None:
    entry_id = sandbox.track("ada", _NINE, _HALF_PAST_TEN, description=NARRATIVE, billable=False)
    found = await port.entries_by_ids([entry_id, _ABSENT, entry_id])

    assert found.missing == [_ABSENT]
    (entry,) = found.entries
    assert entry.worker.email == "ada@haldenridge.example"
    assert entry.project is not None
    assert entry.project.code == "HR-1042"
    assert entry.task is not None
    assert entry.task.name == "Build"
    assert entry.client is not None
    assert entry.client.name == "Northwater Logistics"
    assert (entry.minutes, entry.billable, entry.timezone) == (90, False, "America/New_York")
    assert entry.narrative == NARRATIVE
    assert entry.approval is None


async def test_many_are_read_in_batches_and_people_once(
    sandbox: Sandbox, port: ClockifyPort
) -> None:
    ids = [sandbox.track("ada", _NINE, _HALF_PAST_TEN) for _ in range(8)]
    wanted = ids + [f"{n:024x}" for n in range(242)]
    results = await asyncio.gather(*(port.entries_by_ids(wanted) for _ in range(3)))

    assert all(len(found.entries) == 8 and len(found.missing) == 242 for found in results)
    assert _calls(sandbox, "/time-entries/batch") == 9
    assert _calls(sandbox, "/users") == 1


async def test_an_unknown_id_may_spoil_its_batch(sandbox: Sandbox, port: ClockifyPort) -> None:
    sandbox.control("PUT", "/faults", {"strict_batch": True})
    ids = [sandbox.track("ada", _NINE, _HALF_PAST_TEN) for _ in range(3)]
    found = await port.entries_by_ids([ids[0], _ABSENT, ids[1], ids[2]])

    assert [entry.external_id for entry in found.entries] == ids
    assert found.missing == [_ABSENT]


async def test_what_is_not_work_is_not_there(sandbox: Sandbox, port: ClockifyPort) -> None:
    """So that an entry which becomes a break is taken back like a deleted one."""
    lunch = sandbox.track("ada", _NINE, _HALF_PAST_TEN, type="BREAK")
    gone = sandbox.track("ada", _NINE, _HALF_PAST_TEN)
    sandbox.call("DELETE", f"/time-entries/{gone}")

    assert (await port.entries_by_ids([lunch, gone])).missing == [lunch, gone]


async def test_what_cannot_be_mapped_is_neither_found_nor_gone(
    sandbox: Sandbox, port: ClockifyPort
) -> None:
    entry = sandbox.track("ada", _NINE, _HALF_PAST_TEN, description=NARRATIVE)
    sandbox.control("PUT", "/faults", {"omit_user_ids": True})
    with capture_logs() as logs:
        found = await port.entries_by_ids([entry])

    assert (found.entries, found.missing) == ([], [])
    assert [(line["event"], line["entry"]) for line in logs] == [("clockify_entry_left_out", entry)]
    assert "merger" not in json.dumps(logs)


async def test_somebody_new_is_known_at_once_and_a_stranger_is_asked_for_rarely(
    sandbox: Sandbox, port: ClockifyPort
) -> None:
    await port.entries_by_ids([sandbox.track("ada", _NINE, _HALF_PAST_TEN)])
    firm = tomllib.loads(FIRM)
    joined = {"name": "Lena Vogt", "email": "lena@haldenridge.example", "timezone": "Europe/Berlin"}
    firm["workers"].append(joined)
    lena = sandbox.control("POST", "/firm", firm)["users"]["lena@haldenridge.example"]["id"]
    body = {"start": _NINE, "end": _HALF_PAST_TEN}
    entry = sandbox.call("POST", f"/user/{lena}/time-entries", body)["id"]

    found = await port.entries_by_ids([entry])
    assert found.entries[0].worker.email == "lena@haldenridge.example"
    assert _calls(sandbox, "/users") == 2
    sandbox.clock.advance(timedelta(seconds=301))
    await port.entries_by_ids([entry])
    assert _calls(sandbox, "/users") == 3


async def test_somebody_who_left_is_still_known(sandbox: Sandbox, port: ClockifyPort) -> None:
    entry = sandbox.track("ada", _NINE, _HALF_PAST_TEN)
    sandbox.call("PUT", f"/users/{sandbox.user_id('ada')}", {"status": "INACTIVE"})
    found = await port.entries_by_ids([entry])

    assert found.entries[0].worker.email == "ada@haldenridge.example"


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (None, EntryStatus.SUBMITTED),
        ("APPROVED", EntryStatus.APPROVED),
        ("REJECTED", EntryStatus.REJECTED),
        ("WITHDRAWN_SUBMISSION", EntryStatus.OPEN),
    ],
)
async def test_the_approval_is_told_where_clockify_tells_it(
    sandbox: Sandbox, port: ClockifyPort, state: str | None, status: EntryStatus
) -> None:
    sandbox.control("PUT", "/faults", {"batch_tells_approval": True})
    entry = sandbox.track("ada", _NINE, _HALF_PAST_TEN)
    request = sandbox.submit("ada")
    if state:
        sandbox.decide(request, state)
    approval = (await port.entries_by_ids([entry])).entries[0].approval

    assert approval is not None
    assert approval.status is status


async def test_a_throttled_read_names_the_pause(sandbox: Sandbox, port: ClockifyPort) -> None:
    entry = sandbox.track("ada", _NINE, _HALF_PAST_TEN)
    sandbox.control("PUT", "/faults", {"rate_limited": 1, "retry_after": 9})
    with pytest.raises(TooManyRequests) as refusal:
        await port.entries_by_ids([entry])
    assert refusal.value.retry_after == 9


@pytest.mark.parametrize(
    "faults",
    [{"server_errors": 1, "error_status": 500}, {"server_errors": 3, "error_status": 503}],
)
async def test_an_outage_is_retryable(
    sandbox: Sandbox, port: ClockifyPort, faults: dict[str, Any]
) -> None:
    entry = sandbox.track("ada", _NINE, _HALF_PAST_TEN, description=NARRATIVE)
    sandbox.control("PUT", "/faults", faults)
    with pytest.raises(UpstreamUnavailable) as failure:
        await port.entries_by_ids([entry])
    assert "merger" not in failure.value.detail
    assert len((await port.entries_by_ids([entry])).entries) == 1
