"""Sweeps over the experimental feeds, over real HTTP, with their gaps."""

from datetime import datetime, timedelta

import pytest

from deploy.sandboxes.clockify.tests.fixtures import Sandbox
from shared.problems import InvalidRequest
from system_apis.capabilities.time_tracking.schemas import ChangeKind, EntryChange
from system_apis.connectors.clockify.port import ClockifyPort

_NINE, _TEN = "2026-11-16T14:00:00Z", "2026-11-16T15:00:00Z"
_BODY = {"start": _NINE, "end": _TEN}


async def _sweep(
    port: ClockifyPort, since: datetime, until: datetime, limit: int = 50
) -> list[EntryChange]:
    found: list[EntryChange] = []
    cursor: str | None = None
    while True:
        page = await port.entries_changed(since, until, cursor, limit)
        assert len(page.changes) <= limit
        found += page.changes
        cursor = page.next_cursor
        if cursor is None:
            return found


def _told(changes: list[EntryChange]) -> list[tuple[str, ChangeKind]]:
    return [(change.external_id, change.change) for change in changes]


async def test_a_sweep_tells_what_was_created_and_changed(
    sandbox: Sandbox, port: ClockifyPort
) -> None:
    old = sandbox.track("ada", _NINE, _TEN)
    untouched = sandbox.track("ada", _NINE, _TEN)
    sandbox.clock.advance(timedelta(hours=1))
    since = sandbox.clock.now()
    sandbox.call("PUT", f"/time-entries/{old}", _BODY)
    new = sandbox.track("ada", _NINE, _TEN)
    sandbox.clock.advance(timedelta(minutes=1))
    both = sandbox.track("ada", _NINE, _TEN)
    sandbox.clock.advance(timedelta(minutes=1))
    sandbox.call("PUT", f"/time-entries/{both}", _BODY)
    sandbox.clock.advance(timedelta(minutes=1))
    told = _told(await _sweep(port, since, sandbox.clock.now()))

    assert sorted(told) == sorted((i, ChangeKind.CHANGED) for i in (old, new, both))
    assert untouched not in {entry_id for entry_id, _ in told}


async def test_a_late_deletion_is_told_by_the_next_sweep(
    sandbox: Sandbox, port: ClockifyPort
) -> None:
    entry = sandbox.track("ada", _NINE, _TEN)
    sandbox.clock.advance(timedelta(hours=1))
    start = sandbox.clock.now()
    sandbox.clock.advance(timedelta(minutes=10))
    sandbox.call("DELETE", f"/time-entries/{entry}")
    sandbox.clock.advance(timedelta(seconds=30))
    middle = sandbox.clock.now()
    assert await _sweep(port, start, middle) == []

    sandbox.clock.advance(timedelta(minutes=10))
    assert _told(await _sweep(port, middle, sandbox.clock.now())) == [(entry, ChangeKind.DELETED)]


async def test_created_and_deleted_in_one_long_window_is_told(
    sandbox: Sandbox, port: ClockifyPort
) -> None:
    """Asked for the whole window, the feed would leave it out."""
    since = sandbox.clock.now()
    sandbox.clock.advance(timedelta(minutes=5))
    entry = sandbox.track("ada", _NINE, _TEN)
    sandbox.clock.advance(timedelta(minutes=42))
    sandbox.call("DELETE", f"/time-entries/{entry}")
    sandbox.clock.advance(timedelta(minutes=15))
    until = sandbox.clock.now()

    window = f"start={since:%Y-%m-%dT%H:%M:%SZ}&end={until:%Y-%m-%dT%H:%M:%SZ}"
    assert sandbox.call("GET", f"/entities/deleted?type=TIME_ENTRY&{window}") == []
    assert _told(await _sweep(port, since, until)) == [(entry, ChangeKind.DELETED)]


@pytest.mark.parametrize("ignores_paging", [False, True])
@pytest.mark.parametrize("count", [2, 4, 5])
async def test_pages_hold_whether_clockify_pages_or_not(
    sandbox: Sandbox, port: ClockifyPort, ignores_paging: bool, count: int
) -> None:
    """The number of entries is one page, several, or not a multiple of it."""
    sandbox.control("PUT", "/faults", {"feed_ignores_paging": ignores_paging})
    since = sandbox.clock.now()
    entries = [sandbox.track("ada", _NINE, _TEN) for _ in range(count)]
    sandbox.clock.advance(timedelta(minutes=1))
    told = _told(await _sweep(port, since, sandbox.clock.now(), limit=2))

    assert told == [(entry, ChangeKind.CHANGED) for entry in entries]


async def test_a_long_window_does_not_mean_many_calls(sandbox: Sandbox, port: ClockifyPort) -> None:
    until = sandbox.clock.now()
    assert await _sweep(port, until - timedelta(days=30), until) == []
    assert len(sandbox.control("GET", "/calls")) < 25


async def test_a_strange_cursor_is_refused(sandbox: Sandbox, port: ClockifyPort) -> None:
    now = sandbox.clock.now()
    with pytest.raises(InvalidRequest):
        await port.entries_changed(now - timedelta(hours=1), now, "nonsense", 10)
