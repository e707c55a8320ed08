"""Outcomes written back over real HTTP."""

from typing import Any

import pytest

from deploy.sandboxes.clockify.tests.fixtures import Sandbox
from system_apis.capabilities.time_tracking.schemas import Feedback, FeedbackOutcome
from system_apis.connectors.clockify.port import ClockifyPort

_NINE, _TEN = "2026-11-16T14:00:00Z", "2026-11-16T15:00:00Z"
_ABSENT = "f" * 24


def _posted(entry_id: str) -> Feedback:
    return Feedback(external_id=entry_id, outcome=FeedbackOutcome.POSTED, document="TS-17")


def _invoiced(sandbox: Sandbox, entry_id: str) -> bool:
    invoiced: bool = sandbox.control("GET", f"/time-entries/{entry_id}")["invoiced"]
    return invoiced


async def test_posted_entries_are_marked_as_invoiced(sandbox: Sandbox, port: ClockifyPort) -> None:
    ids = [sandbox.track("ada", _NINE, _TEN) for _ in range(3)]
    items = [_posted(entry_id) for entry_id in ids]
    for _ in range(2):
        results = await port.give_feedback([*items, items[0]])
        assert [(r.external_id, r.status) for r in results] == [
            (entry_id, "delivered") for entry_id in [*ids, ids[0]]
        ]
    assert all(_invoiced(sandbox, entry_id) for entry_id in ids)


async def test_one_unknown_entry_stops_no_other(sandbox: Sandbox, port: ClockifyPort) -> None:
    ids = [sandbox.track("ada", _NINE, _TEN) for _ in range(4)]
    results = await port.give_feedback([_posted(i) for i in [ids[0], _ABSENT, *ids[1:]]])

    assert [result.status for result in results] == [
        "delivered",
        "missing",
        "delivered",
        "delivered",
        "delivered",
    ]
    assert all(_invoiced(sandbox, entry_id) for entry_id in ids)


async def test_a_rejection_has_no_place(sandbox: Sandbox, port: ClockifyPort) -> None:
    entry = sandbox.track("ada", _NINE, _TEN)
    rejected = Feedback(
        external_id=entry, outcome=FeedbackOutcome.REJECTED, reason="the project is closed"
    )
    (result,) = await port.give_feedback([rejected])

    assert result.status == "unsupported"
    assert FeedbackOutcome.REJECTED not in port.abilities().feedback


@pytest.mark.parametrize(
    "faults",
    [
        {"rate_limited": 1},
        {"server_errors": 1, "error_status": 500},
        {"fail_after_commit": 1, "error_status": 500},
    ],
)
async def test_what_may_not_have_arrived_is_tried_again(
    sandbox: Sandbox, port: ClockifyPort, faults: dict[str, Any]
) -> None:
    entry = sandbox.track("ada", _NINE, _TEN)
    sandbox.control("PUT", "/faults", faults | {"path": "invoiced", "retry_after": 1})
    (result,) = await port.give_feedback([_posted(entry)])

    assert result.status == "retry"
    assert _invoiced(sandbox, entry) is ("fail_after_commit" in faults)
