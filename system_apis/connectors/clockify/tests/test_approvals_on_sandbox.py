"""Approval requests over real HTTP: there is no way to ask for one."""

from datetime import date, timedelta

import pytest

from deploy.sandboxes.clockify.tests.fixtures import Sandbox
from shared.problems import InvalidRequest
from system_apis.capabilities.time_tracking.schemas import Approval, ApprovalStatus, EntryStatus
from system_apis.connectors.clockify.port import ClockifyPort

_NINE, _TEN = "2026-11-16T14:00:00Z", "2026-11-16T15:00:00Z"


def _list_calls(sandbox: Sandbox) -> int:
    calls = sandbox.control("GET", "/calls")
    return sum(c["method"] == "GET" and c["path"].endswith("approval-requests") for c in calls)


def _submit_week(sandbox: Sandbox, who: str, monday: date) -> str:
    sandbox.track(who, f"{monday}T14:00:00Z", f"{monday}T15:00:00Z")
    sandbox.clock.advance(timedelta(seconds=1))
    return sandbox.submit(who, str(monday))


async def test_an_approval_comes_with_its_entries(sandbox: Sandbox, port: ClockifyPort) -> None:
    work = sandbox.track("ada", _NINE, _TEN)
    sandbox.track("ada", _TEN, "2026-11-16T15:30:00Z", type="BREAK")
    sandbox.track("ada", "2026-11-23T14:00:00Z", "2026-11-23T15:00:00Z")
    request = sandbox.submit("ada")
    sandbox.decide(request, "APPROVED", "well done")
    found = await port.approvals_by_ids([request, "0" * 24])

    assert found.missing == ["0" * 24]
    (approval,) = found.approvals
    assert (approval.status, approval.note) == (ApprovalStatus.APPROVED, "well done")
    assert approval.worker.email == "ada@haldenridge.example"
    assert approval.approver is not None
    assert approval.approver.email == "ines@haldenridge.example"
    assert (approval.period_start, approval.period_end) == (date(2026, 11, 16), date(2026, 11, 22))
    assert [entry.external_id for entry in approval.entries] == [work]
    assert approval.entries[0].approval is not None
    assert approval.entries[0].approval.status is EntryStatus.APPROVED
    assert approval.entries[0].project is not None
    assert approval.entries[0].project.code == "HR-1042"


@pytest.mark.parametrize(
    ("states", "status"),
    [
        ([], ApprovalStatus.SUBMITTED),
        (["REJECTED"], ApprovalStatus.REJECTED),
        (["WITHDRAWN_SUBMISSION"], ApprovalStatus.WITHDRAWN),
        (["APPROVED", "WITHDRAWN_APPROVAL"], ApprovalStatus.WITHDRAWN),
    ],
)
async def test_every_state_is_found(
    sandbox: Sandbox, port: ClockifyPort, states: list[str], status: ApprovalStatus
) -> None:
    """Also REJECTED and WITHDRAWN_SUBMISSION, which cannot be asked for by filter."""
    work = sandbox.track("ada", _NINE, _TEN)
    request = sandbox.submit("ada")
    for state in states:
        sandbox.decide(request, state)
    (approval,) = (await port.approvals_by_ids([request])).approvals

    assert approval.status is status
    assert [entry.external_id for entry in approval.entries] == [work]


async def test_the_search_ends_where_nothing_older_can_be(
    sandbox: Sandbox, port: ClockifyPort
) -> None:
    mondays = [date(2026, 11, 16) - timedelta(weeks=n) for n in range(55)]
    requests = [_submit_week(sandbox, "ada", monday) for monday in mondays]

    found = await port.approvals_by_ids([requests[-1]])
    assert ([a.external_id for a in found.approvals], found.missing) == ([requests[-1]], [])
    assert _list_calls(sandbox) == 1
    found = await port.approvals_by_ids([requests[0], requests[-1]])
    assert [a.external_id for a in found.approvals] == [requests[0], requests[-1]]
    assert _list_calls(sandbox) == 3
    absent = requests[-1][:-1] + ("0" if requests[-1][-1] != "0" else "1")
    assert (await port.approvals_by_ids([absent])).missing == [absent]
    assert _list_calls(sandbox) == 4


async def _window(port: ClockifyPort, first: date, last: date, limit: int) -> list[Approval]:
    found: list[Approval] = []
    cursor: str | None = None
    while True:
        page = await port.approvals_in_window(first, last, cursor, limit)
        found += page.approvals
        cursor = page.next_cursor
        if cursor is None:
            return found


async def test_a_window_takes_the_periods_that_overlap_it(
    sandbox: Sandbox, port: ClockifyPort
) -> None:
    mondays = [date(2026, 11, 16) - timedelta(weeks=n) for n in range(20)]
    for monday in mondays:
        _submit_week(sandbox, "ada", monday)
    _submit_week(sandbox, "kirra", mondays[2])
    first, last = mondays[3] + timedelta(days=6), mondays[1]
    found = await _window(port, first, last, limit=2)

    assert sorted((a.period_start, a.worker.email) for a in found) == [
        (mondays[3], "ada@haldenridge.example"),
        (mondays[2], "ada@haldenridge.example"),
        (mondays[2], "kirra@haldenridge.example"),
        (mondays[1], "ada@haldenridge.example"),
    ]
    assert _list_calls(sandbox) < 8


async def test_nothing_submitted_is_an_empty_window(port: ClockifyPort) -> None:
    assert await _window(port, date(2026, 1, 1), date(2026, 12, 31), limit=50) == []
    assert (await port.approvals_by_ids(["a" * 24])).missing == ["a" * 24]


@pytest.mark.parametrize("cursor", ["nonsense", "bm9uc2Vuc2U=", "eyJwYWdlIjowLCJzaXplIjo1MH0="])
async def test_a_strange_cursor_is_refused(port: ClockifyPort, cursor: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        await port.approvals_in_window(date(2026, 1, 1), date(2026, 1, 2), cursor, 50)
    assert refusal.value.code == "invalid_cursor"
