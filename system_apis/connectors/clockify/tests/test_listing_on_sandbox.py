"""Listing work dates over real HTTP."""

from datetime import date

import pytest

from deploy.sandboxes.clockify.tests.fixtures import Sandbox
from shared.problems import InvalidRequest
from system_apis.connectors.clockify.port import ClockifyPort

FIRST, LAST = date(2026, 11, 16), date(2026, 11, 22)
_NINE, _TEN = "2026-11-16T14:00:00Z", "2026-11-16T15:00:00Z"


async def listed(port: ClockifyPort, limit: int = 100) -> tuple[list[str], bool]:
    """Ids of all pages, and whether they are complete."""
    ids: list[str] = []
    cursor: str | None = None
    while True:
        page = await port.entries_in_window(FIRST, LAST, cursor, limit)
        assert len(page.entries) <= limit
        ids += [each.external_id for each in page.entries]
        cursor = page.next_cursor
        if cursor is None:
            return ids, page.complete


@pytest.mark.parametrize("limit", [1, 2, 100])
async def test_everybodys_entries_of_the_window_are_told_once(
    sandbox: Sandbox, port: ClockifyPort, limit: int
) -> None:
    ids = [sandbox.track(who, _NINE, _TEN) for who in ("ada", "ada", "ada", "kirra", "ines")]
    sandbox.track("ada", "2026-11-01T14:00:00Z", "2026-11-01T15:00:00Z")
    sandbox.track("ada", _NINE, _TEN, type="BREAK")
    deleted = sandbox.track("kirra", _NINE, _TEN)
    sandbox.call("DELETE", f"/time-entries/{deleted}")

    told, complete = await listed(port, limit)

    assert sorted(told) == sorted(ids)
    assert complete


async def test_the_ends_of_the_window_are_the_workers_own_days(
    sandbox: Sandbox, port: ClockifyPort
) -> None:
    """Sunday evening in London is Monday in Sydney."""
    evening = ("2026-11-22T20:00:00Z", "2026-11-22T21:00:00Z")
    in_london, _ = sandbox.track("ines", *evening), sandbox.track("kirra", *evening)

    assert await listed(port) == ([in_london], True)


async def test_an_entry_is_listed_as_it_is_read_by_its_id(
    sandbox: Sandbox, port: ClockifyPort
) -> None:
    entry_id = sandbox.track("ada", _NINE, _TEN, description="Cutover", billable=False)
    sandbox.submit("ada")

    page = await port.entries_in_window(FIRST, LAST, None, 10)
    (by_id,) = (await port.entries_by_ids([entry_id])).entries

    assert [each.model_copy(update={"approval": None}) for each in page.entries] == [
        by_id.model_copy(update={"approval": None})
    ]


async def test_a_cursor_that_is_not_ours_is_refused(port: ClockifyPort) -> None:
    with pytest.raises(InvalidRequest):
        await port.entries_in_window(FIRST, LAST, "bm90IGEgY3Vyc29y", 10)
